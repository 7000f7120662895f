"""Where the diagnosis looks, and what one check has seen that a later one needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bridge import config, instance, paths
from bridge.config import ConfigurationError
from bridge.core.errors import BridgeError
from bridge.core.finding import Finding
from bridge.core.layers import Layered
from bridge.core.reader_table import PcscReaders
from bridge.core.settings import Settings
from bridge.pkcs11.wire import Inspected

_LONGEST_RUNTIME = 65536


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """runtime.json, as the daemon writes it."""

    pid: int
    url: str
    version: str


@dataclass(slots=True, kw_only=True)
class Seen:
    """Filled by the checks, in their order."""

    readers: PcscReaders | None = None
    inspected: dict[str, Inspected | BridgeError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One run of the diagnosis.

    Args:
        user, machine: the configuration files.
        root: where the system's folders are; another one for tests.
        now: gives the time by this computer's clock.
    """

    user: Path
    machine: Path | None
    root: Path = Path("/")
    seen: Seen = field(default_factory=Seen)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def layers(self) -> Layered:
        """Raises: ConfigurationError."""
        return config.read(self.user, self.machine)

    def settings(self) -> Settings:
        """What counts; the defaults where the configuration cannot be used: another check tells of that."""
        try:
            return self.layers().settings
        except ConfigurationError:
            return Settings()

    def daemon(self) -> int | None:
        """The process number of this user's daemon; a lock that cannot be looked at is held by none."""
        try:
            return instance.running(paths.lock_file())
        except OSError:
            return None

    def runtime(self) -> Runtime | None:
        """What runtime.json says, whether or not it is true; None where there is none that can be read."""
        try:
            return msgspec.json.decode(
                paths.read_private(paths.runtime_file(), _LONGEST_RUNTIME), type=Runtime
            )
        except (OSError, ValueError, RecursionError):
            return None


def own_uid() -> int | None:
    """None on Windows."""
    return os.getuid() if hasattr(os, "getuid") else None


Check = Callable[[Place], Iterable[Finding]]
"""Looks at one thing. It may take its time and may raise: `bridge.doctor.running` bears both."""
