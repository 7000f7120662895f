"""Messages of a `multiprocessing.connection.Connection`, read in the event loop's own thread.

A thread that blocks in `recv_bytes` has to be woken, and has to wake the loop in turn: of a signature that a
card's module makes in 0.6 ms, that is a fifth. On POSIX the connection is a socket, which the loop can watch.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MAX_BYTES = 1024 * 1024
"""As much is read, and understood, in one turn of the event loop."""

_HEAD = struct.Struct("!i")


class Arrivals:
    """Reads whole messages as they come; never waits outside the loop, whatever the other process sends.

    Nothing is read ahead: between two calls of `next`, `connection.recv_bytes` may be used as well.

    Args:
        connection: an end of a duplex `Pipe()`, which stays the caller's.
    """

    def __init__(self, connection: Connection) -> None:
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._buffer = bytearray()
        self._wanted = _HEAD.size
        self._in_head = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awaited: asyncio.Future[bytes] | None = None
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_watching(self) -> bool:
        """Whether the loop looks at the connection."""
        return self._loop is not None

    @property
    def is_between(self) -> bool:
        """Whether somebody waits for the next message and nothing of it has been read."""
        is_awaited = self._awaited is not None and not self._awaited.done()
        return is_awaited and self._in_head and not self._buffer

    def send(self, message: bytes) -> None:
        """As `connection.send_bytes`, for what is short. Does not wait for room either.

        Raises:
            OSError: the other end is closed, or reads nothing. The connection is of no use any more.
        """
        framed = _HEAD.pack(len(message)) + message
        if self._socket.send(framed, socket.MSG_DONTWAIT) != len(framed):
            raise BlockingIOError

    async def next(self, *, within_s: float | None = None) -> bytes:
        """The next message.

        Raises:
            EOFError: the other end is closed.
            TimeoutError: nothing, or not all of it, has come within that time.
            OSError: the message is longer than `MAX_BYTES`, or the connection is broken.
        """
        loop = asyncio.get_running_loop()
        self._awaited = loop.create_future()
        if self._loop is None:
            self._loop = loop
            loop.add_reader(self._socket.fileno(), self._read)
        self._deadline = None if within_s is None else loop.time() + within_s
        if self._deadline is not None:
            self._look_at_time(loop, self._deadline)
        return await self._awaited

    def _look_at_time(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        """One timer for all that is waited for: it is set anew when it comes, not for each message."""
        if self._timer is not None and self._timer.when() > when:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(when, self._time_passed, loop)

    def _time_passed(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._awaited is None or self._awaited.done() or self._deadline is None:
            return
        if loop.time() < self._deadline:
            self._look_at_time(loop, self._deadline)
        else:
            self._awaited.set_exception(TimeoutError())

    def _read(self) -> None:
        arrived = self._awaited
        if arrived is None or arrived.done():
            self.look_away()  # nobody waits: what has come is left where it is
            return
        try:
            while not arrived.done():
                part = self._socket.recv(self._wanted - len(self._buffer), socket.MSG_DONTWAIT)
                if not part:
                    raise EOFError
                if len(part) == self._wanted:
                    self._complete(arrived, part)
                else:
                    self._buffer += part
                    if len(self._buffer) == self._wanted:
                        self._complete(arrived, bytes(self._buffer))
        except BlockingIOError:
            return
        except (EOFError, OSError) as error:
            arrived.set_exception(error)

    def _complete(self, arrived: asyncio.Future[bytes], content: bytes) -> None:
        self._buffer.clear()
        if not self._in_head:
            self._in_head, self._wanted = True, _HEAD.size
            arrived.set_result(content)
            return
        (size,) = _HEAD.unpack(content)
        if not 0 < size <= MAX_BYTES:
            raise OSError("The message is too long.")
        self._in_head, self._wanted = False, size

    def look_away(self) -> None:
        """What comes is left where it is, until `next` is called."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None

    def close(self) -> None:
        """Whoever waits in `next` is told that nothing comes any more."""
        self.look_away()
        if self._timer is not None:
            self._timer.cancel()
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(EOFError())
        self._socket.close()


def arrivals(connection: Connection) -> Arrivals | None:
    """None where the loop cannot watch pipes (Windows); there a thread has to wait for them."""
    return None if sys.platform == "win32" else Arrivals(connection)
