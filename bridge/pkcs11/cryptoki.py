"""A module of another architecture's interpreter, called by ctypes alone. See `bridge.pkcs11.calls`.

Every length that the module states is bounded before memory is laid out for it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import suppress

from bridge.core.algorithms import DIGEST_SIZES, HashName, MechanismName
from bridge.core.token import CertificateObject
from bridge.pkcs11.calls import MECHANISMS, Key, LoadingFailed, Refusal, Secret, Session, Slot, TokenInfo
from bridge.pkcs11.functions import Functions, Structure, secret, text

_U = ctypes.c_ulong
_MOST_SLOTS = _MOST_OBJECTS = 1024
_MOST_MECHANISMS = 4096
_LARGEST_VALUE = 256 * 1024
_LARGEST_SIGNATURE = 4096
_AT_ONCE = 32

_CKA_CLASS, _CKA_VALUE, _CKA_CERTIFICATE_TYPE, _CKA_ID, _CKA_ALWAYS_AUTHENTICATE = 0, 0x11, 0x80, 0x102, 0x202
_CKO_CERTIFICATE, _CKO_PRIVATE_KEY, _CKC_X_509 = 1, 3, 0
_CKF_RW_SESSION, _CKF_SERIAL_SESSION, _CKF_HW_SLOT = 2, 4, 4
_CKU_SO, _CKU_USER, _CKU_CONTEXT_SPECIFIC = 0, 1, 2
_MECHANISM_CODES = {name: code for code, name in MECHANISMS.items()}
_PSS: dict[HashName, tuple[int, int]] = {"sha256": (0x250, 2), "sha384": (0x260, 3), "sha512": (0x270, 4)}
"""CKM_SHA* and CKG_MGF1_SHA* (PKCS#11 v2.40, section 2.1)."""


class _Info(Structure):
    _fields_ = [
        ("version", ctypes.c_ubyte * 2),
        ("manufacturer_id", ctypes.c_ubyte * 32),
        ("flags", _U),
        ("library_description", ctypes.c_ubyte * 32),
        ("library_version", ctypes.c_ubyte * 2),
    ]


class _SlotInfo(Structure):
    _fields_ = [
        ("description", ctypes.c_ubyte * 64),
        ("manufacturer_id", ctypes.c_ubyte * 32),
        ("flags", _U),
        ("versions", ctypes.c_ubyte * 4),
    ]


class _Attribute(Structure):
    _fields_ = [("type", _U), ("value", ctypes.c_void_p), ("length", _U)]


class _Mechanism(Structure):
    _fields_ = [("mechanism", _U), ("parameter", ctypes.c_void_p), ("length", _U)]


class _PssParameters(Structure):
    _fields_ = [("hash", _U), ("mgf", _U), ("salt_length", _U)]


class Cryptoki:
    """See `bridge.pkcs11.calls.Calls`.

    Raises:
        LoadingFailed
    """

    def __init__(self, path: str) -> None:
        self._functions = Functions(path)
        info = _Info()
        try:
            self._functions.call("C_Initialize", None)
            self._functions.call("C_GetInfo", ctypes.byref(info))
        except Refusal as refusal:
            raise LoadingFailed(refusal.name) from None
        self.description = f"{text(info.manufacturer_id)} {text(info.library_description)}".strip()

    def slots(self) -> list[Slot]:
        found = []
        for slot in _list(self._functions, "C_GetSlotList", 1, most=_MOST_SLOTS):
            info = _SlotInfo()
            self._functions.call("C_GetSlotInfo", slot, ctypes.byref(info))
            is_hardware = bool(info.flags & _CKF_HW_SLOT)
            found.append(Slot(id=slot, description=text(info.description), is_hardware=is_hardware))
        return found

    def token_info(self, slot: int) -> TokenInfo:
        return self._functions.token_info(slot)

    def mechanisms(self, slot: int) -> frozenset[str]:
        codes = _list(self._functions, "C_GetMechanismList", slot, most=_MOST_MECHANISMS)
        return frozenset(MECHANISMS[code] for code in codes if code in MECHANISMS)

    def open(self, slot: int, *, is_writable: bool = False) -> Session:
        return self._open(slot, is_writable=is_writable)

    def _open(self, slot: int, *, is_writable: bool) -> _Session:
        handle, flags = _U(), _CKF_SERIAL_SESSION | _CKF_RW_SESSION * is_writable
        self._functions.call("C_OpenSession", slot, flags, None, None, ctypes.byref(handle))
        return _Session(self._functions, handle.value)

    def open_as_user(self, slot: int, pin: Secret) -> Session:
        return self._logged_in(slot, _CKU_USER, pin, is_writable=False)

    def open_as_officer(self, slot: int, secret: Secret) -> Session:
        return self._logged_in(slot, _CKU_SO, secret, is_writable=True)

    def _logged_in(self, slot: int, user: int, typed: Secret, *, is_writable: bool) -> Session:
        session = self._open(slot, is_writable=is_writable)
        try:
            session.login(user, typed)
        except Refusal:
            session.close()
            raise
        return session


class _Session:
    """See `bridge.pkcs11.calls.Session`."""

    def __init__(self, functions: Functions, handle: int) -> None:
        self.functions = functions
        self.handle = handle
        self._is_logged_in = False

    def login(self, user: int, typed: Secret) -> None:
        with secret(typed) as place:
            self.functions.call("C_Login", self.handle, user, *place)
        self._is_logged_in = True

    def certificates(self) -> list[CertificateObject]:
        found = []
        wanted = ((_CKA_CLASS, _number(_CKO_CERTIFICATE)), (_CKA_CERTIFICATE_TYPE, _number(_CKC_X_509)))
        for item in self._find(wanted):
            try:
                found.append(
                    CertificateObject(id=self._value(item, _CKA_ID), der=self._value(item, _CKA_VALUE))
                )
            except Refusal as refusal:
                if refusal.name not in ("AttributeTypeInvalid", "AttributeSensitive"):
                    raise
        return found

    def private_keys(self, key_id: bytes | None = None) -> list[Key]:
        wanted = [(_CKA_CLASS, _number(_CKO_PRIVATE_KEY))]
        if key_id is not None:
            wanted.append((_CKA_ID, key_id))
        return [
            _Key(self, item, self._id(item), wants_pin_each_time=self._wants_pin_each_time(item))
            for item in self._find(wanted)
        ]

    def set_pin(self, old: Secret, new: Secret) -> None:
        self.functions.set_pin(self.handle, old, new)

    def init_pin(self, new: Secret) -> None:
        self.functions.init_pin(self.handle, new)

    def close(self) -> None:
        if self._is_logged_in:
            with suppress(Refusal):
                self.functions.call("C_Logout", self.handle)
        self.functions.call("C_CloseSession", self.handle)

    def _find(self, wanted: Sequence[tuple[int, bytes]]) -> list[int]:
        values = [ctypes.create_string_buffer(value, len(value) or 1) for _, value in wanted]
        template = (_Attribute * len(wanted))(
            *(
                _Attribute(type=kind, value=ctypes.addressof(place), length=len(value))
                for (kind, value), place in zip(wanted, values, strict=True)
            )
        )
        self.functions.call("C_FindObjectsInit", self.handle, template, len(wanted))
        found: list[int] = []
        try:
            some, count = (_U * _AT_ONCE)(), _U(_AT_ONCE)
            while count.value and len(found) < _MOST_OBJECTS:
                self.functions.call("C_FindObjects", self.handle, some, _AT_ONCE, ctypes.byref(count))
                found += some[: min(count.value, _AT_ONCE)]
        finally:
            with suppress(Refusal):
                self.functions.call("C_FindObjectsFinal", self.handle)
        return found

    def _value(self, item: int, kind: int) -> bytes:
        attribute = _Attribute(type=kind)
        self.functions.call("C_GetAttributeValue", self.handle, item, ctypes.byref(attribute), 1)
        if attribute.length > _LARGEST_VALUE:  # also CK_UNAVAILABLE_INFORMATION
            raise Refusal("AttributeTypeInvalid")
        value = ctypes.create_string_buffer(attribute.length or 1)
        attribute.value, room = ctypes.addressof(value), attribute.length
        self.functions.call("C_GetAttributeValue", self.handle, item, ctypes.byref(attribute), 1)
        return value.raw[: min(attribute.length, room)]

    def _id(self, item: int) -> bytes:
        try:
            return self._value(item, _CKA_ID)
        except Refusal as refusal:
            if refusal.name != "AttributeTypeInvalid":
                raise
            return b""

    def _wants_pin_each_time(self, item: int) -> bool:
        try:
            return any(self._value(item, _CKA_ALWAYS_AUTHENTICATE))
        except Refusal as refusal:
            if refusal.name not in ("AttributeTypeInvalid", "FunctionFailed"):
                raise
            return False


class _Key:
    """See `bridge.pkcs11.calls.Key`."""

    def __init__(self, session: _Session, item: int, id: bytes, *, wants_pin_each_time: bool) -> None:
        self._session = session
        self._item = item
        self.id = id
        self.wants_pin_each_time = wants_pin_each_time

    def sign(self, data: bytes, mechanism: MechanismName, hash_name: HashName, pin: str | None) -> bytes:
        functions, session = self._session.functions, self._session.handle
        parameters = _PssParameters(*_PSS[hash_name], DIGEST_SIZES[hash_name])
        chosen = _Mechanism(mechanism=_MECHANISM_CODES[mechanism])
        if mechanism == "RSA_PKCS_PSS":
            chosen.parameter, chosen.length = ctypes.addressof(parameters), ctypes.sizeof(parameters)
        functions.call("C_SignInit", session, ctypes.byref(chosen), self._item)
        if pin is not None:
            with secret(pin) as place:
                functions.call("C_Login", session, _CKU_CONTEXT_SPECIFIC, *place)
        signature, length = ctypes.create_string_buffer(_LARGEST_SIGNATURE), _U(_LARGEST_SIGNATURE)
        functions.call("C_Sign", session, data, len(data), signature, ctypes.byref(length))
        return signature.raw[: min(length.value, _LARGEST_SIGNATURE)]


def _list(functions: Functions, name: str, argument: int, *, most: int) -> list[int]:
    """The numbers that a function lists: asked for their count, then for themselves."""
    count = _U()
    functions.call(name, argument, None, ctypes.byref(count))
    room = min(count.value, most)
    numbers, count = (_U * max(room, 1))(), _U(room)
    functions.call(name, argument, numbers, ctypes.byref(count))
    return numbers[: min(count.value, room)]


def _number(value: int) -> bytes:
    return bytes(_U(value))
