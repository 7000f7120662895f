"""PIN and PUK: a verifier and a retry counter, as values (NIST SP 800-73-4 part 2, 2.4.3)."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace

REFERENCE_SIZE_BYTES = 8
PIN_MIN_DIGITS = 6
_PADDING = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceData:
    """One secret with its counter; `tries_left` 0 means blocked.

    The verifier only keeps the digits out of sight of whoever opens the file: few digits are soon
    found by trying, so the file's owner-only mode is the protection.
    """

    salt: bytes
    verifier: bytes
    tries_left: int
    tries_max: int

    @property
    def blocked(self) -> bool:
        """No try is left."""
        return self.tries_left == 0

    def check(self, presented: bytes) -> tuple["ReferenceData", bool]:
        """Spends a try: the value to keep, and whether `presented` (padded) was right."""
        if self.blocked:
            return self, False
        if hmac.compare_digest(_verifier(presented, self.salt), self.verifier):
            return replace(self, tries_left=self.tries_max), True
        return replace(self, tries_left=self.tries_left - 1), False

    def changed(self, padded: bytes) -> "ReferenceData":
        """A new secret, the counter full again."""
        return make_reference(padded, tries=self.tries_max)


def make_reference(padded: bytes, *, tries: int) -> ReferenceData:
    """A secret of eight octets (see `pad`) with `tries` tries, 1 to 15."""
    if len(padded) != REFERENCE_SIZE_BYTES or not 1 <= tries <= 15:
        raise ValueError("eight octets and 1 to 15 tries")
    salt = secrets.token_bytes(16)
    return ReferenceData(salt=salt, verifier=_verifier(padded, salt), tries_left=tries, tries_max=tries)


def pad(digits: str) -> bytes:
    """ASCII digits filled up with FF to eight octets. Raises ValueError."""
    octets = digits.encode("ascii", "replace").ljust(REFERENCE_SIZE_BYTES, _PADDING)
    if not is_pin(octets):
        raise ValueError("6 to 8 digits")
    return octets


def is_pin(octets: bytes) -> bool:
    """Six to eight ASCII digits, then FF to eight octets: what a PIV PIN may be."""
    digits = octets.rstrip(_PADDING)
    return (
        len(octets) == REFERENCE_SIZE_BYTES
        and len(digits) >= PIN_MIN_DIGITS
        and all(0x30 <= octet <= 0x39 for octet in digits)
    )


def random_digits(count: int) -> str:
    """For a card's letter: `count` digits from the system's random source."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def _verifier(presented: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(presented, salt=salt, n=1024, r=8, p=1, dklen=32)
