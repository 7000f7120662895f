"""What is taken out of texts before they leave the computer in a support file. Pure.

Paths keep their shape, so that a help desk still sees where a file lies; who the person is goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HOMES = re.compile(
    r"(?P<before>/home/|/Users/)[^/\s\"':;,]+|(?P<windows>[A-Za-z]:\\+Users\\+)[^\\/\"':;,\r\n]+",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{2}:){7,}[0-9a-f]{2}|(?<![0-9A-Za-z])[0-9a-f]{16,}", re.I)
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])[0-9０-９]{8,}(?![0-9A-Za-z])")
_TOKEN = re.compile(r"(?<![0-9A-Za-z+/_=-])(?=[+/_=-]*[0-9A-Za-z])[0-9A-Za-z+_=-]{24,}")
_LEAST_NAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Takes out what names the person, and what looks like a number or a secret.

    Args:
        homes: the person's folders, which become ``~``.
        names: login name, full name, the computer's name; each becomes ``[name]``.
    """

    homes: tuple[str, ...]
    names: tuple[str, ...]

    def __call__(self, text: str) -> str:
        for home in sorted(filter(None, self.homes), key=len, reverse=True):
            if home not in ("/", "\\"):
                text = re.sub(re.escape(home) + r"(?![\w.-])", "~", text)
        text = _HOMES.sub(lambda found: f"{found['before'] or found['windows']}[name]", text)
        text = _MAIL.sub("[mail]", text)
        for name in _longest_first(self.names):
            text = re.sub(_word(name), "[name]", text, flags=re.IGNORECASE)
        text = _HEX.sub("[hex]", text)
        text = _NUMBER.sub("[number]", text)
        return _TOKEN.sub(_token, text)


def _word(name: str) -> str:
    """A name in Latin letters is a word of its own; a Japanese one may have anything behind it."""
    return rf"(?<!\w){re.escape(name)}(?!\w)" if name.isascii() else re.escape(name)


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if len(name) >= _LEAST_NAME}, key=len, reverse=True)


def _token(found: re.Match[str]) -> str:
    """Words with hyphens stay; what has digits and both kinds of letters is a key or a token."""
    text = found[0]
    is_mixed = any(map(str.isdigit, text)) and any(map(str.isupper, text)) and any(map(str.islower, text))
    return "[token]" if is_mixed else text
