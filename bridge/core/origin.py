"""Web origins as RFC 6454 tuples."""

from __future__ import annotations

import ipaddress
import re

from bridge.core.record import Record

_DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.ASCII)
_SERIALIZED = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^/?#@:\[\]\s]+)(:(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_LOOPBACK_NAMES = ("localhost",)


class InvalidOrigin(ValueError):
    """The text is not the serialization of a tuple origin (RFC 6454, section 6.2)."""


class Origin(Record):
    """Scheme, host and port (RFC 6454, section 4). Compare with `==`, never as text."""

    scheme: str
    host: str
    port: int

    def __eq__(self, other: object) -> bool:
        if type(other) is not Origin:
            return NotImplemented
        return self.host == other.host and self.port == other.port and self.scheme == other.scheme

    def __hash__(self) -> int:
        return hash((self.scheme, self.host, self.port))

    @classmethod
    def parse(cls, text: str) -> Origin:
        """The origin that `text` serializes, e.g. ``https://ebid.example.jp``.

        Hosts are compared in their ASCII form: an international name must come as punycode,
        which is how browsers send it.

        Raises:
            InvalidOrigin: a path, user information, white space, another scheme, ``null``, …
        """
        match = _SERIALIZED.fullmatch(text)
        if match is None or not text.isascii():  # U+212A would become "k" below
            raise InvalidOrigin(f"not a web origin: {text!r}")
        scheme, host = match["scheme"].lower(), _host(match["host"].lower(), text)
        port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
        if not 1 <= port <= 65535:
            raise InvalidOrigin(f"not a port: {text!r}")
        return cls(scheme=scheme, host=host, port=port)

    @property
    def is_loopback(self) -> bool:
        if self.host in _LOOPBACK_NAMES:
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def is_permissible(self) -> bool:
        """Whether it may stand on the list of allowed sites: https, or http on loopback."""
        return self.scheme == "https" or self.is_loopback

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


THE_USER = Origin(scheme="cardbridge", host="user", port=0)
"""Where the user asks at this computer, in place of a page. No text parses to it, no list can allow it."""


def _host(host: str, text: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise InvalidOrigin(f"not an IPv6 address: {text!r}") from None
    if not _HOST.fullmatch(host):
        raise InvalidOrigin(f"not a host name in ASCII form: {text!r}")
    return host
