"""Making a card: keys and certificates given or generated, PIN and PUK set."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from . import certificates, keys
from .contents import AUTHENTICATION, KEY_MANAGEMENT, SIGNATURE, CardContents, KeySlot
from .reference import REFERENCE_SIZE_BYTES, make_reference, pad, random_digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the card authority's letter says: PIN of 6 to 8 digits, PUK of 8."""

    pin: str
    puk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """The card to make. `given`: key reference -> (key file, certificate file), both PEM."""

    key_type: str = "rsa2048"
    holder: str = "見本 太郎"
    company: str = "株式会社見本建設"
    given: dict[int, tuple[Path, Path]]
    key_management: bool = False
    pin_tries: int = 3
    puk_tries: int = 3


def random_secrets() -> Secrets:
    """A letter for a new card."""
    return Secrets(pin=random_digits(6), puk=random_digits(8))


def parse_secrets(text: str) -> Secrets:
    """First line PIN, second line PUK (a random one if absent). Raises ValueError."""
    lines = text.split()
    if not 1 <= len(lines) <= 2:
        raise ValueError("PIN on the first line, PUK on the second")
    letter = Secrets(pin=lines[0], puk=lines[1] if len(lines) == 2 else random_digits(8))
    pad(letter.pin)
    if len(pad(letter.puk).rstrip(b"\xff")) != REFERENCE_SIZE_BYTES:
        raise ValueError("the PUK has 8 digits")
    return letter


def issue(specification: Specification, letter: Secrets) -> CardContents:
    """A card; what is not given is generated. Raises ValueError, OSError."""
    references = [AUTHENTICATION, SIGNATURE]
    if specification.key_management or KEY_MANAGEMENT in specification.given:
        references.append(KEY_MANAGEMENT)
    return CardContents(
        guid=secrets.token_bytes(16),
        slots={reference: _slot(specification, reference) for reference in references},
        pin=make_reference(pad(letter.pin), tries=specification.pin_tries),
        puk=make_reference(pad(letter.puk), tries=specification.puk_tries),
    )


def _slot(specification: Specification, reference: int) -> KeySlot:
    files = specification.given.get(reference)
    if files is not None:
        key_file, certificate_file = files
        return certificates.given(keys.from_pem(key_file.read_bytes()), certificate_file.read_bytes())
    return certificates.self_signed(
        keys.generate(specification.key_type),
        reference=reference,
        holder=specification.holder,
        company=specification.company,
    )
