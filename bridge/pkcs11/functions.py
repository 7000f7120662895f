"""Calls through the module's own function list, for what python-pkcs11 has no way to say.

That is CK_TOKEN_INFO as it stands now, with the PIN's lengths, and secrets that are typed on the reader
(CKF_PROTECTED_AUTHENTICATION_PATH: the PIN's pointer is NULL, PKCS#11 v2.40, sections 5.5 and 5.6).
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

CKR_OK = 0
_WINDOWS = sys.platform == "win32"
# Places in CK_FUNCTION_LIST (PKCS#11 v2.40, section 4.1, in the order of section 5).
_GET_TOKEN_INFO, _INIT_PIN, _SET_PIN = 6, 10, 11


class _Structure(ctypes.Structure):
    _pack_ = 1 if _WINDOWS else 0


class _FunctionList(_Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * (_SET_PIN + 1))]


class _TokenInfo(_Structure):
    _fields_ = [
        ("label", ctypes.c_char * 32),
        ("manufacturer_id", ctypes.c_char * 32),
        ("model", ctypes.c_char * 16),
        ("serial_number", ctypes.c_char * 16),
        ("flags", ctypes.c_ulong),
        ("max_session_count", ctypes.c_ulong),
        ("session_count", ctypes.c_ulong),
        ("max_rw_session_count", ctypes.c_ulong),
        ("rw_session_count", ctypes.c_ulong),
        ("max_pin_length", ctypes.c_ulong),
        ("min_pin_length", ctypes.c_ulong),
        ("memory", ctypes.c_ulong * 4),
        ("versions", ctypes.c_ubyte * 4),
        ("utc_time", ctypes.c_char * 16),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInfo:
    """Part of CK_TOKEN_INFO (PKCS#11 v2.40, section 3.3), as the token says it now."""

    flags: int
    min_pin_length: int
    max_pin_length: int


class Functions:
    """The function list of an already initialized module, whose path is `path`.

    Raises:
        OSError: the file cannot be loaded or gives no function list.
    """

    def __init__(self, path: str) -> None:
        module = ctypes.CDLL(path)
        pointer = ctypes.POINTER(_FunctionList)()
        code = module.C_GetFunctionList(ctypes.byref(pointer))
        if code != CKR_OK or not pointer:
            raise OSError(f"C_GetFunctionList: {code:#x}")
        self._functions = pointer.contents.functions

    def token_info(self, slot: int) -> TokenInfo | None:
        """The token's answer, or None where it gives none."""
        prototype = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_TokenInfo))
        info = _TokenInfo()
        if prototype(self._functions[_GET_TOKEN_INFO])(slot, ctypes.byref(info)) != CKR_OK:
            return None
        return TokenInfo(
            flags=info.flags, min_pin_length=info.min_pin_length, max_pin_length=info.max_pin_length
        )

    def set_pin_on_reader(self, session: int) -> int:
        """C_SetPIN with old and new PIN typed on the reader; the CKR_* code."""
        prototype = ctypes.CFUNCTYPE(
            ctypes.c_ulong,
            ctypes.c_ulong,
            ctypes.c_char_p,
            ctypes.c_ulong,
            ctypes.c_char_p,
            ctypes.c_ulong,
        )
        return int(prototype(self._functions[_SET_PIN])(session, None, 0, None, 0))

    def init_pin_on_reader(self, session: int) -> int:
        """C_InitPIN with the new PIN typed on the reader; the CKR_* code."""
        prototype = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong)
        return int(prototype(self._functions[_INIT_PIN])(session, None, 0))
