"""Firefox by its own remote protocol (Marionette): frames of ``length:JSON`` over TCP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE_S = 60


class Marionette:
    """One session with one Firefox."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._last = 0
        self._receive()

    def __call__(self, command: str, **parameters: Any) -> Any:
        """The result. Raises: RuntimeError, with what Firefox says."""
        self._last += 1
        frame = json.dumps([0, self._last, command, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(frame), frame))
        self._stream.flush()
        _, _, error, result = self._receive()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return result

    def script(self, source: str, *arguments: Any) -> Any:
        """What the body of an asynchronous function hands to ``arguments[arguments.length - 1]``."""
        return self("WebDriver:ExecuteAsyncScript", script=source, args=list(arguments))["value"]

    def _receive(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1) or _closed()
        return json.loads(self._stream.read(int(length[:-1])))


def _closed() -> bytes:
    raise RuntimeError("Firefox has closed the connection")


@contextmanager
def firefox(program: Path, profile: Path, preferences: dict[str, Any]) -> Iterator[Marionette]:
    """A headless Firefox with a new `profile`; certificates are not checked."""
    profile.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wanted = {"marionette.port": port, **preferences}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
    (profile / "user.js").write_text("".join(lines))
    process = subprocess.Popen(
        [
            program,
            "--headless",
            "--no-remote",
            "--marionette",
            "-remote-allow-system-access",
            "--profile",
            str(profile),
            "about:blank",
        ],
        env={**os.environ, "HOME": str(profile), "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        session = Marionette(_connected(port, process))
        session("WebDriver:NewSession", acceptInsecureCerts=True)
        session("WebDriver:SetTimeouts", script=_PATIENCE_S * 1000, pageLoad=_PATIENCE_S * 1000)
        yield session
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)
