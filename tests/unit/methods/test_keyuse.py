"""Using a key: the best algorithm, and no signature leaves that does not verify."""

import asyncio
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from bridge.core import errors, selection
from bridge.core.algorithms import ALGORITHMS
from bridge.core.consent import Approved
from bridge.core.ports import Login
from bridge.core.selection import CertificateEntry
from bridge.core.settings import SiteSettings
from bridge.methods.dialogue import outcome
from bridge.methods.keyuse import SignedFirst, best_algorithm, open_session, signer
from bridge.methods.unlock import Unlocked
from tests.unit.certificates import certificate, key
from tests.unit.methods.fakes import SITE, Place, ecdsa, opened, pcsc, settle
from tests.unit.tokens import READER, placed, survey


def entry_of(kind: str = "p256", **changes: Any) -> CertificateEntry:
    (entry,) = selection.entries(survey(placed([certificate(kind)], **changes)))
    return entry


@pytest.fixture
def place() -> Place:
    found = Place()
    found.tokens.logged_in = entry_of().place
    return found


@pytest.mark.parametrize(
    ("kind", "mechanisms", "jws"),
    [
        ("p256", {"ECDSA"}, "ES256"),
        ("p384", {"ECDSA"}, "ES384"),
        ("p521", {"ECDSA"}, "ES512"),
        ("rsa", {"RSA_PKCS", "RSA_PKCS_PSS"}, "RS256"),
        ("rsa", {"RSA_PKCS_PSS"}, "PS256"),
    ],
)
def test_the_best_algorithm(kind: str, mechanisms: set[str], jws: str) -> None:
    assert best_algorithm(entry_of(kind, mechanisms=frozenset(mechanisms))).jws == jws


def test_no_algorithm() -> None:
    with pytest.raises(errors.UnsupportedAlgorithm):
        best_algorithm(entry_of(mechanisms=frozenset({"RSA_PKCS"})))


@pytest.mark.parametrize("jws", ["ES256", "ES384", "ES512"])
async def test_the_token_gets_the_digest_and_the_signature_verifies(place: Place, jws: str) -> None:
    signature = await signer(place.call(), entry_of(), ALGORITHMS[jws])(b"message")
    public = key().public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    hash_algorithm = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[jws[2:]]
    public.verify(encode_dss_signature(r, s), b"message", ec.ECDSA(hash_algorithm))
    assert place.tokens.events == [f"sign {jws}"]


@pytest.mark.parametrize(
    "wrong",
    [b"\0" * 64, b"x", ecdsa("ES256", bytes(32)), ecdsa("ES256", bytes(32)) + b"\0", bytes(256)],
    ids=["zeros", "short", "another message", "too long", "other length"],
)
async def test_a_signature_that_does_not_verify_never_leaves(place: Place, wrong: bytes) -> None:
    place.tokens.signature = wrong
    with pytest.raises(errors.DriverFailed) as caught:
        await signer(place.call(), entry_of(), ALGORITHMS["ES256"])(b"message")
    assert caught.value.data == {"driver": "OpenSC"}
    assert wrong.hex() not in caught.value.detail


async def test_a_wrong_signature_ends_nobody_elses_session(place: Place) -> None:
    """It is checked when the next one has the turn already."""
    place.tokens.signature = bytes(64)
    first = SignedFirst(place.call(connection=1), entry_of(), ALGORITHMS["ES256"])
    await first.sign(b"message")
    opened(place, connection=2)
    with pytest.raises(errors.DriverFailed):
        await first.check()
    assert place.sessions.of(2) is not None and place.tokens.logged_in is not None


async def test_what_the_token_raises_comes_through(place: Place) -> None:
    place.tokens.sign_error = errors.DriverTimeout(driver="OpenSC")
    with pytest.raises(errors.DriverTimeout):
        await signer(place.call(), entry_of(), ALGORITHMS["ES256"])(b"message")


async def test_a_failure_of_a_removed_card_is_a_removed_card(place: Place) -> None:
    place.tokens.sign_error = errors.DriverFailed(driver="OpenSC")
    sign = signer(place.call(), entry_of(), ALGORITHMS["ES256"])
    async with asyncio.TaskGroup() as group:
        signing = group.create_task(outcome(sign(b"message")))
        await settle()
        place.board.pcsc_changed(pcsc(r0="empty"))
    assert isinstance(signing.result(), errors.CardRemoved)


def agreed(entry: CertificateEntry) -> Unlocked:
    return Unlocked(entry=entry, login=Login(verdict="accepted"), approved=Approved(contact="見本 花子"))


def test_a_site_that_asks_each_time_has_no_session(place: Place) -> None:
    each = SiteSettings(origin="https://a.jp")
    assert open_session(place.call(site=each), agreed(entry_of())) is None
    assert place.sessions.of(1) is None


def test_a_session_keeps_what_was_agreed_on(place: Place) -> None:
    place.board.pcsc_changed(pcsc(r0="empty"))
    place.board.pcsc_changed(pcsc(r0="present"))
    entry = entry_of()
    secret = open_session(place.call(connection=5), agreed(entry))
    session = place.sessions.of(5)
    assert session is not None and session.secret == secret
    assert (session.origin, session.site, session.entry, session.contact) == (
        place.call().caller.origin,
        SITE,
        entry,
        "見本 花子",
    )
    assert (session.readers, session.removals) == ((READER,), 1)
    assert session.opened_at == session.used_at == place.clock.seconds
