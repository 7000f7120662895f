"""Tokens and their certificates as a worker reports them, before any PIN."""

from __future__ import annotations

from bridge.core.pinentry import PinState
from bridge.core.record import Record

MAX_SLOTS = 64
"""Of a module. What is beyond it, or larger than the following, is not looked at, and not believed."""

MAX_CERTIFICATES = 64
"""Of a token: cards hold two or three, and those of their issuers."""

MAX_CERTIFICATE_BYTES = 65536
MAX_ID_BYTES = 255
MAX_PIN_LENGTH = 255


class CertificateObject(Record):
    """A CKO_CERTIFICATE object: CKA_ID (joins it to its private key) and CKA_VALUE (DER)."""

    id: bytes
    der: bytes

    @property
    def is_plausible(self) -> bool:
        return len(self.id) <= MAX_ID_BYTES and len(self.der) <= MAX_CERTIFICATE_BYTES


class Token(Record):
    """A token in a slot (PKCS#11 v3.0, sections 3.2 and 3.3).

    `slot` is the slot's ID, `description` its slotDescription: with OpenSC the PC/SC reader's name.
    PIN lengths are in bytes, as CK_TOKEN_INFO has them; 0 where the token says nothing useful.
    `mechanisms` are the names of those that sign, without CKM_.
    """

    slot: int
    description: str
    is_hardware: bool
    model: str
    pin_state: PinState
    min_pin_length: int
    max_pin_length: int
    protected_authentication_path: bool
    mechanisms: frozenset[str]
    certificates: tuple[CertificateObject, ...]
    tries_left: int | None = None
