"""A module of this program's own architecture, called by python-pkcs11: the only file that imports `pkcs11`.

See `bridge.pkcs11.calls`. What python-pkcs11 has no words for goes through the module's own function list.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pkcs11
import pkcs11._pkcs11  # it would be loaded with the module only
from pkcs11 import Attribute, CertificateType, Mechanism, ObjectClass
from pkcs11 import exceptions as ckr

from bridge.core.algorithms import DIGEST_SIZES, HashName, MechanismName
from bridge.core.token import CertificateObject
from bridge.pkcs11.calls import MECHANISMS, Key, LoadingFailed, Refusal, Secret, Session, Slot, TokenInfo
from bridge.pkcs11.functions import Functions

_MECHANISM_CODES = {name: Mechanism(code) for code, name in MECHANISMS.items()}
_PSS: dict[HashName, tuple[Mechanism, Any]] = {
    "sha256": (Mechanism.SHA256, pkcs11.MGF.SHA256),
    "sha384": (Mechanism.SHA384, pkcs11.MGF.SHA384),
    "sha512": (Mechanism.SHA512, pkcs11.MGF.SHA512),
}


class Native:
    """See `bridge.pkcs11.calls.Calls`.

    Raises:
        LoadingFailed
    """

    def __init__(self, path: str) -> None:
        try:
            self._library = pkcs11.lib(path)
        except (RuntimeError, OSError, AttributeError) as error:  # a PKCS11Error is a RuntimeError
            raise LoadingFailed(f"{type(error).__name__} {error}".strip()) from None
        self._functions = Functions(path)
        library = self._library
        self.description = f"{library.manufacturer_id} {library.library_description}".strip()

    def slots(self) -> list[Slot]:
        with _refusals():
            return [
                Slot(
                    id=slot.slot_id,
                    description=slot.slot_description,
                    is_hardware=bool(slot.flags & pkcs11.SlotFlag.HW_SLOT),
                )
                for slot in self._library.get_slots(token_present=True)
            ]

    def token_info(self, slot: int) -> TokenInfo:
        return self._functions.token_info(slot)

    def mechanisms(self, slot: int) -> frozenset[str]:
        with _refusals():
            found = self._slot(slot).get_mechanisms()
            return frozenset(MECHANISMS[code] for code in found if code in MECHANISMS)

    def open(self, slot: int, *, is_writable: bool = False) -> Session:
        return self._open(slot, rw=is_writable)

    def open_as_user(self, slot: int, pin: Secret) -> Session:
        # Token.open(user_pin=…) leaks its session when the login fails; C_CloseAllSessions at the
        # worker's end is what clears it, and a worker lives for one request or session.
        return self._open(slot, user_pin=pkcs11.PROTECTED_AUTH if pin is None else pin)

    def open_as_officer(self, slot: int, secret: Secret) -> Session:
        return self._open(slot, rw=True, so_pin=pkcs11.PROTECTED_AUTH if secret is None else secret)

    def _open(self, slot: int, **options: Any) -> Session:
        with _refusals():
            return _Session(self._slot(slot).get_token().open(**options), self._functions)

    def _slot(self, number: int) -> Any:
        for slot in self._library.get_slots(token_present=True):
            if slot.slot_id == number:
                return slot
        raise Refusal("TokenNotPresent")


class _Session:
    """See `bridge.pkcs11.calls.Session`."""

    def __init__(self, session: Any, functions: Functions) -> None:
        self._session = session
        self._functions = functions

    def certificates(self) -> list[CertificateObject]:
        found = []
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
        with _refusals():
            for item in self._session.get_objects(wanted):
                with suppress(ckr.AttributeTypeInvalid, ckr.AttributeSensitive):
                    found.append(CertificateObject(id=item[Attribute.ID], der=item[Attribute.VALUE]))
        return found

    def private_keys(self, key_id: bytes | None = None) -> list[Key]:
        wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        if key_id is not None:
            wanted[Attribute.ID] = key_id
        with _refusals():
            return [_Key(item) for item in list(self._session.get_objects(wanted))]

    def set_pin(self, old: Secret, new: Secret) -> None:
        if old is None or new is None:
            self._functions.set_pin(self._session.handle, None, None)
            return
        with _refusals():
            self._session.set_pin(old, new)

    def init_pin(self, new: Secret) -> None:
        if new is None:
            self._functions.init_pin(self._session.handle, None)
            return
        with _refusals():
            self._session.init_pin(new)

    def close(self) -> None:
        with _refusals():
            self._session.close()


class _Key:
    """See `bridge.pkcs11.calls.Key`."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self.id = _id(item)
        self.wants_pin_each_time = _wants_pin_each_time(item)

    def sign(self, data: bytes, mechanism: MechanismName, hash_name: HashName, pin: str | None) -> bytes:
        parameter = (*_PSS[hash_name], DIGEST_SIZES[hash_name]) if mechanism == "RSA_PKCS_PSS" else None
        try:
            signature: bytes = self._item.sign(
                data, mechanism=_MECHANISM_CODES[mechanism], mechanism_param=parameter, pin=pin
            )
        except ckr.PKCS11Error as error:
            raise Refusal(type(error).__name__) from None
        return signature


def _id(item: Any) -> bytes:
    try:
        found: bytes = item[Attribute.ID]
    except ckr.AttributeTypeInvalid:
        return b""
    return found


def _wants_pin_each_time(item: Any) -> bool:
    try:
        return bool(item[Attribute.ALWAYS_AUTHENTICATE])
    except (ckr.AttributeTypeInvalid, ckr.FunctionFailed):
        return False


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ckr.PKCS11Error as error:
        raise Refusal(type(error).__name__) from None
