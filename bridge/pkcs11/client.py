"""The daemon's side of one worker: start it, ask it, end it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec

from bridge import children, ownership
from bridge.arrivals import Arrivals, arrivals
from bridge.core import errors, plainjson
from bridge.core.settings import DriverSettings
from bridge.pkcs11 import architecture, wire
from bridge.pkcs11.earlyworker import EarlyWorker, spawned

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_R = TypeVar("_R")
_log = logging.getLogger(__name__)

DRIVER_TIMEOUT_S = 30.0


class _Signed(msgspec.Struct, tag="Signed", forbid_unknown_fields=True):
    """`wire.Signed`, which msgspec reads in a fifth of the time."""

    signature: Annotated[bytes, msgspec.Meta(max_length=wire.MAX_SIGNATURE_BYTES)]


_signed = msgspec.json.Decoder(_Signed)


class WorkerClient:
    """One worker process. Not reusable: after `end`, a crash or a time-out, make another.

    Args:
        driver: the module to load.
        unblocks: the worker is for unblocking a PIN (see `bridge.pkcs11.opensc`).
        timeout_s: how long the module may take for one call; a person's time at the window never counts.
        early: one that waits becomes this worker if it can; if not, it ends with it.
    """

    def __init__(
        self,
        driver: DriverSettings,
        *,
        unblocks: bool = False,
        timeout_s: float = DRIVER_TIMEOUT_S,
        early: EarlyWorker | None = None,
    ) -> None:
        self._early = early
        self._driver = driver
        self._meaning: Literal["change", "unblock"] = "unblock" if unblocks else "change"
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._arrivals: Arrivals | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker")
        self._is_ended = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def inspect(self) -> wire.Inspected:
        """Raises: errors.DriverNotFound, errors.DriverFailed, errors.DriverTimeout."""
        return await self._ask(wire.Inspect(), wire.Inspected)

    async def login(self, request: wire.Login, window: Connection) -> wire.LoggedIn:
        """Log in with the PIN that comes over `window`, which is handed on and closed here.

        Raises:
            errors.BridgeError: what went wrong, never about the PIN.
        """
        try:
            return await self._ask(request, wire.LoggedIn, window)
        finally:
            window.close()

    async def change_pin(self, request: wire.ChangePin, window: Connection) -> wire.PinChanged:
        """Change or unblock the PIN with what comes over `window`, which is handed on and closed here.

        Raises:
            errors.BridgeError: what went wrong, never about PIN or PUK.
        """
        try:
            return await self._ask(request, wire.PinChanged, window)
        finally:
            window.close()

    def watch(self, on_exit: Callable[[], None]) -> None:
        """Call `on_exit` in the loop's thread when the process ends, for whatever reason."""
        process, loop = self._process, asyncio.get_running_loop()
        if process is None:
            return

        def wait() -> None:
            process.wait()
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(on_exit)

        threading.Thread(target=wait, name="worker-exit", daemon=True).start()

    async def sign(self, request: wire.Sign) -> bytes:
        """Raises: errors.BridgeError."""
        if self._arrivals is None:
            return (await self._ask(request, wire.Signed)).signature
        reply = await self._converse(self._arrivals, request)
        with suppress(msgspec.DecodeError, UnicodeError, RecursionError):
            return _signed.decode(reply).signature
        return self._understood(reply, wire.Signed).signature

    async def forget(self) -> None:
        if self._arrivals is None:
            await self._ask(wire.Forget(), wire.Forgotten)
        else:
            reply = await self._converse(self._arrivals, wire.Forget())
            self._understood(reply, wire.Forgotten)

    async def end(self) -> None:
        """Kill the process and wait until it is gone, with every secret it held."""
        self._is_ended = True
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, process.wait))
        if self._early is not None:
            await asyncio.shield(self._early.end())
        self._thread.shutdown(wait=False)
        if self._arrivals is not None:
            self._arrivals.close()
        if self._connection is not None:
            self._connection.close()

    def kill(self) -> None:
        """Kill the process without waiting; `end` is still due."""
        if self._process is not None:
            self._process.kill()

    async def _ask(self, request: wire.Request, kind: type[_R], window: Connection | None = None) -> _R:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s) as limit:

                def on_phase(phase: wire.Phase) -> None:
                    running = phase.who == "driver"
                    with suppress(RuntimeError):  # nobody waits any more
                        limit.reschedule(loop.time() + self._timeout_s if running else None)

                if window is not None:
                    limit.reschedule(None)
                if self._early is not None:
                    await self._early.settled()

                def notify(phase: wire.Phase) -> None:
                    loop.call_soon_threadsafe(on_phase, phase)

                reply = await loop.run_in_executor(self._thread, self._exchange, request, window, notify)
        except TimeoutError:
            raise self._late() from None
        except asyncio.CancelledError:
            self.kill()
            raise
        return checked(reply, kind)

    async def _converse(self, answers: Arrivals, request: wire.Sign | wire.Forget) -> bytes:
        """The same in the loop's own thread, for what is small and brings no window; the reply as it came."""
        try:
            answers.send(_written(request))
            return await answers.next(within_s=self._timeout_s)
        except TimeoutError:
            raise self._late() from None
        except asyncio.CancelledError:
            self.kill()
            raise
        except (EOFError, OSError) as error:
            raise self._broken(error) from None

    def _understood(self, reply: bytes, kind: type[_R]) -> _R:
        try:
            return checked(wire.decode_reply(reply), kind)
        except plainjson.Unreadable as error:
            raise self._broken(error) from None

    def _late(self) -> errors.DriverTimeout:
        self.kill()
        _log.warning("driver %s did not answer within %s s", self._driver.name, self._timeout_s)
        return errors.DriverTimeout(driver=self._driver.name)

    def _exchange(
        self, request: wire.Request, window: Connection | None, notify: Callable[[wire.Phase], object]
    ) -> wire.Reply:
        """One request and its reply; runs in this worker's own thread."""
        try:
            connection = self._connection or self._start()
            connection.send_bytes(wire.encode(request))
            if window is not None and self._process is not None:
                children.hand_over(connection, window, self._process.pid)
            for _ in range(wire.MAX_PHASES + 1):
                reply: wire.Reply = wire.decode_reply(connection.recv_bytes(wire.MAX_REPLY_BYTES))
                if not isinstance(reply, wire.Phase):
                    return reply
                if window is None:
                    break
                notify(reply)
            raise plainjson.Unreadable("phases without end")
        except (EOFError, OSError, plainjson.Unreadable) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> errors.DriverFailed:
        self.kill()  # what it still says answers nothing
        if isinstance(error, plainjson.Unreadable):
            return errors.DriverFailed("The worker's reply is unreadable.", driver=self._driver.name)
        _log.warning("the worker of driver %s ended: %s", self._driver.name, type(error).__name__)
        return errors.DriverFailed("The driver ended unexpectedly.", driver=self._driver.name)

    def _start(self) -> Connection:
        process, connection = start(self._driver, self._meaning, self._early)
        self._process, self._connection = process, connection
        if self._is_ended:  # meanwhile: `end` has found nothing to kill
            process.kill()
            process.wait()
            connection.close()
            raise EOFError
        self._arrivals = arrivals(connection)
        return connection


def _written(request: wire.Sign | wire.Forget) -> bytes:
    """What `wire.encode` gives."""
    members = {name: getattr(request, name) for name in type(request).fields}
    return msgspec.json.encode({"type": type(request).__name__, **members})


def start(
    driver: DriverSettings,
    meaning: Literal["change", "unblock"] = "change",
    early: EarlyWorker | None = None,
) -> tuple[subprocess.Popen[bytes], Connection]:
    """A worker with this module, a new one unless `early` can be it.

    Args:
        meaning: of a C_SetPIN without login (see `bridge.pkcs11.opensc`).

    Raises:
        errors.DriverNotFound: there is no such file, or nothing here can load it.
        errors.DriverUnsafe: others can change it.
        OSError: no process can be started.
    """
    command = architecture.interpreter(driver)
    try:
        ownership.check_path(Path(driver.path), ownership.own_users(), allows_groups=True)
    except OSError as error:
        _log.warning("the driver %s is not used: %s: %s", driver.name, error.filename, error.strerror)
        raise errors.DriverUnsafe(driver=driver.name) from None
    order = wire.encode(wire.Load(path=driver.path, driver=driver.name, meaning=meaning))
    if early is not None and command is None and driver.confined and (taken := early.ordered(order)):
        return taken
    process, connection = spawned("confined" if driver.confined else "free", "ordered", command)
    with suppress(OSError):  # it has ended at once: who asks it will find out
        connection.send_bytes(order)
    return process, connection


def checked(reply: wire.Reply, kind: type[_R]) -> _R:
    """The reply that was asked for.

    Raises:
        errors.BridgeError: what the worker says instead.
    """
    if isinstance(reply, kind):
        return reply
    if isinstance(reply, wire.Failed) and reply.reason in errors.ERRORS:
        raise errors.ERRORS[reply.reason](reply.detail, driver=reply.driver)
    raise errors.InternalError("The worker gave another reply than was asked for.")
