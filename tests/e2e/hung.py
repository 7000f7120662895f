"""Programs on the daemon's port that accept and then say nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@contextmanager
def listening(port: int, answer: Callable[[socket.socket], None]) -> Iterator[list[socket.socket]]:
    """Listen on 127.0.0.1; gives the connections so far, each after `answer` has had it."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                answer(connection)
                connections.append(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield connections
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in connections:
                connection.close()


def say_nothing(connection: socket.socket) -> None:
    """As a process does that is stopped: the system accepts for it."""


def open_only(connection: socket.socket) -> None:
    """Complete the opening handshake (RFC 6455, section 4.2.2), and greet nobody."""
    request = connection.recv(65536)
    key = re.search(rb"(?i)^Sec-WebSocket-Key: *(\S+)", request, re.MULTILINE)
    assert key is not None
    accept = base64.b64encode(hashlib.sha1(key[1] + _GUID, usedforsecurity=False).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: cardbridge.v1\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
