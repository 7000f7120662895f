"""The head of one HTTP/1.1 request (RFC 9112), read strictly: nothing else is ever served."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_HEADERS = 64
MAX_FIELD_BYTES = 32768
MAX_LINE_BYTES = 1024

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+)(?: HTTP/([0-9])\.([0-9]))?")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*)")


class BadHead(ValueError):
    """The bytes are no request of HTTP/1.1."""


class Headers:
    """Header fields by name, whatever its case (RFC 9110, section 5.1)."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}

    def add(self, name: str, value: str) -> None:
        self._values.setdefault(name.lower(), []).append(value)

    def getall(self, name: str) -> list[str]:
        """The values of every field of this name, in order."""
        return self._values.get(name.lower(), [])

    def get(self, name: str, default: str) -> str:
        """The first one's value."""
        return next(iter(self.getall(name)), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`version` is (0, 9) where the request line names none."""

    method: str
    target: str
    version: tuple[int, int]
    headers: Headers


def read_head(octets: bytes) -> Head:
    """The head that `octets` are, without the empty line behind it.

    Raises:
        BadHead: also for what RFC 9112 has others mend, such as folded lines (section 5.2); a request of
            HTTP/1.1 without one Host (section 3.2); a body whose length is said twice (section 6.3).
    """
    line, *fields = octets.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None or len(line) > MAX_LINE_BYTES or len(fields) > MAX_HEADERS:
        raise BadHead
    method, target, *digits = found.groups()
    major, minor = (int(digit) for digit in digits) if digits[0] is not None else (0, 9)
    headers = Headers()
    for field in fields:
        found = _FIELD.fullmatch(field)
        if found is None or len(field) > MAX_FIELD_BYTES:
            raise BadHead
        headers.add(found[1].decode("ascii"), found[2].rstrip(b" \t").decode("utf-8", "surrogateescape"))
    head = Head(method=method.decode(), target=target.decode(), version=(major, minor), headers=headers)
    if not _is_whole(head):
        raise BadHead
    return head


def _is_whole(head: Head) -> bool:
    lengths = head.headers.getall("Content-Length")
    if len(lengths) > 1 or lengths and "Transfer-Encoding" in head.headers:
        return False
    if head.method == "PRI":  # the preface of HTTP/2 (RFC 9113, section 3.4)
        return False
    return head.version != (1, 1) or len(head.headers.getall("Host")) == 1
