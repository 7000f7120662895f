"""Windows: what other programs of the same user may ask of a running daemon, by named events.

The daemon makes an event for each wish, named after its own process; it is there exactly as long as the
daemon, so that nothing stale is ever believed. The access rights are the default ones, its own user and
SYSTEM, which is who an installer may run as; ``Global`` reaches every session (Kernel object namespaces).
"""

from __future__ import annotations

import sys
from typing import Literal, get_args

Wish = Literal["settings", "stop"]
WISHES: tuple[Wish, ...] = get_args(Wish)


def event_name(pid: int, wish: Wish) -> str:
    return f"Global\\cardbridge-{pid}-{wish}"


if sys.platform == "win32":
    import ctypes
    import os
    import threading
    from collections.abc import Callable
    from ctypes import wintypes

    _ALREADY_EXISTS = 183
    _INFINITE = 0xFFFFFFFF
    _WAIT_FAILED = 0xFFFFFFFF
    _SYNCHRONIZE, _MODIFY_STATE = 0x00100000, 0x0002
    _ANY_PROCESS = 0xFFFFFFFF

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _user32 = ctypes.WinDLL("user32", use_last_error=True)
    _kernel32.CreateEventW.restype = wintypes.HANDLE
    _kernel32.CreateEventW.argtypes = [
        ctypes.c_void_p,
        wintypes.BOOL,
        wintypes.BOOL,
        wintypes.LPCWSTR,
    ]
    _kernel32.OpenEventW.restype = wintypes.HANDLE
    _kernel32.OpenEventW.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.LPCWSTR]
    _kernel32.SetEvent.argtypes = [wintypes.HANDLE]
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel32.WaitForMultipleObjects.restype = wintypes.DWORD
    _kernel32.WaitForMultipleObjects.argtypes = [
        wintypes.DWORD,
        ctypes.POINTER(wintypes.HANDLE),
        wintypes.BOOL,
        wintypes.DWORD,
    ]
    _user32.AllowSetForegroundWindow.argtypes = [wintypes.DWORD]

    class Wishes:
        """Listens for all of them, in a thread that sleeps; `on_wish` is called in it.

        Raises:
            OSError: an event of such a name is there already: somebody else's, who would hear what is asked.
        """

        def __init__(self, on_wish: Callable[[Wish], None]) -> None:
            self._on_wish = on_wish
            self._handles: list[int] = []
            try:
                for wish in WISHES:
                    self._handles.append(_created(event_name(os.getpid(), wish)))
                self._handles.append(_created(None))
            except OSError:
                self._release()
                raise
            self._thread = threading.Thread(target=self._listen, name="wishes", daemon=True)
            self._thread.start()

        def close(self) -> None:
            _kernel32.SetEvent(self._handles[-1])
            self._thread.join()
            self._release()

        def _listen(self) -> None:
            handles = (wintypes.HANDLE * len(self._handles))(*self._handles)
            while True:
                which = _kernel32.WaitForMultipleObjects(len(handles), handles, False, _INFINITE)
                if which == _WAIT_FAILED or which >= len(WISHES):
                    return
                self._on_wish(WISHES[which])

        def _release(self) -> None:
            for handle in self._handles:
                _kernel32.CloseHandle(handle)

    def _created(name: str | None) -> int:
        handle = _kernel32.CreateEventW(None, False, False, name)
        error = ctypes.get_last_error()
        if not handle:
            raise ctypes.WinError(error)
        if name is not None and error == _ALREADY_EXISTS:
            _kernel32.CloseHandle(handle)
            raise FileExistsError(f"the event {name} is another program's")
        return int(handle)

    def ask(pid: int, wish: Wish) -> bool:
        """Whether the daemon that is the process `pid` could be asked."""
        handle = _kernel32.OpenEventW(_MODIFY_STATE, False, event_name(pid, wish))
        if not handle:
            return False
        _user32.AllowSetForegroundWindow(_ANY_PROCESS)  # the window that it opens may come to the front
        is_set = bool(_kernel32.SetEvent(handle))
        _kernel32.CloseHandle(handle)
        return is_set

    def listens(pid: int) -> bool:
        """Whether the process `pid` is a daemon that can be asked."""
        handle = _kernel32.OpenEventW(_SYNCHRONIZE, False, event_name(pid, "stop"))
        if handle:
            _kernel32.CloseHandle(handle)
        return bool(handle)
