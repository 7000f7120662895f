"""The card by itself: APDU scripts against NIST SP 800-73-4 part 2, no I/O."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardbridge_card import tlv
from cardbridge_card.contents import AID, CardContents
from cardbridge_card.piv import PivCard
from tests.card.stack import Card

SELECT = "00A404000B" + AID.hex()
PIN, WRONG, PUK = "313233343536FFFF", "393939393939FFFF", "3132333435363738"
NEW = "363534333231FFFF"
VERIFY = "0020008008"
DIGEST = hashlib.sha256(b"document").digest()


@pytest.fixture(scope="module")
def memory() -> CardContents:
    """P-256 in 9A, 9C and 9D."""
    return Card(key_type="p256", key_management=True).issue()


@pytest.fixture
def card(memory: CardContents) -> PivCard:
    """A card with the PIV application selected."""
    selected = PivCard(memory)
    assert _run(selected, SELECT).endswith("9000")
    return selected


def _run(card: PivCard, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).hex().upper()


def _sign_command(key: str, data: bytes = DIGEST, algorithm: str = "11") -> str:
    template = tlv.encode(0x7C, tlv.encode(0x82, b"") + tlv.encode(0x81, data))
    return f"0087{algorithm}{key}{len(template):02X}{template.hex()}00"


def test_select_answers_with_the_application_template(memory: CardContents) -> None:
    fresh = PivCard(memory)
    assert _run(fresh, "00A4040009" + AID[:9].hex() + "00") == "61114F0600001000010079074F05A0000003089000"
    assert _run(fresh, "00A4040008A00000030800001000") == "6A82"
    assert _run(fresh, "00A4040005A000000003") == "6A82"
    assert _run(fresh, "00A4000002DF01") == "6A86"


def test_nothing_before_select(memory: CardContents) -> None:
    fresh = PivCard(memory)
    assert _run(fresh, "00CB3FFF035C017E00") == "6985"
    assert _run(fresh, VERIFY + PIN) == "6985"
    assert fresh.contents.pin.tries_left == 3


def test_another_application_leaves_the_pin_verified(card: PivCard) -> None:
    assert _run(card, VERIFY + PIN) == "9000"
    assert _run(card, "00A4040005A000000003") == "6A82"
    assert _run(card, "00200080") == "9000"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("80CB3FFF035C017E00", "6E00"),
        ("0CCB3FFF035C017E00", "6882"),
        ("01CB3FFF035C017E00", "6881"),
        ("00EE0000", "6D00"),
        ("00CB", "6700"),
        ("00CB3FFF055C01", "6700"),
        ("00CB0000035C017E00", "6A86"),
        ("00CB3FFF055C035FC10900", "6A82"),
        ("00CB3FFF025C0000", "6A80"),
        ("00CB3FFF035C057E00", "6A80"),
        ("00C0000000", "6985"),
        ("0020008108" + PUK, "6A88"),
        ("0020018008" + PIN, "6A86"),
        ("002C008108" + PUK, "6A88"),
        ("0024008008" + PIN, "6A80"),
        ("0024000010" + PIN + NEW, "6A88"),
        (_sign_command("9E"), "6A88"),
        (_sign_command("9A", algorithm="07"), "6A86"),
    ],
)
def test_refusals(card: PivCard, command: str, answer: str) -> None:
    assert _run(card, command) == answer


def test_discovery_object(card: PivCard) -> None:
    assert _run(card, "00CB3FFF035C017E00") == "7E124F0B" + AID.hex().upper() + "5F2F0240009000"


def test_chuid_carries_the_guid(card: PivCard) -> None:
    answer = bytes.fromhex(_run(card, "00CB3FFF055C035FC10200"))
    container = dict(tlv.decode(dict(tlv.decode(answer[:-2]))[0x53]))
    assert container[0x34] == card.contents.guid
    assert len(container[0x30]) == 25
    assert container[0x35] == b"20991231"


def test_capability_container(card: PivCard) -> None:
    answer = bytes.fromhex(_run(card, "00CB3FFF055C035FC10700"))
    container = dict(tlv.decode(dict(tlv.decode(answer[:-2]))[0x53]))
    assert len(container[0xF0]) == 21
    assert container[0xF5] == b"\x10"


def test_a_certificate_comes_by_get_response(card: PivCard) -> None:
    answer = bytes.fromhex(_run(card, "00CB3FFF055C035FC10500"))
    whole = answer[:-2]
    while answer[-2] == 0x61:
        answer = bytes.fromhex(_run(card, f"00C00000{answer[-1]:02X}"))
        whole += answer[:-2]
    assert answer[-2:] == b"\x90\x00"
    container = dict(tlv.decode(dict(tlv.decode(whole))[0x53]))
    slot = card.contents.slots[0x9A]
    assert container[0x70] == slot.certificate.public_bytes(serialization.Encoding.DER)


def test_pin_counter_and_status(card: PivCard) -> None:
    answers = [_run(card, command) for command in (VERIFY + WRONG, "00200080", VERIFY + PIN, "00200080")]
    assert answers == ["63C2", "63C2", "9000", "9000"]
    assert card.contents.pin.tries_left == 3
    assert [_run(card, VERIFY + WRONG) for _ in range(4)] == ["63C2", "63C1", "63C0", "6983"]
    assert _run(card, "00200080") == "6983"
    assert _run(card, VERIFY + PIN) == "6983"


def test_what_cannot_be_a_pin_costs_no_try(card: PivCard) -> None:
    for presented in ("3132333435FFFFFF", "31323334353661FF", "313233FF343536FF"):
        assert _run(card, VERIFY + presented) == "6A80"
    assert card.contents.pin.tries_left == 3


def test_a_wrong_pin_ends_a_verified_one(card: PivCard) -> None:
    assert _run(card, VERIFY + PIN) == "9000"
    assert _run(card, VERIFY + WRONG) == "63C2"
    assert _run(card, _sign_command("9A")) == "6982"


@pytest.mark.parametrize("end", ["logout", "reset"])
def test_logout_and_reset_forget_the_pin(card: PivCard, end: str) -> None:
    assert _run(card, VERIFY + PIN) == "9000"
    if end == "logout":
        assert _run(card, "0020FF80") == "9000"
    else:
        card.reset()
        _run(card, SELECT)
    assert _run(card, "00200080") == "63C3"
    assert _run(card, _sign_command("9A")) == "6982"


def test_change_needs_the_old_pin(card: PivCard) -> None:
    assert _run(card, "0024008010" + WRONG + NEW) == "63C2"
    assert _run(card, "0024008010" + PIN + "31FFFFFFFFFFFFFF") == "6A80"
    assert _run(card, "0024008010" + PIN + NEW) == "9000"
    assert _run(card, VERIFY + PIN) == "63C2"
    assert _run(card, VERIFY + NEW) == "9000"


def test_unblock_with_the_puk(card: PivCard) -> None:
    for _ in range(3):
        _run(card, VERIFY + WRONG)
    assert _run(card, "002C008010" + NEW + NEW) == "63C2"
    assert _run(card, "002C008010" + PUK + NEW) == "9000"
    assert card.contents.puk.tries_left == 3
    assert _run(card, _sign_command("9A")) == "6982"
    assert _run(card, VERIFY + NEW) == "9000"


def test_a_blocked_puk_stays_blocked(card: PivCard) -> None:
    assert [_run(card, "002C008010" + NEW + NEW) for _ in range(4)] == ["63C2", "63C1", "63C0", "6983"]
    assert _run(card, "002C008010" + PUK + NEW) == "6983"


def test_change_puk(card: PivCard) -> None:
    assert _run(card, "0024008110" + PUK + "3837363534333231") == "9000"
    assert _run(card, "002C008010" + PUK + NEW) == "63C2"
    assert _run(card, "002C0080103837363534333231" + NEW) == "9000"


def test_pin_once_for_9a_always_for_9c(card: PivCard) -> None:
    _run(card, VERIFY + PIN)
    assert [_run(card, _sign_command("9A"))[-4:] for _ in range(2)] == ["9000", "9000"]
    assert _run(card, _sign_command("9C")) == "6982"
    _run(card, VERIFY + PIN)
    assert _run(card, _sign_command("9C"))[-4:] == "9000"
    assert _run(card, _sign_command("9C")) == "6982"
    assert _run(card, _sign_command("9A"))[-4:] == "9000"


def test_elliptic_signature_verifies(card: PivCard) -> None:
    _run(card, VERIFY + PIN)
    answer = bytes.fromhex(_run(card, _sign_command("9A")))
    signature = dict(tlv.decode(dict(tlv.decode(answer[:-2]))[0x7C]))[0x82]
    public = card.contents.slots[0x9A].key.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    assert _run(card, _sign_command("9A", DIGEST[:31])) == "6A80"


def test_key_agreement_only_with_9d(card: PivCard) -> None:
    peer = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.UncompressedPoint
    point = peer.public_key().public_bytes(serialization.Encoding.X962, form)
    template = tlv.encode(0x7C, tlv.encode(0x82, b"") + tlv.encode(0x85, point))
    command = f"008711{{}}{len(template):02X}{template.hex()}00"
    _run(card, VERIFY + PIN)
    assert _run(card, command.format("9A")) == "6A80"
    answer = bytes.fromhex(_run(card, command.format("9D")))
    secret = dict(tlv.decode(dict(tlv.decode(answer[:-2]))[0x7C]))[0x82]
    public = card.contents.slots[0x9D].key.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert secret == peer.exchange(ec.ECDH(), public)


def test_rsa_by_command_chaining() -> None:
    card = PivCard(Card(key_type="rsa2048").issue())
    _run(card, SELECT)
    _run(card, VERIFY + PIN)
    prefix = bytes.fromhex("3031300D060960864801650304020105000420")
    block = b"\x00\x01" + b"\xff" * (256 - 3 - len(prefix) - 32) + b"\x00" + prefix + DIGEST
    template = tlv.encode(0x7C, tlv.encode(0x82, b"") + tlv.encode(0x81, block))
    assert _run(card, "1087079AFF" + template[:255].hex()) == "9000"
    answer = _run(card, f"0087079A{len(template) - 255:02X}{template[255:].hex()}00")
    assert answer[-4:-2] == "61"
    whole = bytes.fromhex(answer[:-4] + _run(card, "00C00000" + answer[-2:])[:-4])
    signature = dict(tlv.decode(dict(tlv.decode(whole))[0x7C]))[0x82]
    public = card.contents.slots[0x9A].key.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, DIGEST, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def test_another_command_ends_a_chain(card: PivCard) -> None:
    _run(card, VERIFY + PIN)
    command = bytes.fromhex(_sign_command("9A"))[5:-1]
    assert _run(card, "1087119A10" + command[:16].hex()) == "9000"
    assert _run(card, "00200080") == "9000"
    assert _run(card, f"0087119A{len(command) - 16:02X}{command[16:].hex()}00") == "6A80"


def test_a_chain_has_an_end(card: PivCard) -> None:
    piece = "1087119AFF" + "00" * 255
    assert [_run(card, piece) for _ in range(17)] == ["9000"] * 16 + ["6700"]
