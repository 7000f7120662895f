"""Whether this process runs as a person, or as Windows itself.

A service account has no desktop and nobody's card. So the daemon does not start as one, whatever an installer
or a planned task does.
"""

from __future__ import annotations

import sys

SERVICES = frozenset({"S-1-5-18", "S-1-5-19", "S-1-5-20"})
"""LocalSystem, LocalService, NetworkService (Well-known SIDs)."""


def is_service() -> bool:
    """Raises: OSError, this cannot be found out."""
    if sys.platform == "win32":
        return _own_sid() in SERVICES
    return False


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _TOKEN_QUERY, _TOKEN_USER = 0x0008, 1
    _SIZE = 256

    _advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.GetCurrentProcess.restype = wintypes.HANDLE
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel32.LocalFree.argtypes = [ctypes.c_void_p]
    _advapi32.OpenProcessToken.argtypes = [
        wintypes.HANDLE,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.HANDLE),
    ]
    _advapi32.GetTokenInformation.argtypes = [
        wintypes.HANDLE,
        ctypes.c_int,
        ctypes.c_void_p,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    ]
    _advapi32.ConvertSidToStringSidW.argtypes = [ctypes.c_void_p, ctypes.POINTER(wintypes.LPWSTR)]

    def _own_sid() -> str:
        token = wintypes.HANDLE()
        if not _advapi32.OpenProcessToken(_kernel32.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token)):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            user = ctypes.create_string_buffer(_SIZE)  # TOKEN_USER: the first member points to the SID
            size = wintypes.DWORD()
            if not _advapi32.GetTokenInformation(token, _TOKEN_USER, user, _SIZE, ctypes.byref(size)):
                raise ctypes.WinError(ctypes.get_last_error())
            text = wintypes.LPWSTR()
            sid = ctypes.cast(user, ctypes.POINTER(ctypes.c_void_p)).contents
            if not _advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
                raise ctypes.WinError(ctypes.get_last_error())
            try:
                return text.value or ""
            finally:
                _kernel32.LocalFree(text)
        finally:
            _kernel32.CloseHandle(token)
