"""The references as processes: two loops that are told how often to sign, and four servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cardbridge_demo.ports import free_port
from tests.bench.references import installing
from tests.bench.token import SoftToken
from tests.unit.server.wire import CLOSE, Wire, frame, opening, request

_HERE = Path(__file__).parent


class Asking(Protocol):
    """A client of a server: `ask` sends one request, `await_answer` reads one answer."""

    def ask(self) -> None: ...

    def await_answer(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """floor.c or bare.py, logged in."""

    process: subprocess.Popen[str]

    def sign(self, count: int) -> list[float]:
        """Milliseconds of `count` signatures."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return [int(each) / 1e6 for each in self.process.stdout.readline().split()]


@contextmanager
def loop(command: Sequence[str | Path], token: SoftToken) -> Iterator[Loop]:
    """Ready: it has logged in, and signed once."""
    with _started([*command, token.module], token) as process:
        yield Loop(process=process)


def loops() -> dict[str, list[str | Path]]:
    """Name -> command. Raises: installing.Missing."""
    return {
        "C": [installing.floor()],
        "python-pkcs11": [sys.executable, _HERE / "bare.py"],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A reference that listens; `ready_s` is the time from its start."""

    pid: int
    port: int
    is_websocket: bool
    spawned_at: float
    ready_s: float

    def client(self) -> Asking:
        return OverWebSocket(self.port) if self.is_websocket else OverHttp(self.port)


@contextmanager
def server(name: str, token: SoftToken) -> Iterator[Server]:
    """Start one of `SERVERS`. Raises: installing.Missing."""
    port = free_port()
    command = _command(name, token.module, port)
    spawned_at = time.perf_counter()
    with _started(command, token) as process:
        ready_s = time.perf_counter() - spawned_at
        yield Server(
            pid=process.pid,
            port=port,
            is_websocket=name in ("aiohttp", "websockets"),
            spawned_at=spawned_at,
            ready_s=ready_s,
        )


_JAVA = ("-Dsun.net.httpserver.nodelay=true", "-Dsun.net.httpserver.idleInterval=3600")
SERVERS = ("websockets", "aiohttp", "Node", "Java")


def _command(name: str, module: Path, port: int) -> list[str | Path]:
    match name:
        case "Java":
            return [
                "java",
                *_JAVA,
                "-cp",
                installing.java(),
                "Signer",
                "serve",
                module,
                str(port),
            ]
        case "Node":
            node = installing.node()
            return [node.executable, _HERE / "signer.mjs", module, str(port), node.modules]
        case _:
            return [sys.executable, _HERE / f"signing_{name}.py", module, str(port)]


@contextmanager
def _started(command: Sequence[str | Path], token: SoftToken) -> Iterator[subprocess.Popen[str]]:
    """A process that has got the token's PIN and said that it is ready."""
    with subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **token.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(token.pin + "\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == "ready", command
            yield process
        finally:
            process.kill()


class OverWebSocket:
    """The thirty lines' client: the smallest there is, so that the servers are compared and not it."""

    def __init__(self, port: int) -> None:
        self._wire = Wire(port)
        self._wire.send(opening(port, {"Sec-WebSocket-Protocol": None}))
        assert self._wire.read_head()[0] == 101
        self._asked = 0

    def ask(self) -> None:
        self._asked += 1
        self._wire.say(request("auth.getToken", self._asked, {"nonce": f"{self._asked:044d}"}))

    def await_answer(self) -> None:
        assert self._wire.read_message()["result"]["signature"]

    def close(self) -> None:
        self._wire.send(frame(opcode=CLOSE))
        self._wire.socket.close()


class OverHttp:
    """A client of the HTTP signers that keeps its connection."""

    def __init__(self, port: int) -> None:
        self._wire = Wire(port)
        self._head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 44\r\n\r\n"
        self._asked = 0

    def ask(self) -> None:
        self._asked += 1
        self._wire.send(f"{self._head}{self._asked:044d}".encode())

    def await_answer(self) -> None:
        status, headers = self._wire.read_head()
        assert status == 200
        assert len(self._wire.read(int(headers["content-length"]))) > 300

    def close(self) -> None:
        self._wire.socket.close()
