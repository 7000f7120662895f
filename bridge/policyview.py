"""What `cardbridge policy show` says: where each value comes from, what each browser does with each site."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from bridge import config
from bridge.browsers.access import UnreadablePolicy
from bridge.browsers.known import known
from bridge.core.layers import Layered
from bridge.core.settings import LISTS, LOCKED, TABLES
from bridge.managed.source import here
from bridge.tomllines import line_of
from bridge.ui.characters import line

_SOURCES = {
    "default": "既定 / default",
    "administrator": "管理者（変更可） / administrator",
    "locked": "管理者（固定） / administrator, locked",
    "user": "利用者 / user",
}
_ACCESS = {
    "allowed": "確認なし / no question",
    "asks": "確認あり / asks once",
    "unset": "設定なし（確認なし） / no policy, no question",
    "blocked": "禁止 / blocked",
}


def report(user: Path, machine: Path | None, root: Path = Path("/")) -> dict[str, Any]:
    """JSON-shaped. `values`: key, value, source, place (``file:line``, or a registry key); `browsers`.

    Raises:
        ConfigurationError
    """
    layers = config.read(user, machine)
    places = _Places(user, machine)
    source = here() if machine is None else None
    return {
        "values": [*_values(layers, places), *_entries(layers, places)],
        "lists_locked": [name for name in LISTS if layers.is_locked(name)],
        "ignored": [f"{user}: {key}" for key in layers.ignored],
        "unknown": [] if source is None else source.unknown(),
        "browsers": list(_browsers(layers, root)),
    }


def as_text(found: dict[str, Any]) -> str:
    """For a terminal."""
    rows = []
    for each in found["values"]:
        value = line(json.dumps(each["value"], ensure_ascii=False))
        rows.append("\t".join((each["key"], value, _SOURCES[each["source"]], line(each["place"]))).rstrip())
    for name in found["lists_locked"]:
        rows.append(f"{name}\t利用者は追加できません / users may not add any")
    for key in found["ignored"]:
        rows.append(f"{line(key)}\t管理者の値が優先されます / the administrator's value stands")
    for name in found["unknown"]:
        rows.append(f"{line(name)}\tこの版にはない設定です / not known to this version")
    rows.append("")
    for browser in found["browsers"]:
        if browser["problem"]:
            rows.append(f"{browser['browser']}\t{line(browser['problem'])}")
        elif not browser["access"]:
            rows.append(f"{browser['browser']}\t許可したサイトがありません / no site is allowed")
        for site, access in browser["access"].items():
            rows.append(f"{browser['browser']}\t{site}\t{_ACCESS[access]}")
    if not found["browsers"]:
        rows.append("対応するブラウザーがありません。 / No known browser is installed.")
    return "\n".join(rows) + "\n"


class _Places:
    """Where in which file a key stands."""

    def __init__(self, user: Path, machine: Path | None) -> None:
        self._user, self._machine = user, machine
        self._texts = {path: _text(path) for path in (user, machine) if path is not None}

    def of(self, key: str, source: str) -> str:
        if source == "default":
            return ""
        path = self._user if source == "user" else self._machine
        if path is None:
            managed = here()
            return "" if managed is None else managed.name
        is_given = source == "user" or _is_given(self._texts[path], key)
        number = line_of(self._texts[path], key if is_given else LOCKED)
        return f"{path}:{number}" if number else str(path)


def _is_given(text: str, key: str) -> bool:
    """Whether an administrator gives the value, or only locks it."""
    table, _, name = key.partition(".")
    return not name or name in tomllib.loads(text).get(table, {})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _values(layers: Layered, places: _Places) -> list[dict[str, Any]]:
    settings = msgspec.to_builtins(layers.settings)
    return [
        {
            "key": key,
            "value": settings[table][name],
            "source": layers.source(key),
            "place": places.of(key, layers.source(key)),
        }
        for table, names in TABLES.items()
        for name in names
        for key in (f"{table}.{name}",)
    ]


def _entries(layers: Layered, places: _Places) -> list[dict[str, Any]]:
    """The administrator's entries come first in the list, and each file numbers its own."""
    found: list[dict[str, Any]] = []
    ignored = set(layers.ignored)
    for name in LISTS:
        theirs = 0
        own = iter(index for index in range(10**6) if f"{name}[{index}]" not in ignored)
        for entry in getattr(layers.settings, name):
            if name == "site":
                source = layers.site_source(entry.parsed_origin)
            else:
                source = layers.driver_source(entry.name)
            if source == "user":
                index = next(own)
            else:
                index, theirs = theirs, theirs + 1
            place = places.of(f"{name}[{index}]", source)
            value = msgspec.to_builtins(entry)
            found.append({"key": name, "value": value, "source": source, "place": place})
    return found


def _browsers(layers: Layered, root: Path) -> list[dict[str, Any]]:
    sites = [site.parsed_origin for site in layers.settings.site if site.origin.startswith("https:")]
    found = []
    for browser in known(root):
        if not browser.is_installed():
            continue
        try:
            report = browser.check(sites)
        except (UnreadablePolicy, OSError) as error:
            place = error.path if isinstance(error, UnreadablePolicy) else os.fsdecode(error.filename or "")
            problem = f"読めません / cannot be read: {place}: {error}"
            found.append({"browser": browser.name, "policy": place, "access": {}, "problem": problem})
            continue
        access = {str(site): state for site, state in report.access.items()}
        found.append({"browser": browser.name, "policy": report.policy, "access": access, "problem": ""})
    return found
