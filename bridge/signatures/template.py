"""A CMS signature as the pattern of those that follow: another document, the same signer, the same form.

pyHanko takes 4 to 9 ms to build one, most of it for what is the same in a batch. So it builds the first, and
from its DER the others are made: only message digest, signing time, content hints, content and the signature
itself are put in anew. A pattern that does not give back the very bytes that it was taken from is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.core.der import OCTETS, OID, SEQUENCE, SET, UTF8, elements, encoded, only
from bridge.core.order import SignatureOrder

_CONTEXT_0 = 0xA0
_UTC_TIME = 0x17
_DATA = bytes.fromhex("2a864886f70d010701")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SIGNING_TIME = bytes.fromhex("2a864886f70d010905")
_CONTENT_HINTS = bytes.fromhex("2a864886f70d0109100204")
_UTC_TIME_YEARS = range(1950, 2050)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What stays, as whole elements in DER, in the order of RFC 5652, sections 3, 5.1 and 5.3.

    `before`: SignedData's version and digest algorithms; `certificates`; `signer`: SignerInfo up to the
    signed attributes; `attributes`: those that stay; `mechanism`: the signature algorithm.
    """

    content_type: bytes
    before: bytes
    certificates: bytes
    signer: bytes
    attributes: tuple[bytes, ...]
    mechanism: bytes

    def signed_attributes(self, order: SignatureOrder, description: str) -> bytes:
        """What is signed: the SET OF, in ascending order of the encodings (X.690, section 11.6).

        Raises:
            ValueError: the signing time is after 2049.
        """
        hints = encoded(SEQUENCE, encoded(UTF8, description.encode()), encoded(OID, _DATA))
        changing = (
            _attribute(_MESSAGE_DIGEST, encoded(OCTETS, order.digest)),
            _attribute(_SIGNING_TIME, _time(order.signing_time)),
            _attribute(_CONTENT_HINTS, hints),
        )
        return encoded(SET, *sorted((*self.attributes, *changing)))

    def signature(self, order: SignatureOrder, attributes: bytes, value: bytes) -> bytes:
        """The ContentInfo; `attributes` are what `value` signs."""
        content = b""
        if order.form.packaging == "enveloping":
            content = encoded(_CONTEXT_0, encoded(OCTETS, order.content))
        info = encoded(
            SEQUENCE,
            self.signer,
            bytes((_CONTEXT_0,)) + attributes[1:],  # [0] IMPLICIT
            self.mechanism,
            encoded(OCTETS, value),
        )
        signed_data = encoded(
            SEQUENCE,
            self.before,
            encoded(SEQUENCE, encoded(OID, _DATA), content),
            self.certificates,
            encoded(SET, info),
        )
        return encoded(SEQUENCE, self.content_type, encoded(_CONTEXT_0, signed_data))


def template_of(signature: bytes, order: SignatureOrder, description: str) -> Template | None:
    """The pattern of `signature`, which is that of `order`; None where its form is another one."""
    try:
        found, value = _read(signature)
        attributes = found.signed_attributes(order, description)
        return found if found.signature(order, attributes, value) == signature else None
    except (ValueError, IndexError):
        return None


def _read(signature: bytes) -> tuple[Template, bytes]:
    """Raises: ValueError, IndexError."""
    content_type, (_, explicit) = elements(only(signature, SEQUENCE))
    version, algorithms, _, certificates, (_, infos) = elements(only(explicit, SEQUENCE))
    number, identifier, digest, (_, attributes), mechanism, (_, value) = elements(only(infos, SEQUENCE))
    changing = (_MESSAGE_DIGEST, _SIGNING_TIME, _CONTENT_HINTS)
    kept = [each for _, each in elements(attributes) if next(elements(each))[1] not in changing]
    template = Template(
        content_type=encoded(*content_type),
        before=encoded(*version) + encoded(*algorithms),
        certificates=encoded(*certificates),
        signer=encoded(*number) + encoded(*identifier) + encoded(*digest),
        attributes=tuple(encoded(SEQUENCE, each) for each in kept),
        mechanism=encoded(*mechanism),
    )
    return template, value


def _attribute(type_: bytes, value: bytes) -> bytes:
    return encoded(SEQUENCE, encoded(OID, type_), encoded(SET, value))


def _time(time: datetime) -> bytes:
    """UTCTime, until the year 2049 (RFC 5652, section 11.3), as pyHanko does. Raises: ValueError."""
    time = time.astimezone(UTC)
    if time.year not in _UTC_TIME_YEARS:
        raise ValueError("UTCTime has no such year")
    return encoded(_UTC_TIME, time.strftime("%y%m%d%H%M%SZ").encode())
