"""What a browser does when a site's page opens a connection to this computer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.core.origin import InvalidOrigin, Origin

Access = Literal["allowed", "asks", "unset", "blocked"]
"""allowed: by policy, without a question. asks: the person is asked once a site. unset: no policy, and the
versions that are known do not ask. blocked: the policy forbids it."""

_ANY_SUBDOMAIN = "[*.]"


class UnreadablePolicy(Exception):
    """A policy file is there and cannot be understood; the browser ignores it.

    Args:
        path: of the file.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        super().__init__(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One browser: what it does with each site, where its policy lies or would lie."""

    browser: str
    access: Mapping[Origin, Access]
    policy: str


class Browser(Protocol):
    """One browser, as it is or is not installed on this computer."""

    @property
    def name(self) -> str: ...

    def is_installed(self) -> bool: ...

    def check(self, sites: Iterable[Origin]) -> Report:
        """Raises: UnreadablePolicy, OSError."""


def matches(pattern: str, origin: Origin) -> bool:
    """Whether a URL pattern of the Chromium family covers `origin`.

    The forms that stand in practice: ``*``, ``https://host``, ``https://host:port``, ``host``, with ``[*.]``
    before the host (which also covers the host itself), and a path that is not looked at. Without a port all
    ports are covered (measured with Chromium 156).
    """
    if pattern == "*":
        return True
    scheme, separator, rest = pattern.rpartition("://")
    if separator and scheme not in ("*", origin.scheme):
        return False
    host = rest.partition("/")[0]
    wide = host.startswith(_ANY_SUBDOMAIN)
    host = host.removeprefix(_ANY_SUBDOMAIN)
    is_any_port = re.search(r":\d+$", host) is None
    try:
        wanted = Origin.parse(f"{origin.scheme}://{host.removesuffix(':*')}")
    except InvalidOrigin:
        return False
    is_host = origin.host == wanted.host or wide and origin.host.endswith(f".{wanted.host}")
    return is_host and (is_any_port or origin.port == wanted.port)
