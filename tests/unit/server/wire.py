"""A raw client: HTTP and RFC 6455 by hand over a TCP socket, so that it can also do them wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

ORIGIN = "https://portal.example.jp"
OTHER_ORIGIN = "https://second.example.jp"
FOREIGN_ORIGIN = "https://evil.example"
SUBPROTOCOL = "cardbridge.v1"
KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = base64.b64encode(
    hashlib.sha1(KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
).decode()
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
TIMEOUT_S = 30.0
MASK = bytes((1, 2, 3, 4))

Header = str | list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    first: int
    is_masked: bool
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    @property
    def close_code(self) -> int:
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.payload[:2], "big")


class Ended(Exception):
    """The server has ended the TCP connection."""


def opening(
    port: int,
    changes: Mapping[str, Header] | None = None,
    *,
    line: str = "GET /v1 HTTP/1.1",
    body: bytes = b"",
) -> bytes:
    """An opening handshake. `changes`: other values, several values, or None for no such header."""
    headers: dict[str, Header] = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        "Origin": ORIGIN,
        **(changes or {}),
    }
    lines = [line]
    for name, values in headers.items():
        every = values if isinstance(values, list) else [] if values is None else [values]
        lines += [f"{name}: {value}" for value in every]
    return "\r\n".join([*lines, "", ""]).encode() + body


def frame(
    payload: bytes | str = b"",
    opcode: int = TEXT,
    *,
    is_final: bool = True,
    is_masked: bool = True,
    reserved: int = 0,
) -> bytes:
    """A client's frame (RFC 6455, section 5.2). `reserved`: RSV1 to RSV3 as 4, 2, 1."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if is_final else 0) | reserved << 4 | opcode
    flag = 0x80 if is_masked else 0
    if len(data) < 126:
        head = struct.pack("!BB", first, flag | len(data))
    elif len(data) < 65536:
        head = struct.pack("!BBH", first, flag | 126, len(data))
    else:
        head = struct.pack("!BBQ", first, flag | 127, len(data))
    return head + MASK + masked(data) if is_masked else head + data


def masked(data: bytes) -> bytes:
    size = len(data)
    key = int.from_bytes((MASK * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")


def request(method: str, id: object = 1, params: object = None) -> str:
    body = {"jsonrpc": "2.0", "id": id, "method": method}
    return json.dumps(body if params is None else {**body, "params": params})


class Wire:
    """One TCP connection to the daemon."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.port = port
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def read_to_end(self) -> bytes:
        """All that comes until the server ends the connection, in order or by a reset."""
        try:
            while True:
                self._receive()
        except Ended:
            data, self._buffer = self._buffer, b""
            return data

    def _receive(self) -> None:
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Ended
        self._buffer += data

    def read_head(self) -> tuple[int, dict[str, str]]:
        status = int(self.read_line().split()[1])
        headers: dict[str, str] = {}
        while line := self.read_line().decode():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers

    def answer(self, data: bytes) -> Response:
        """Send `data` and read one response, after which the connection must end."""
        self.send(data)
        status, headers = self.read_head()
        return Response(status=status, headers=headers, body=self.read_to_end())

    def upgrade(self, changes: Mapping[str, Header] | None = None) -> dict[str, str]:
        """The opening handshake; the response's headers."""
        self.send(opening(self.port, changes))
        status, headers = self.read_head()
        assert status == 101, (status, self.read_to_end())
        return headers

    def read_frame(self) -> Frame:
        first, second = self.read(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(self.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self.read(8), "big")
        return Frame(first=first, is_masked=bool(second & 0x80), payload=self.read(length))

    def read_message(self) -> dict[str, Any]:
        received = self.read_frame()
        assert (received.first, received.is_masked) == (0x80 | TEXT, False), received
        message: dict[str, Any] = json.loads(received.payload)
        return message

    def greeted(self, changes: Mapping[str, Header] | None = None) -> Self:
        """The opening handshake and the daemon's greeting."""
        self.upgrade(changes)
        hello = self.read_message()
        assert hello["method"] == "bridge.hello", hello
        return self

    def say(self, text: str | bytes) -> None:
        self.send(frame(text))

    def exchange(self, text: str | bytes) -> dict[str, Any]:
        """Send one text frame and read the next message."""
        self.say(text)
        return self.read_message()

    def call(self, method: str, params: object = None, id: object = 1) -> dict[str, Any]:
        response = self.exchange(request(method, id, params))
        assert response["id"] == id, response
        return response

    def closing(self) -> int:
        """The code of the close frame, which must be the only one; messages before it are passed over."""
        while (received := self.read_frame()).opcode != CLOSE:
            assert received.opcode in (TEXT, PONG), received
        if not received.payload[2:] == b"":
            received.payload[2:].decode()
        self.send(frame(received.payload[:2], CLOSE))
        assert self.read_to_end() == b""
        return received.close_code


def connected(port: int, origin: str = ORIGIN, host: str = "127.0.0.1") -> Wire:
    """An open connection, greeted."""
    wire = Wire(port, host)
    try:
        shown = f"[{host}]" if ":" in host else host
        return wire.greeted({"Origin": origin, "Host": f"{shown}:{port}"})
    except BaseException:
        wire.socket.close()
        raise


def serves(port: int, origin: str = ORIGIN) -> None:
    """Assert that a fresh connection is greeted and answered."""
    with connected(port, origin) as wire:
        assert wire.call("bridge.info")["result"]["protocol"] == 1
        wire.send(frame(struct.pack("!H", 1000), CLOSE))
        assert wire.closing() == 1000
