"""What is on a card, and its data objects (NIST SP 800-73-4 part 1, 3 and appendix A)."""

from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import tlv
from .keys import CardKey
from .reference import ReferenceData

AID = bytes.fromhex("A000000308000010000100")
DISCOVERY = 0x7E
CHUID = 0x5FC102
CCC = 0x5FC107

AUTHENTICATION = 0x9A
SIGNATURE = 0x9C
KEY_MANAGEMENT = 0x9D
CERTIFICATE_OBJECTS = {AUTHENTICATION: 0x5FC105, SIGNATURE: 0x5FC10A, KEY_MANAGEMENT: 0x5FC10B}

_ERROR_DETECTION = tlv.encode(0xFE, b"")
# FASC-N of a card outside the US government: agency 9999, system 9999, credential 999999.
_FASC_N = bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySlot:
    """A private key and the certificate that belongs to it."""

    key: CardKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContents:
    """A card's whole memory. `slots` by key reference (0x9A, 0x9C, 0x9D); `guid` is 16 octets."""

    guid: bytes
    slots: dict[int, KeySlot]
    pin: ReferenceData
    puk: ReferenceData

    def with_certificates(self, certificates: dict[int, x509.Certificate]) -> "CardContents":
        """The same card with other certificates over the same keys."""
        slots = {
            reference: replace(slot, certificate=certificates.get(reference, slot.certificate))
            for reference, slot in self.slots.items()
        }
        return replace(self, slots=slots)


def application_template() -> bytes:
    """The answer to SELECT (part 2, table 3)."""
    authority = tlv.encode(0x4F, AID[:5])
    return tlv.encode(0x61, tlv.encode(0x4F, AID[5:]) + tlv.encode(0x79, authority))


def data_object(contents: CardContents, tag: int) -> bytes | None:
    """The object as GET DATA returns it, or None when the card has none of that tag."""
    if tag == DISCOVERY:
        # 40 00: the PIV card application's PIN alone satisfies every access rule.
        return tlv.encode(DISCOVERY, tlv.encode(0x4F, AID) + tlv.encode(0x5F2F, b"\x40\x00"))
    value = _container(contents, tag)
    return None if value is None else tlv.encode(0x53, value)


def _container(contents: CardContents, tag: int) -> bytes | None:
    if tag == CHUID:
        return _chuid(contents.guid)
    if tag == CCC:
        return _capability_container(contents.guid)
    for reference, object_tag in CERTIFICATE_OBJECTS.items():
        slot = contents.slots.get(reference)
        if object_tag == tag and slot is not None:
            certificate = slot.certificate.public_bytes(Encoding.DER)
            return tlv.encode(0x70, certificate) + tlv.encode(0x71, b"\x00") + _ERROR_DETECTION
    return None


def _chuid(guid: bytes) -> bytes:
    return b"".join(
        [
            tlv.encode(0x30, _FASC_N),
            tlv.encode(0x34, guid),
            tlv.encode(0x35, b"20991231"),
            tlv.encode(0x3E, b""),
            _ERROR_DETECTION,
        ]
    )


def _capability_container(guid: bytes) -> bytes:
    # Card identifier: the GSC-RID, manufacturer FF, card type 02 (Java Card), 14 octets of our own.
    identifier = bytes.fromhex("A000000116FF02") + guid[:14]
    numbers = {0xF0: identifier, 0xF1: b"\x21", 0xF2: b"\x21", 0xF3: b"", 0xF4: b"\x00", 0xF5: b"\x10"}
    empty = range(0xF6, 0xFE)
    return (
        b"".join(tlv.encode(tag, value) for tag, value in numbers.items())
        + b"".join(tlv.encode(tag, b"") for tag in empty)
        + _ERROR_DETECTION
    )
