"""What `bridge.pkcs11.session` asks of a loaded module, however that is called.

Two things speak it: `native`, by python-pkcs11, for modules of this program's own architecture, and
`cryptoki`, by ctypes alone, for an interpreter of another architecture that has no packages.
"""

from __future__ import annotations

from typing import Protocol

from bridge.core.algorithms import HashName, MechanismName
from bridge.core.record import Record
from bridge.core.token import CertificateObject

MECHANISMS: dict[int, MechanismName] = {0x1: "RSA_PKCS", 0xD: "RSA_PKCS_PSS", 0x1041: "ECDSA"}
"""CKM_* of those that this program uses (PKCS#11 v2.40, section 2)."""

Secret = str | None
"""A PIN or a PUK as it was typed; None: it is typed on the reader (CKF_PROTECTED_AUTHENTICATION_PATH)."""


class Refusal(Exception):
    """The module answered another CKR_* than CKR_OK.

    Args:
        name: the code's name without CKR_, in camel case: `PinIncorrect` for CKR_PIN_INCORRECT.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class Slot(Record):
    """Part of CK_SLOT_INFO (PKCS#11 v2.40, section 3.2), and its ID."""

    id: int
    description: str
    is_hardware: bool


class TokenInfo(Record):
    """Part of CK_TOKEN_INFO (PKCS#11 v2.40, section 3.3), as the token says it now. PIN lengths in bytes."""

    model: str
    flags: int
    min_pin_length: int
    max_pin_length: int


class Key(Protocol):
    """A private key of a session that is logged in."""

    id: bytes
    wants_pin_each_time: bool
    """CKA_ALWAYS_AUTHENTICATE."""

    def sign(self, data: bytes, mechanism: MechanismName, hash_name: HashName, pin: str | None) -> bytes:
        """Raises: Refusal.

        Args:
            hash_name: of PSS's parameters.
            pin: for CKU_CONTEXT_SPECIFIC.
        """


class Session(Protocol):
    """An open session. Every method may raise `Refusal`."""

    def certificates(self) -> list[CertificateObject]:
        """All CKO_CERTIFICATE objects of type CKC_X_509 whose value can be read."""

    def private_keys(self, key_id: bytes | None = None) -> list[Key]:
        """All, or those with this CKA_ID."""

    def set_pin(self, old: Secret, new: Secret) -> None:
        """C_SetPIN; a secret that is None is typed on the reader."""

    def init_pin(self, new: Secret) -> None:
        """C_InitPIN, for the security officer."""

    def close(self) -> None:
        """C_CloseSession."""


class Calls(Protocol):
    """A loaded and initialized module. Every method may raise `Refusal`."""

    description: str
    """Manufacturer and description of CK_INFO."""

    def slots(self) -> list[Slot]:
        """Those with a token present."""

    def token_info(self, slot: int) -> TokenInfo: ...

    def mechanisms(self, slot: int) -> frozenset[str]:
        """Names of those that this program knows, without CKM_."""

    def open(self, slot: int, *, is_writable: bool = False) -> Session:
        """A session in which nobody has logged in."""

    def open_as_user(self, slot: int, pin: Secret) -> Session:
        """A session after C_Login of CKU_USER."""

    def open_as_officer(self, slot: int, secret: Secret) -> Session:
        """A writable session after C_Login of CKU_SO."""


class Loader(Protocol):
    """Loads and initializes the module at this absolute path.

    Raises:
        LoadingFailed
    """

    def __call__(self, path: str) -> Calls: ...


class LoadingFailed(Exception):
    """The module cannot be loaded or initialized; the message says why."""
