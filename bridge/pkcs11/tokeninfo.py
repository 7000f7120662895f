"""C_GetTokenInfo through the module's function list: python-pkcs11 has no PIN lengths and no fresh flags."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

_WINDOWS = sys.platform == "win32"
_TOKEN_INFO_INDEX = 6  # PKCS#11 v2.40, section 5.3: the seventh pointer of CK_FUNCTION_LIST


class _Structure(ctypes.Structure):
    _pack_ = 1 if _WINDOWS else 0


class _FunctionList(_Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * (_TOKEN_INFO_INDEX + 1))]


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


class TokenInfoReader:
    """Asks an already initialized module, whose path is `path`."""

    def __init__(self, path: str) -> None:
        module = ctypes.CDLL(path)
        pointer = ctypes.POINTER(_FunctionList)()
        code = module.C_GetFunctionList(ctypes.byref(pointer))
        if code != 0:
            raise OSError(f"C_GetFunctionList: {code:#x}")
        prototype = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_TokenInfo))
        self._get_token_info = prototype(pointer.contents.functions[_TOKEN_INFO_INDEX])

    def read(self, slot: int) -> TokenInfo | None:
        """The token's answer, or None where it gives none."""
        info = _TokenInfo()
        if self._get_token_info(slot, ctypes.byref(info)) != 0:
            return None
        return TokenInfo(
            flags=info.flags, min_pin_length=info.min_pin_length, max_pin_length=info.max_pin_length
        )
