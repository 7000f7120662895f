"""Desktop entries: how a Linux desktop is told of a program (Desktop Entry Specification 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_GROUP = "[Desktop Entry]"
_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`=")
_ESCAPED_IN_QUOTES = '"`$\\'
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PLACEHOLDER = "%u"


def written(entries: Mapping[str, str]) -> str:
    """The file's text; values are strings as a program means them, `Exec` comes from `command_line`."""
    lines = (f"{key}={_escaped(value)}" for key, value in entries.items())
    return "\n".join([_GROUP, "Type=Application", "Version=1.4", *lines]) + "\n"


def written_value(value: str) -> str:
    """A value as it stands in the file, and as `read` gives it."""
    return _escaped(value)


def read(text: str) -> dict[str, str]:
    """The keys of the first group, values as they are written; what is not understood is left out."""
    found: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        if line.startswith("["):
            group = line.strip()
        elif group == _GROUP and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def command_line(command: Sequence[str], *, takes_url: bool = False) -> str:
    """The value of `Exec` that starts `command`, with the address after it where it `takes_url`."""
    quoted = [_quoted(argument) for argument in command]
    return " ".join([*quoted, _PLACEHOLDER] if takes_url else quoted)


def _quoted(argument: str) -> str:
    doubled = argument.replace("%", "%%")
    if argument and not _RESERVED & set(argument):
        return doubled
    inside = "".join("\\" + each if each in _ESCAPED_IN_QUOTES else each for each in doubled)
    return f'"{inside}"'


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(each, each) for each in value)
