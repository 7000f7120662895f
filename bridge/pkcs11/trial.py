"""What a module sees, for a window that goes on meanwhile: no thread and no loop, only a worker."""

from __future__ import annotations

import subprocess
import time
from multiprocessing.connection import Connection

from bridge.core import errors, plainjson
from bridge.core.settings import DriverSettings
from bridge.pkcs11 import wire
from bridge.pkcs11.client import DRIVER_TIMEOUT_S, checked, start


class Trial:
    """One module, loaded in a worker of its own and asked what it sees. `end` is due in any case."""

    def __init__(self, driver: DriverSettings, *, timeout_s: float = DRIVER_TIMEOUT_S) -> None:
        self._driver = driver
        self._ends_at = time.monotonic() + timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._failure: errors.BridgeError | None = None
        try:
            self._process, self._connection = start(driver)
            self._connection.send_bytes(wire.encode(wire.Inspect()))
        except errors.DriverNotFound as error:
            self._failure = error
        except OSError:
            self._failure = errors.DriverFailed("The driver ended unexpectedly.", driver=driver.name)

    def outcome(self) -> wire.Inspected | errors.BridgeError | None:
        """What the module sees or why it cannot be used; None while that is not known. Does not wait."""
        if self._failure is not None or self._connection is None:
            return self._failure
        try:
            while self._connection.poll(0):
                reply = wire.decode_reply(self._connection.recv_bytes(wire.MAX_REPLY_BYTES))
                if not isinstance(reply, wire.Phase):
                    return checked(reply, wire.Inspected)
        except errors.BridgeError as error:
            self._failure = error
        except (EOFError, OSError, plainjson.Unreadable):
            self._failure = errors.DriverFailed("The driver ended unexpectedly.", driver=self._driver.name)
        if self._failure is None and time.monotonic() > self._ends_at:
            self._failure = errors.DriverTimeout(driver=self._driver.name)
        return self._failure

    def end(self) -> None:
        """Kill the worker and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        if self._connection is not None:
            self._connection.close()
