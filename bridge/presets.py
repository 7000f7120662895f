"""What an installer was told beforehand, written as the administrator's settings of this computer (Linux).

Each file is written as long as it is as it was written here before: what an administrator has changed or
taken away since stays so. `cardbridge policy preset` is the command, for packages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from bridge import autostart, desktopentry
from bridge.browsers.ours import FOLDER
from bridge.browsers.rootfiles import Refused, RootFiles
from bridge.core.settings import MachineSettings
from bridge.managed.definition import ENTRIES
from bridge.pkcs11.known import found_here

CONFIGURATION = "etc/cardbridge/config.toml"
AUTOSTART = "etc/xdg/autostart/cardbridge.desktop"
MEMORY = f"{FOLDER}/presets.json"
_PROGRAM = "/usr/bin/cardbridge"
_HEAD = """\
# パッケージの設定から作られました。書き換えてかまいません。書き換えたものは、更新でも上書きしません。
# Made from the package's answers. Edit it as you like: once edited, no upgrade overwrites it.
# サイトを変えたら / after changing sites: sudo cardbridge policy apply
"""

State = Literal["written", "unchanged", "kept", "removed"]
"""kept: an administrator has changed it or taken it away, so nothing was done."""


def tables(sites: str, drivers: str, language: str) -> dict[str, Any]:
    """The tables of config.toml, as they fit `MachineSettings`.

    Args:
        sites: ``https://ebid.example.jp=Name; https://other.example.jp``; names may be left out.
        drivers: ``OpenSC; Name=/absolute/path``; known modules that are found here need no path.
        language: `ja`, `en`, or empty.

    Raises:
        ValueError: in Japanese and English.
    """
    made: dict[str, Any] = {"ui": {"language": language}} if language else {}
    for table, text in (("site", sites), ("driver", drivers)):
        key, value = ENTRIES[table]
        found = [_entry(table, part) for part in re.split(r"[;\n]", text) if part.strip()]
        if found:
            made[table] = [{key: first, **({value: second} if second else {})} for first, second in found]
    try:
        msgspec.convert(made, MachineSettings)
    except msgspec.ValidationError as error:
        raise ValueError(f"パッケージの設定に誤りがあります / a preset is wrong: {error}") from None
    return made


def _entry(table: str, part: str) -> tuple[str, str]:
    first, _, second = (each.strip() for each in part.partition("="))
    if table == "driver" and not second:
        path = found_here().get(first)
        if path is None:
            raise ValueError(
                f"ドライバが見つかりません。「名前=/絶対パス」と書いてください / not found here: {first}"
            )
        second = path
    if table == "driver" and not second.startswith("/"):
        raise ValueError(f"絶対パスで指定してください / the path must be absolute: {second}")
    return first, second


def write(wanted: Mapping[str, Any], *, has_autostart: bool, root: Path = Path("/")) -> dict[str, State]:
    """Have config.toml and the entry for starting at login, or have them gone where there is nothing in them.

    Raises:
        Refused, OSError
    """
    files = RootFiles(root)
    with files.locked(FOLDER):
        memory = _remembered(files)
        states = {
            CONFIGURATION: _put(files, memory, CONFIGURATION, _configuration(wanted)),
            AUTOSTART: _put(files, memory, AUTOSTART, _autostart() if has_autostart else None),
        }
        files.write(MEMORY, json.dumps(memory, indent=2) + "\n")
    return states


def _configuration(wanted: Mapping[str, Any]) -> str | None:
    if not wanted:
        return None
    import tomlkit

    return _HEAD + tomlkit.dumps(wanted)


def _autostart() -> str:
    return desktopentry.written(autostart.entry([_PROGRAM]))


def _put(files: RootFiles, memory: dict[str, str], name: str, text: str | None) -> State:
    now = files.read(name)
    is_ours = memory.get(name) == ("" if now is None else _hash(now))
    if now is not None and now == text:
        memory[name] = _hash(now)
        return "unchanged"
    if (now is not None or name in memory) and not is_ours:
        return "kept"
    if text is not None:
        files.write(name, text)
        memory[name] = _hash(text)
        return "written"
    memory[name] = ""
    if now is None:
        return "unchanged"
    files.delete(name)
    return "removed"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _remembered(files: RootFiles) -> dict[str, str]:
    """By file, the hash of what was written here; empty where it was taken away here."""
    text = files.read(MEMORY)
    try:
        return {} if text is None else msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise Refused(files.root / MEMORY, str(error)) from None
