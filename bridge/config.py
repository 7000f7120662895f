"""config.toml, the user's and the machine's: read strictly. `bridge.edits` changes the user's."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Set
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import msgspec

from bridge import ownership
from bridge.core.layers import Layered, merged
from bridge.core.settings import MachineSettings, Settings
from bridge.managed.source import Source, here
from bridge.tomllines import line_of

MAX_BYTES = 1024 * 1024
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


def read(user: Path, machine: Path | None) -> Layered:
    """The settings of both files; either may be missing.

    Args:
        user: the user's file.
        machine: the administrator's, which stands below it; None where this system has another place for what
            it would hold (`bridge.managed`).

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong value, a file that others can write.
    """
    return merged(administrators(machine), _checked(_text_of_user(user), user, Settings))


def administrators(machine: Path | None) -> dict[str, Any]:
    """The tables that the administrator has set, with the key `locked`; see `read`.

    Raises:
        ConfigurationError
    """
    if machine is not None:
        return _checked(_text_of_machine(machine), machine, MachineSettings)
    source = here()
    return {} if source is None else _managed(source)


def _managed(source: Source) -> dict[str, Any]:
    place = Path(source.name)
    try:
        tables = source.tables()
    except (OSError, ValueError) as error:
        raise ConfigurationError(place, None, "", str(error)) from None
    _fitting(tables, MachineSettings, "", place)
    return tables


def load(path: Path) -> Settings:
    """The settings in the user's file alone; the defaults where there is no such file.

    Raises:
        ConfigurationError
    """
    return merged({}, _checked(_text_of_user(path), path, Settings)).settings


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands in the user's file `path`.

    Raises:
        ConfigurationError
    """
    return merged({}, _checked(text, path, Settings)).settings


def read_machine_tables(path: Path, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Another file of the administrator's, which nobody but root may write; empty where there is none.

    Raises:
        ConfigurationError: also where it does not fit `kind`.
    """
    return _checked(_text_of_machine(path), path, kind)


def _checked(text: str, path: Path, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The tables in `text`, which fit `kind`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found["line"]) if found else text.rstrip("\n").count("\n") + 1
        raise ConfigurationError(path, line, "", f"not TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(path, None, "", "not TOML: nested too deeply") from None
    except ValueError as error:  # a number with thousands of digits
        raise ConfigurationError(path, None, "", f"not TOML: {error}") from None
    _fitting(tables, kind, text, path)
    return tables


def _fitting(tables: dict[str, Any], kind: type[msgspec.Struct], text: str, path: Path) -> None:
    """Raises: ConfigurationError, with the line in `text` where there is one."""
    try:
        settings = msgspec.convert(tables, kind)
    except msgspec.ValidationError as error:
        raise _located(str(error), text, path) from None
    for index, driver in enumerate(settings.driver if isinstance(settings, Settings) else ()):
        if not is_absolute(driver.path):
            key = f"driver[{index}].path"
            raise ConfigurationError(path, line_of(text, key), key, "must be an absolute path")


def is_absolute(path: str) -> bool:
    return (PureWindowsPath if os.name == "nt" else PurePosixPath)(path).is_absolute()


def _located(problem: str, text: str, path: Path) -> ConfigurationError:
    where, said = _PATH.search(problem), _PATH.sub("", problem)
    field = _FIELD.search(said) or _OURS.match(said)
    parts = ((where["path"] if where else "").lstrip("."), field["name"] if field else "")
    key = ".".join(part for part in parts if part)
    return ConfigurationError(path, line_of(text, key) if key else None, key, said)


def _text_of_user(path: Path) -> str:
    return _text(path, ownership.own_users())


def _text_of_machine(path: Path) -> str:
    """Nobody but root may write the file or put another in its place."""
    return _text(path, {0})


def _text(path: Path, owners: Set[int]) -> str:
    try:
        if path.exists():
            ownership.check_path(path, owners, allows_groups=owners != {0})
        with path.open("rb") as file:
            if owners:
                ownership.check(path, os.fstat(file.fileno()), owners)
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigurationError(path, None, "", f"larger than {MAX_BYTES} bytes")
        return content.decode("utf-8")
    except FileNotFoundError:
        return ""
    except ownership.Changeable as error:
        problem = f"ほかの利用者が書き換えられます / other users can write it: {error.path}: {error.strerror}"
        raise ConfigurationError(path, None, "", problem) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(path, None, "", f"cannot be read: {error}") from None
