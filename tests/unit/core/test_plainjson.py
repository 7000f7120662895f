"""What goes over the pipes of worker and PIN window: nothing is taken that was not agreed on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import consent, plainjson
from bridge.core.pinentry import PinEntered, PinOutcome
from bridge.core.token import MAX_CERTIFICATES, MAX_SLOTS, CertificateObject, Token
from bridge.pkcs11 import wire

TOKEN = Token(
    slot=1,
    description="見本 \u2028",
    is_hardware=True,
    model="",
    pin_state="ok",
    min_pin_length=4,
    max_pin_length=8,
    protected_authentication_path=False,
    mechanisms=frozenset({"ECDSA", "RSA_PKCS"}),
    certificates=(CertificateObject(id=b"\0\xff", der=bytes(300)),),
)
MESSAGES: list[wire.Request | wire.Reply] = [
    wire.Inspect(),
    wire.Login(slot=2**32 - 1, certificates=frozenset({"aa"}), pin_state="finalTry", reset=("a", "二")),
    wire.ChangePin(slot=0, kind="unblock", certificates=frozenset()),
    wire.Sign(slot=0, key_id=b"", algorithm="ES256", digest=bytes(32)),
    wire.Forget(),
    wire.Phase(who="user"),
    wire.Inspected(tokens=(TOKEN,), unrecognised=("x",), library="見本"),
    wire.LoggedIn(verdict=None),
    wire.LoggedIn(verdict="accepted", tries_left=3, always_authenticate=(b"\1",)),
    wire.PinChanged(verdict="rejected", pin_state="countLow"),
    wire.Signed(signature=bytes(64)),
    wire.Forgotten(),
    wire.Failed(reason="driverFailed", detail="…", driver="見本"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_there_and_back(message: wire.Request | wire.Reply) -> None:
    requests = (wire.Inspect, wire.Login, wire.ChangePin, wire.Sign, wire.Forget)
    read = wire.decode_request if isinstance(message, requests) else wire.decode_reply
    assert read(wire.encode(message)) == message


@given(st.text(), st.none() | st.integers())
def test_every_pin_arrives_as_it_was_typed(pin: str, tries: int | None) -> None:
    entered, outcome = PinEntered(pin=pin), PinOutcome(verdict="incorrect", tries_left=tries)
    assert plainjson.decode(plainjson.encode(entered), PinEntered) == entered
    assert plainjson.decode(plainjson.encode(outcome), PinOutcome) == outcome
    assert "***" in repr(entered)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("slot", True),
        ("slot", "1"),
        ("slot", 1.0),
        ("slot", None),
        ("key_id", "no base64"),
        ("key_id", "AA==\n"),
        ("key_id", 1),
        ("algorithm", "\ud800"),
        ("type", "Signed"),
        ("type", None),
        ("type", ["Sign"]),
        ("more", 1),
    ],
)
def test_nothing_of_another_type_is_taken(member: str, value: object) -> None:
    good = json.loads(wire.encode(MESSAGES[3]))
    with pytest.raises(plainjson.Unreadable):
        wire.decode_request(json.dumps(good | {member: value}).encode())
    assert wire.decode_request(json.dumps(good).encode()) == MESSAGES[3]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b'{"pin":"1"',
        b'{"verdict":"accepted","tries_left":NaN}',
        b'{"verdict":"yes"}',
        b'{"verdict":["accepted"]}',
        b'{"verdict":"accepted","tries_left":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_message(content: bytes) -> None:
    with pytest.raises(plainjson.Unreadable):
        plainjson.decode(content, PinOutcome)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(plainjson.Unreadable):
        wire.decode_reply(content)


def test_what_is_full_of_values_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of lists are made in one go, and the daemon's event loop waits for seconds."""
    monkeypatch.setattr(plainjson, "_read", lambda _: pytest.fail("each was made"))
    with pytest.raises(plainjson.Unreadable):
        wire.decode_reply(b'{"type":"Signed","signature":[' + b"[]," * plainjson.MOST_VALUES + b"[]]}")


def test_the_most_that_cards_hold_is_read() -> None:
    full = TOKEN.__replace__(
        mechanisms=frozenset(map(str, range(1024))),
        certificates=(CertificateObject(id=b"", der=b""),) * MAX_CERTIFICATES,
    )
    message = wire.Inspected(tokens=(full,) * MAX_SLOTS, unrecognised=(), library="")
    assert wire.decode_reply(wire.encode(message)) == message


CONFIRM = consent.Confirm(
    holder=consent.Holder(
        common_name="見本",
        organization="",
        issuer="CA",
        not_before="",
        not_after="",
        reader="R",
        obstacle="expired",
    ),
    pin=consent.PinEntry(pin_state="ok"),
)
OPENING = consent.Open(language="ja", site=None, purpose="sign", timeout_s=1, screen=CONFIRM)


def test_a_screen_within_its_opening() -> None:
    """One of several records as a member."""
    shown = OPENING.__replace__(documents=(consent.ShownDocument(name="a", media_type="b", size_bytes=1),))
    for message in (OPENING, shown, OPENING.__replace__(screen=consent.WaitForCard())):
        assert plainjson.decode(plainjson.encode(message), consent.Open) == message


@pytest.mark.parametrize(
    "screen",
    [None, [], "confirm", {}, {"type": "Open"}, {"type": "WaitForCard", "more": 1}, {"type": ["Working"]}],
)
def test_no_screen_at_all(screen: object) -> None:
    good = json.loads(plainjson.encode(OPENING))
    with pytest.raises(plainjson.Unreadable):
        plainjson.decode(json.dumps(good | {"screen": screen}).encode(), consent.Open)
