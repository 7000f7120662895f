"""What the worker says on the PIN pipe, read without ever waiting: the driver's code is in the worker.

`Connection.recv_bytes` waits for the rest of a message that has begun, and the window would stand still.
"""

from __future__ import annotations

import os
import struct
import sys
from multiprocessing.connection import Connection

from bridge.core import plainjson
from bridge.core.pinentry import PinOutcome

_MOST_BYTES = 65536
_HEAD = struct.Struct("!i")


class Outcomes:
    """Reads the window's end of the PIN pipe; nobody else does."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._read = bytearray()

    def next(self) -> PinOutcome | None:
        """The next outcome; None where it is not there yet, or not all of it.

        Raises:
            EOFError: the worker's end is closed.
            OSError: the message is too long, or the pipe is broken.
            plainjson.Unreadable
        """
        message = self._whole() if sys.platform == "win32" else self._joined()
        return None if message is None else plainjson.decode(message, PinOutcome)

    def _whole(self) -> bytes | None:
        """Windows' pipes know messages, and have them whole."""
        return self._pipe.recv_bytes(_MOST_BYTES) if self._pipe.poll(0) else None

    def _joined(self) -> bytes | None:
        """What is there is taken, piece by piece: a read(2) of a pipe with something in it does not wait."""
        while self._pipe.poll(0):
            piece = os.read(self._pipe.fileno(), self._missing())
            if not piece:
                raise EOFError
            self._read += piece
            if not self._missing():
                message = bytes(self._read[_HEAD.size :])
                self._read.clear()
                return message
        return None

    def _missing(self) -> int:
        """So many bytes to the end of the head, or of the message behind it."""
        if len(self._read) < _HEAD.size:
            return _HEAD.size - len(self._read)
        (size,) = _HEAD.unpack_from(self._read)
        if not 0 < size <= _MOST_BYTES:
            raise OSError("The message is too long.")
        return _HEAD.size + int(size) - len(self._read)
