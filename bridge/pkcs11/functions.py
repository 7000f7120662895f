"""The functions of a PKCS#11 module by ctypes: its function list, its structures, its return codes.

PKCS#11 v2.40, section 4.1; on Windows the structures are packed and the functions are __cdecl. Uses nothing
but the standard library, for it also runs in interpreters of another architecture.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.pkcs11.calls import LoadingFailed, Refusal, Secret, TokenInfo

_U, _P = ctypes.c_ulong, ctypes.c_void_p
# Place in CK_FUNCTION_LIST, and the arguments.
_PROTOTYPES: dict[str, tuple[int, tuple[type, ...]]] = {
    "C_Initialize": (0, (_P,)),
    "C_GetInfo": (2, (_P,)),
    "C_GetSlotList": (4, (ctypes.c_ubyte, _P, _P)),
    "C_GetSlotInfo": (5, (_U, _P)),
    "C_GetTokenInfo": (6, (_U, _P)),
    "C_GetMechanismList": (7, (_U, _P, _P)),
    "C_InitPIN": (10, (_U, _P, _U)),
    "C_SetPIN": (11, (_U, _P, _U, _P, _U)),
    "C_OpenSession": (12, (_U, _U, _P, _P, _P)),
    "C_CloseSession": (13, (_U,)),
    "C_Login": (18, (_U, _U, _P, _U)),
    "C_Logout": (19, (_U,)),
    "C_GetAttributeValue": (24, (_U, _U, _P, _U)),
    "C_FindObjectsInit": (26, (_U, _P, _U)),
    "C_FindObjects": (27, (_U, _P, _U, _P)),
    "C_FindObjectsFinal": (28, (_U,)),
    "C_SignInit": (42, (_U, _P, _U)),
    "C_Sign": (43, (_U, _P, _U, _P, _P)),
}
_LAST_PLACE = max(place for place, _ in _PROTOTYPES.values())
_CKR_OK = 0
_CKR = {
    0x02: "HostMemory", 0x03: "SlotIDInvalid", 0x05: "GeneralError",
    0x06: "FunctionFailed", 0x07: "ArgumentsBad", 0x11: "AttributeSensitive",
    0x12: "AttributeTypeInvalid", 0x13: "AttributeValueInvalid", 0x20: "DataInvalid",
    0x21: "DataLenRange", 0x30: "DeviceError", 0x31: "DeviceMemory",
    0x32: "DeviceRemoved", 0x50: "FunctionCancelled", 0x54: "FunctionNotSupported",
    0x60: "KeyHandleInvalid", 0x62: "KeySizeRange", 0x63: "KeyTypeInconsistent",
    0x68: "KeyFunctionNotPermitted", 0x70: "MechanismInvalid", 0x71: "MechanismParamInvalid",
    0x82: "ObjectHandleInvalid", 0x90: "OperationActive", 0x91: "OperationNotInitialized",
    0xA0: "PinIncorrect", 0xA1: "PinInvalid", 0xA2: "PinLenRange",
    0xA3: "PinExpired", 0xA4: "PinLocked", 0xB0: "SessionClosed",
    0xB1: "SessionCount", 0xB3: "SessionHandleInvalid", 0xB5: "SessionReadOnly",
    0xE0: "TokenNotPresent", 0xE1: "TokenNotRecognised", 0xE2: "TokenWriteProtected",
    0x100: "UserAlreadyLoggedIn", 0x101: "UserNotLoggedIn", 0x102: "UserPinNotInitialized",
    0x104: "AnotherUserAlreadyLoggedIn", 0x150: "BufferTooSmall", 0x190: "CryptokiNotInitialized",
    0x1B9: "PinTooWeak", 0x200: "FunctionRejected",
}  # fmt: skip


class Structure(ctypes.Structure):
    """Laid out as the platform's PKCS#11 headers do it."""

    _pack_ = 1 if sys.platform == "win32" else 0


class _FunctionList(Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2), ("functions", _P * (_LAST_PLACE + 1))]


class _TokenInfo(Structure):
    _fields_ = [
        ("label", ctypes.c_char * 32),
        ("manufacturer_id", ctypes.c_char * 32),
        ("model", ctypes.c_ubyte * 16),
        ("serial_number", ctypes.c_char * 16),
        ("flags", _U),
        ("max_session_count", _U),
        ("session_count", _U),
        ("max_rw_session_count", _U),
        ("rw_session_count", _U),
        ("max_pin_length", _U),
        ("min_pin_length", _U),
        ("memory", _U * 4),
        ("versions", ctypes.c_ubyte * 4),
        ("utc_time", ctypes.c_char * 16),
    ]


class Functions:
    """The function list of the module at `path`, which this loads and does not initialize.

    Raises:
        LoadingFailed: the file cannot be loaded or gives no function list.
    """

    def __init__(self, path: str) -> None:
        pointer = ctypes.POINTER(_FunctionList)()
        try:
            code = ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(pointer))
        except (OSError, AttributeError) as error:
            raise LoadingFailed(f"{type(error).__name__} {error}") from None
        if code != _CKR_OK or not pointer:
            raise LoadingFailed(f"C_GetFunctionList: {code:#x}")
        self._addresses = pointer.contents.functions

    def call(self, name: str, *arguments: object) -> None:
        """Raises: Refusal."""
        place, kinds = _PROTOTYPES[name]
        address = self._addresses[place]
        if not address:
            raise Refusal("FunctionNotSupported")
        code = ctypes.CFUNCTYPE(_U, *kinds)(address)(*arguments)
        if code != _CKR_OK:
            raise Refusal(_CKR.get(code, f"{code:#x}"))

    def token_info(self, slot: int) -> TokenInfo:
        """Raises: Refusal."""
        info = _TokenInfo()
        self.call("C_GetTokenInfo", slot, ctypes.byref(info))
        return TokenInfo(
            model=text(info.model),
            flags=info.flags,
            min_pin_length=info.min_pin_length,
            max_pin_length=info.max_pin_length,
        )

    def set_pin(self, session: int, old: Secret, new: Secret) -> None:
        """Raises: Refusal."""
        with secret(old) as old_place, secret(new) as new_place:
            self.call("C_SetPIN", session, *old_place, *new_place)

    def init_pin(self, session: int, new: Secret) -> None:
        """Raises: Refusal."""
        with secret(new) as place:
            self.call("C_InitPIN", session, *place)


@contextmanager
def secret(typed: Secret) -> Iterator[tuple[object, int]]:
    """Where it stands and its length in bytes, erased afterwards; NULL where it is typed on the reader."""
    if typed is None:
        yield None, 0
        return
    content = typed.encode()
    buffer = ctypes.create_string_buffer(content, len(content) or 1)
    try:
        yield buffer, len(content)
    finally:
        ctypes.memset(buffer, 0, len(buffer))


def text(padded: ctypes.Array[ctypes.c_ubyte]) -> str:
    """A CK_UTF8CHAR array that is padded with blanks."""
    return bytes(padded).decode("utf-8", "replace").rstrip(" \0")
