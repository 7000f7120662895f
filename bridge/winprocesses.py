"""Windows: the programs that run, as far as this user may know them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _QUERY_LIMITED = 0x1000
    _LONGEST_PATH = 32768

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.OpenProcess.restype = wintypes.HANDLE
    _kernel32.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel32.QueryFullProcessImageNameW.argtypes = [
        wintypes.HANDLE,
        wintypes.DWORD,
        wintypes.LPWSTR,
        ctypes.POINTER(wintypes.DWORD),
    ]

    def program(pid: int) -> str:
        """Its path; nothing where it has ended, or may not be looked at."""
        handle = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)
        if not handle:
            return ""
        try:
            path, length = ctypes.create_unicode_buffer(_LONGEST_PATH), wintypes.DWORD(_LONGEST_PATH)
            found = _kernel32.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(length))
            return path.value if found else ""
        finally:
            _kernel32.CloseHandle(handle)

    def processes() -> Iterator[tuple[int, str]]:
        """Numbers and programs' paths."""
        import psutil

        for pid in psutil.pids():
            if path := program(pid):
                yield pid, path

else:

    def program(pid: int) -> str:
        """Nothing is told here."""
        return ""

    def processes() -> Iterator[tuple[int, str]]:
        """None are known here."""
        return iter(())
