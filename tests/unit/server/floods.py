"""Pages and programs that flood: `python -m tests.unit.server.floods NAME PORT`, until standard input ends.

Bounded in time, whatever happens to who started it. Prints a line when it has begun.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.unit.server.wire import (
    FOREIGN_ORIGIN,
    OTHER_ORIGIN,
    PING,
    Ended,
    Wire,
    connected,
    frame,
    opening,
    request,
)

_LONGEST_S = 60.0
_AT_ONCE = 2000
_HALF_OPEN = 200

Flood = Callable[[int], Iterator[None]]
"""Gets the daemon's port; each step of it is a small part of the flood."""


def empty_messages(port: int) -> Iterator[None]:
    yield from _frames(port, frame(""))


def cancels(port: int) -> Iterator[None]:
    body = {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": 1}}
    yield from _frames(port, frame(json.dumps(body)))


def pings(port: int) -> Iterator[None]:
    yield from _frames(port, frame(b"", PING))


def requests(port: int) -> Iterator[None]:
    yield from _frames(port, frame(request("bridge.info")))


def unfinished_fragments(port: int) -> Iterator[None]:
    yield from _frames(port, frame("", is_final=False) + frame("", 0, is_final=False) * _AT_ONCE, times=1)


def refused_handshakes(port: int) -> Iterator[None]:
    """A page that is not allowed connects again and again."""
    while True:
        with suppress(OSError, Ended), Wire(port) as wire:
            wire.upgrade({"Origin": FOREIGN_ORIGIN})
            wire.read_frame()
        yield


def short_connections(port: int) -> Iterator[None]:
    """An allowed page connects again and again."""
    while True:
        with suppress(OSError, Ended, AssertionError), connected(port, OTHER_ORIGIN):
            pass
        yield


def half_open(port: int) -> Iterator[None]:
    """Handshakes of which only the beginning comes; the oldest makes room for the next."""
    held: list[socket.socket] = []
    head = opening(port, {"Origin": FOREIGN_ORIGIN})
    while True:
        with suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            held[-1].sendall(head[:40])
        if len(held) > _HALF_OPEN:
            held.pop(0).close()
        yield


FLOODS: dict[str, Flood] = {
    flood.__name__: flood
    for flood in (
        empty_messages, cancels, pings, requests, unfinished_fragments, refused_handshakes, short_connections,
        half_open,
    )
}  # fmt: skip


def _frames(port: int, frames: bytes, times: int = _AT_ONCE) -> Iterator[None]:
    """The same frames from an allowed page, as fast as the daemon takes them; what it answers is read."""
    data = frames * times
    while True:
        with suppress(OSError, Ended, AssertionError), connected(port, OTHER_ORIGIN) as wire:
            wire.socket.setblocking(False)
            left = memoryview(data)
            while True:
                readable, writable, _ = select.select([wire.socket], [wire.socket], [], 1)
                if readable and not wire.socket.recv(1 << 20):
                    break
                if writable:
                    left = left[wire.socket.send(left) :] or memoryview(data)
                yield
        yield


@contextmanager
def flooded(name: str, port: int) -> Iterator[None]:
    """While the flood goes on."""
    command = [sys.executable, "-m", "tests.unit.server.floods", name, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == b"begun\n"
            yield
            assert process.poll() is None, "the flood has ended by itself"
        finally:
            process.kill()


def main(name: str, port: int) -> None:
    ends_at = time.monotonic() + _LONGEST_S
    parent = os.getppid()
    for number, _ in enumerate(FLOODS[name](port)):
        if number == 50:
            sys.stdout.write("begun\n")
            sys.stdout.flush()
        if time.monotonic() > ends_at or os.getppid() != parent:
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
