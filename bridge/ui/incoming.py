"""What comes from a process that may be taken over, read without ever waiting for the rest of a message.

`Connection.recv_bytes` waits for all of a message that has begun, and the window would stand still: until
the driver's code in the worker, or a document's in the preview, says the rest.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from multiprocessing.connection import Connection

_HEAD = struct.Struct("!i")
_PIECE_BYTES = 1024 * 1024
_MOST_PIECES = 64  # in one call: what comes byte by byte must not hold its reader up


class Incoming:
    """Whole messages of a connection that nobody else reads.

    Args:
        most_bytes: of one message.
    """

    def __init__(self, connection: Connection, most_bytes: int) -> None:
        self._connection, self._most_bytes = connection, most_bytes
        self._read = bytearray()

    def next(self, timeout_s: float = 0.0) -> bytes | None:
        """The next message; None where it is not all there within `timeout_s`, or comes in many pieces.

        Raises:
            EOFError: the other end is closed.
            OSError: the message is too long, or the connection is broken.
        """
        if sys.platform == "win32":  # its pipes know messages, and have them whole
            return self._connection.recv_bytes(self._most_bytes) if self._connection.poll(timeout_s) else None
        ends_at = time.monotonic() + timeout_s
        for _ in range(_MOST_PIECES):
            if not self._connection.poll(max(0.0, ends_at - time.monotonic())):
                return None
            # a read(2) of what has something in it does not wait
            piece = os.read(self._connection.fileno(), min(self._missing(), _PIECE_BYTES))
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
        if not 0 < size <= self._most_bytes:
            raise OSError("The message is too long.")
        return _HEAD.size + int(size) - len(self._read)
