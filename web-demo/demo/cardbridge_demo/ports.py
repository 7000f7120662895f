"""Free TCP ports for what a demonstration or a test starts."""

from __future__ import annotations

import itertools
import random
import socket
from pathlib import Path

_LOWEST, _MOST, _TURNS = 10000, 8, 1200
_turns = itertools.count(random.randrange(_TURNS))  # noqa: S311 - to keep out of each other's way only


def free_port() -> int:
    """A free TCP port of 127.0.0.1."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports, 8 at most, that are free on 127.0.0.1 and ::1.

    They lie below those that the kernel hands out by itself, and are told in turn: until somebody listens
    there, no connection gets one, nor whoever asks next.
    """
    while True:
        first = _LOWEST + next(_turns) % _TURNS * _MOST
        if all(_is_free(host, port) for host in _hosts() for port in range(first, first + count)):
            return first


def keep_to(part: int, parts: int) -> None:
    """From now on give only every `parts`-th block of ports: other processes keep to the other parts."""
    global _turns  # noqa: PLW0603 - the process's own place in the row
    _turns = itertools.count(random.randrange(_TURNS // parts) * parts + part, parts)  # noqa: S311 - as above


def _hosts() -> list[str]:
    return ["127.0.0.1", "::1"] if Path("/proc/net/if_inet6").exists() else ["127.0.0.1"]


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
