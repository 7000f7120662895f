"""config.toml: read strictly, edited without losing the person's comments."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import msgspec

from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.settings import DriverSettings, Settings, SiteSettings
from bridge.paths import write_private
from bridge.tomllines import line_of

_PATH = re.compile(r" - at `\$?(?P<path>[^`]*)`$")
_FIELD = re.compile(r"(?:unknown|required) field `(?P<name>.+)`$", re.DOTALL)
_OURS = re.compile(r"`(?P<name>[^`]+)`")
_SYNTAX_LINE = re.compile(r"\(at line (?P<line>\d+), column \d+\)")


class ConfigurationError(Exception):
    """The configuration cannot be used.

    Args:
        line: from 1, or None for the file as a whole.
        key: the full name, e.g. ``site[0].pin``; empty where it is about syntax.
    """

    def __init__(self, file: Path, line: int | None, key: str, problem: str) -> None:
        self.file, self.line, self.key, self.problem = file, line, key, problem
        place = f"{file}:{line}" if line else str(file)
        named = f"「{key}」" if key else ""
        super().__init__(
            f"設定ファイルに誤りがあります: {place} {named}\n{place}: {key + ': ' if key else ''}{problem}"
        )


def load(path: Path) -> Settings:
    """The settings in `path`; the defaults where there is no such file.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong value, or a file that others can write.
    """
    try:
        _check_owner(path)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(path, None, "", f"cannot be read: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands in `path`.

    Raises:
        ConfigurationError
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found["line"]) if found else text.rstrip("\n").count("\n") + 1
        raise ConfigurationError(path, line, "", f"not TOML: {error}") from None
    try:
        settings = msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        raise _located(str(error), text, path) from None
    for index, driver in enumerate(settings.driver):
        if not is_absolute(driver.path):
            key = f"driver[{index}].path"
            raise ConfigurationError(path, line_of(text, key), key, "must be an absolute path")
    return settings


def is_absolute(path: str) -> bool:
    return (PureWindowsPath if os.name == "nt" else PurePosixPath)(path).is_absolute()


def _located(problem: str, text: str, path: Path) -> ConfigurationError:
    where, said = _PATH.search(problem), _PATH.sub("", problem)
    field = _FIELD.search(said) or _OURS.match(said)
    parts = ((where["path"] if where else "").lstrip("."), field["name"] if field else "")
    key = ".".join(part for part in parts if part)
    return ConfigurationError(path, line_of(text, key) if key else None, key, said)


def _check_owner(path: Path) -> None:
    status = path.stat()
    if hasattr(os, "getuid"):
        writable = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if status.st_uid not in (os.getuid(), 0) or writable:
            raise PermissionError("other users can write it, or it belongs to another user")


def add_site(path: Path, site: SiteSettings) -> None:
    """Allow a site. An origin that is there already gets the new rules; of the old ones none stays.

    Raises:
        ConfigurationError, OSError
    """
    entry = {"origin": str(site.parsed_origin), **_non_defaults(site, "origin")}
    _put(path, "site", entry, lambda other: _same_origin(other.get("origin"), site.origin))


def remove_site(path: Path, origin: str) -> bool:
    """Take a site off the list; whether it was there."""
    return _drop(path, "site", lambda entry: _same_origin(entry.get("origin"), origin))


def add_driver(path: Path, driver: DriverSettings) -> None:
    """Add a module, or change the path of the one with this name.

    Raises:
        ConfigurationError, OSError
    """
    entry = {"name": driver.name, "path": driver.path}
    _put(path, "driver", entry, lambda other: bool(other.get("name") == driver.name))


def remove_driver(path: Path, name: str) -> bool:
    """Take a module out; whether it was there."""
    return _drop(path, "driver", lambda entry: bool(entry.get("name") == name))


def _non_defaults(site: SiteSettings, *left_out: str) -> dict[str, Any]:
    defaults = msgspec.to_builtins(SiteSettings(origin=site.origin))
    values: dict[str, Any] = msgspec.to_builtins(site)
    return {k: v for k, v in values.items() if k not in left_out and v != defaults[k]}


def _same_origin(one: Any, other: str) -> bool:
    try:
        return Origin.parse(str(one)) == Origin.parse(other)
    except InvalidOrigin:
        return False


def _put(path: Path, table: str, entry: dict[str, Any], is_same: Any) -> None:
    import tomlkit

    document = _document(path)
    entries = document.setdefault(table, tomlkit.aot())
    existing = next((each for each in entries if is_same(each)), None)
    if existing is None:
        inline = tomlkit.inline_table()
        inline.update(entry)
        entries.append(inline if isinstance(entries, tomlkit.items.Array) else tomlkit.item(entry))
    else:
        for key in [key for key in existing if key not in entry]:
            del existing[key]
        existing.update(entry)
    _save(path, tomlkit.dumps(document))


def _drop(path: Path, table: str, is_wanted: Any) -> bool:
    import tomlkit

    document = _document(path)
    entries = document.get(table, [])
    index = next((i for i, each in enumerate(entries) if is_wanted(each)), None)
    if index is None:
        return False
    del entries[index]
    if not entries:
        del document[table]
    _save(path, tomlkit.dumps(document))
    return True


def _document(path: Path) -> Any:
    import tomlkit

    load(path)
    return tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")


def _save(path: Path, text: str) -> None:
    parse(text, path)
    write_private(path, text.encode())
