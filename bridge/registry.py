"""The part of the Windows registry under HKEY_LOCAL_MACHINE that administrators write, 64-bit view.

The implementation has **never been run** on Windows; what uses the port is tested with one in memory.
"""

from __future__ import annotations

import sys
from typing import Protocol

Value = str | int


class Registry(Protocol):
    """Keys are paths below HKEY_LOCAL_MACHINE, e.g. ``Software\\Policies\\Cardbridge\\ui``."""

    def values(self, key: str) -> dict[str, Value]:
        """REG_SZ and REG_DWORD by name; empty where there is no such key. Raises: OSError."""

    def subkeys(self, key: str) -> list[str]:
        """The names just below; empty where there is no such key. Raises: OSError."""

    def set(self, key: str, name: str, value: str) -> None:
        """A REG_SZ; the key is made where it is missing. Raises: OSError."""

    def delete(self, key: str, name: str) -> None:
        """Nothing happens where there is none. Raises: OSError."""

    def delete_key_if_empty(self, key: str) -> None:
        """A key with a value or a key below it stays. Raises: OSError."""


if sys.platform == "win32":
    import winreg

    _VIEW = winreg.KEY_WOW64_64KEY

    class WindowsRegistry:
        """Never run."""

        def values(self, key: str) -> dict[str, Value]:
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | _VIEW) as opened:
                    count = winreg.QueryInfoKey(opened)[1]
                    found = [winreg.EnumValue(opened, index) for index in range(count)]
            except FileNotFoundError:
                return {}
            kinds = (winreg.REG_SZ, winreg.REG_EXPAND_SZ, winreg.REG_DWORD)
            return {name: value for name, value, kind in found if kind in kinds}

        def subkeys(self, key: str) -> list[str]:
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | _VIEW) as opened:
                    count = winreg.QueryInfoKey(opened)[0]
                    return [winreg.EnumKey(opened, index) for index in range(count)]
            except FileNotFoundError:
                return []

        def set(self, key: str, name: str, value: str) -> None:
            access = winreg.KEY_SET_VALUE | _VIEW
            with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, access) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)

        def delete(self, key: str, name: str) -> None:
            try:
                access = winreg.KEY_SET_VALUE | _VIEW
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, access) as opened:
                    winreg.DeleteValue(opened, name)
            except FileNotFoundError:
                pass

        def delete_key_if_empty(self, key: str) -> None:
            if not self.values(key) and not self.subkeys(key):
                try:
                    winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, key, _VIEW)
                except FileNotFoundError:
                    pass
