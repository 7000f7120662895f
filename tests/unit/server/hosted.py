"""The server in this process, in a thread of its own: with shorter limits, and methods that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bridge.core.audit import AuditEntry
from bridge.core.layers import Layered
from bridge.core.messages import Empty, NoParams
from bridge.core.settings import ServerSettings, Settings, SiteSettings
from bridge.daemon import SystemClock
from bridge.methods.activity import Activity
from bridge.methods.board import ReaderBoard
from bridge.methods.call import Call, Desk
from bridge.methods.lane import Lane
from bridge.methods.table import TABLE, Method
from bridge.policy import ConfiguredPolicy
from bridge.server import connection
from bridge.server.server import Server
from cardbridge_demo.ports import free_ports
from tests.unit.server.wire import ORIGIN, OTHER_ORIGIN

DEADLINE_S = 30.0


class Gate:
    """The method `test.wait` waits at it; every list holds the request's number in order of arrival.

    A request that is cancelled goes on to `cleaned` only when `may_clean` is set.
    """

    def __init__(self) -> None:
        self.arrived = 0
        self.cancelled: list[int] = []
        self.cleaned: list[int] = []
        self.may_clean = threading.Event()
        self.may_clean.set()
        self._open = threading.Event()
        self._changed = threading.Condition()

    def open(self) -> None:
        self._open.set()

    async def wait(self, call: Call, params: NoParams) -> Empty:
        number = self.arrived
        self._note(arrived=1)
        try:
            await _set(self._open)
        except asyncio.CancelledError:
            self._note(self.cancelled, number)
            await _set(self.may_clean)
            self._note(self.cleaned, number)
            raise
        return Empty()

    def _note(self, numbers: list[int] | None = None, number: int = 0, *, arrived: int = 0) -> None:
        with self._changed:
            self.arrived += arrived
            if numbers is not None:
                numbers.append(number)
            self._changed.notify_all()

    def until(self, *, arrived: int = 0, cancelled: int = 0, cleaned: int = 0) -> None:
        """Wait until so many have come so far."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: (
                    self.arrived >= arrived
                    and len(self.cancelled) >= cancelled
                    and len(self.cleaned) >= cleaned
                ),
                DEADLINE_S,
            ), (self.arrived, self.cancelled, self.cleaned)


async def _set(event: threading.Event) -> None:
    while not event.is_set():  # noqa: ASYNC110 - the event belongs to another thread
        await asyncio.sleep(0.005)


async def _fail(call: Call, params: NoParams) -> Empty:
    raise RuntimeError("a secret that no page may see")


class Hosted:
    """A running server. `closed` holds the numbers of the connections that have ended, `prepared` what
    processes were to be had ready."""

    def __init__(self, settings: ServerSettings) -> None:
        self.gate = Gate()
        self.settings = settings
        self.port = 0
        self.is_stopping = False
        self.closed: list[int] = []
        self.recorded: list[AuditEntry] = []
        self.prepared: list[str] = []
        self.lane = Lane(8)
        self.served: list[str] = []
        """The origins of `test.turn` and `test.window`, in the order in which they had their turn."""

        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    async def turn(self, call: Call, params: NoParams) -> Empty:
        return await self._turn(call, has_window=False)

    async def window(self, call: Call, params: NoParams) -> Empty:
        return await self._turn(call, has_window=True)

    async def _turn(self, call: Call, *, has_window: bool) -> Empty:
        caller = call.caller
        async with self.lane.turn(caller.connection, caller.origin, has_window=has_window):
            self.served.append(str(caller.origin))
            return await self.gate.wait(call, NoParams())

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Meanwhile the server does nothing: what is sent to it arrives at once."""
        stands, goes_on = threading.Event(), threading.Event()
        self.call(stands.set)
        self.call(lambda: goes_on.wait(DEADLINE_S))
        assert stands.wait(DEADLINE_S)
        try:
            yield
        finally:
            goes_on.set()

    def take_turns(self, count: int) -> None:
        """Wait until the server's event loop has looked at its sockets so often."""
        for _ in range(count):
            with self.standing_still():
                pass

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(DEADLINE_S)

    def request_stop(self) -> None:
        """As SIGTERM does for a daemon."""
        assert self._loop is not None and self._stopped is not None
        self.is_stopping = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)

    def stop(self) -> None:
        """Close every connection with 1001 and end; a deadline says whether it hangs."""
        self.request_stop()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def call(self, function: Any) -> None:
        """Run `function` on the server's loop."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function)

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self.board = ReaderBoard()
        sites = tuple(SiteSettings(origin=origin) for origin in (ORIGIN, OTHER_ORIGIN))
        # All that the server itself asks of a desk.
        desk = SimpleNamespace(
            version="0.0.test",
            policy=ConfiguredPolicy(Path("/nonexistent"), Layered(settings=Settings(site=sites))),
            board=self.board,
            consent=SimpleNamespace(prepare=lambda: self.prepared.append("window")),
            tokens=SimpleNamespace(prepare=lambda: self.prepared.append("worker")),
            sessions=SimpleNamespace(connection_closed=self.closed.append),
            activity=Activity(SimpleNamespace(record=self.recorded.append), SystemClock()),
        )
        server = Server(cast(Desk, desk), self.settings)
        async with asyncio.TaskGroup() as tasks:
            await server.start(tasks)
            self.port = server.port
            self._ready.set()
            await self._stopped.wait()
            await server.stop()


@contextmanager
def hosted(patch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Hosted]:
    """A server with these `[server]` settings and the methods `test.…`."""
    first = free_ports(1)
    running = Hosted(ServerSettings(ports=(first, first), **settings))
    handlers = {
        "test.wait": running.gate.wait,
        "test.fail": _fail,
        "test.turn": running.turn,
        "test.window": running.window,
    }
    extra = {name: Method(params=NoParams, handle=handle) for name, handle in handlers.items()}
    patch.setattr(connection, "TABLE", {**TABLE, **extra})
    running.start()
    try:
        yield running
    finally:
        running.gate.open()
        running.gate.may_clean.set()
        running.stop()
