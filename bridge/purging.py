"""`cardbridge purge`: take away what cardbridge keeps for people. Windows only: elsewhere packages do it.

An uninstallation with ``PURGE=1`` does it for everybody, as SYSTEM, in folders that belong to others. So each
folder is held open, in a way that lets nobody rename or replace it, while it is looked at and emptied
(CreateFileW, dwShareMode); a link or junction is removed itself and never followed.
"""

from __future__ import annotations

import argparse
import sys

from bridge.starting import FAILED, fail, say


def add_options(parser: argparse.ArgumentParser) -> None:
    """What follows `cardbridge purge`."""
    parser.add_argument(
        "--all-users",
        action="store_true",
        help="全員のもの（アンインストール用） / everybody's (uninstaller)",
    )
    parser.set_defaults(verb=purge)


def purge(options: argparse.Namespace) -> int:
    """The verb."""
    if sys.platform == "win32":
        problems = _purge(everybodys=options.all_users)
        for problem in problems:
            fail(problem)
        return FAILED if problems else say("消しました。 / Removed.")
    return fail("Windowsだけで使えます。 / On Windows only.")


if sys.platform == "win32":
    import ctypes
    import os
    import stat
    import winreg
    from collections.abc import Iterator
    from contextlib import ExitStack, contextmanager, suppress
    from ctypes import wintypes
    from pathlib import Path

    _BELOW_PROFILE = ("AppData", "Local")
    _NAME = "cardbridge"
    _PROFILES = r"Software\Microsoft\Windows NT\CurrentVersion\ProfileList"
    _VALUES = (
        (r"Software\Cardbridge", "NoAutostart"),
        (r"Software\Microsoft\Windows\CurrentVersion\Run", _NAME),
    )
    _LIST, _SHARE_READ, _SHARE_WRITE, _EXISTING = 0x0001, 0x0001, 0x0002, 3
    _FOLDER_ITSELF = 0x02000000 | 0x00200000  # FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.CreateFileW.restype = wintypes.HANDLE
    _kernel32.CreateFileW.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD,
        wintypes.HANDLE,
    ]  # fmt: skip
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _INVALID = wintypes.HANDLE(-1).value

    def _purge(*, everybodys: bool) -> list[str]:
        """What could not be removed, and why."""
        problems = []
        for profile in _profiles() if everybodys else [Path.home()]:
            try:
                _purge_profile(profile)
            except OSError as error:
                problems.append(f"{error.filename or profile}: {error.strerror}")
        _forget_values(everybodys=everybodys)
        return problems

    def _purge_profile(profile: Path) -> None:
        with ExitStack() as held:
            folder = profile
            for name in _BELOW_PROFILE:
                if not held.enter_context(_held(folder, _SHARE_READ | _SHARE_WRITE)):
                    return
                folder /= name
            if held.enter_context(_held(folder, _SHARE_READ | _SHARE_WRITE)):
                _remove(folder / _NAME)

    def _remove(folder: Path) -> None:
        with _held(folder, _SHARE_READ) as is_folder:
            for entry in os.scandir(folder) if is_folder else ():
                if entry.is_dir(follow_symlinks=False):
                    _remove(Path(entry.path))
                else:
                    os.unlink(entry.path)
        with suppress(FileNotFoundError):
            os.rmdir(folder)  # a junction goes itself, and nothing behind it

    @contextmanager
    def _held(folder: Path, share: int) -> Iterator[bool]:
        """Whether it is a folder and no link; while this lasts, it cannot become one."""
        handle = _kernel32.CreateFileW(str(folder), _LIST, share, None, _EXISTING, _FOLDER_ITSELF, None)
        if handle == _INVALID:
            error = ctypes.WinError(ctypes.get_last_error())
            if isinstance(error, FileNotFoundError):
                yield False
                return
            raise error
        try:
            attributes = os.lstat(folder).st_file_attributes
            yield bool(attributes & stat.FILE_ATTRIBUTE_DIRECTORY) and not (
                attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT
            )
        finally:
            _kernel32.CloseHandle(handle)

    def _profiles() -> list[Path]:
        found = []
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PROFILES) as key:
            for index in range(winreg.QueryInfoKey(key)[0]):
                with suppress(OSError), winreg.OpenKey(key, winreg.EnumKey(key, index)) as profile:
                    path = winreg.QueryValueEx(profile, "ProfileImagePath")[0]
                    found.append(Path(os.path.expandvars(path)))
        return found

    def _forget_values(*, everybodys: bool) -> None:
        """Of those whose registry is loaded: the others' value means nothing without the program."""
        users = [""]
        if everybodys:
            with winreg.OpenKey(winreg.HKEY_USERS, "") as key:
                users = [f"{winreg.EnumKey(key, index)}\\" for index in range(winreg.QueryInfoKey(key)[0])]
        hive = winreg.HKEY_USERS if everybodys else winreg.HKEY_CURRENT_USER
        for user in users:
            for path, name in _VALUES:
                with (
                    suppress(OSError),
                    winreg.OpenKey(hive, f"{user}{path}", access=winreg.KEY_SET_VALUE) as key,
                ):
                    winreg.DeleteValue(key, name)
            with suppress(OSError):
                winreg.DeleteKey(hive, f"{user}{_VALUES[0][0]}")
