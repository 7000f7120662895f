"""Contenders that stand idle: each a context whose processes are told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bridge.core.desktop import TrayState
from bridge.readiness import KEPT_S
from bridge.resting import QUIET_S
from bridge.ui.tray.process import Tray
from tests.bench.place import Place
from tests.bench.references import running
from tests.bench.references.webstart import WebStart
from tests.card.workplace import ORIGIN, children_of, until_gone
from tests.e2e.contract_client import connected
from tests.memory import descendants

WORKER = "bridge.pkcs11.worker"
_REST_S = 10 * QUIET_S


@asynccontextmanager
async def daemon(place: Place, *, used: bool, has_session: bool = False) -> AsyncIterator[list[int]]:
    """With a page that watches the readers, and nothing kept ready any more. `used`: it has signed.

    `has_session`: the worker is there.
    """
    with place.daemon() as started:
        async with connected(started.url, ORIGIN) as client:
            await client.call("readers.watch")
            with started.wire() as wire:
                if used or has_session:
                    place.log_in(wire)
                workers = started.children(WORKER)
                assert len(workers) == (used or has_session), "no worker came"
                if has_session:
                    yield [started.pid, *workers]
                    return
            until_gone(*workers)
            async with asyncio.timeout(2 * KEPT_S):
                while descendants(started.pid):  # noqa: ASYNC110 - processes tell nobody
                    await asyncio.sleep(0.1)
            yield [started.pid]


@asynccontextmanager
async def at_rest(place: Place) -> AsyncIterator[list[int]]:
    """It has signed, the page has gone, and it has become a fresh one since."""
    with place.daemon() as started:
        async with connected(started.url, ORIGIN):
            with started.wire() as wire:
                place.log_in(wire)
        await asyncio.to_thread(_until_replaced, started.pid)
        yield [started.pid]


def _until_replaced(pid: int) -> None:
    """It runs as another command of the same program then."""
    command, ends_at = Path(f"/proc/{pid}/cmdline"), time.monotonic() + _REST_S
    first = command.read_bytes()
    while command.read_bytes() == first:
        assert time.monotonic() < ends_at, "the daemon does not rest"
        time.sleep(1.0)


@asynccontextmanager
async def with_tray(place: Place, env: Mapping[str, str]) -> AsyncIterator[list[int]]:
    """The daemon, then its tray's process."""
    with place.daemon(env=env, has_tray=True) as started:
        async with connected(started.url, ORIGIN) as client:
            await client.call("readers.watch")
            trays: list[int] = []
            async with asyncio.timeout(30):
                while not trays:
                    await asyncio.sleep(0.1)
                    trays = started.children("bridge/ui/tray/boot.py") + started.children(
                        "bridge.ui.tray.child"
                    )
            yield [started.pid, *trays]


@asynccontextmanager
async def xorg_tray(place: Place) -> AsyncIterator[list[int]]:
    """The tray's process where gi is missing, as a child of the bench."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.ui.tray.process.candidates", lambda: [(None, "xorg")])
        patch.setenv("DISPLAY", place.workplace.screen.display)
        tray = Tray(TrayState(icon="card", title="", menu=()), lambda _: None)
        keeping = asyncio.get_running_loop().create_task(tray.keep())
        try:
            await tray.settled()
            yield children_of(os.getpid(), "bridge.ui.tray.child")
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


@contextmanager
def server(place: Place, name: str, *, used: bool) -> Iterator[list[int]]:
    """One of `running.SERVERS`; `used`: it has signed, and its session stays open."""
    with running.server(name, place.token) as started:
        if used:
            client = started.client()
            client.ask()
            client.await_answer()
            client.close()
        yield [started.pid]


@contextmanager
def applet(web_start: WebStart) -> Iterator[list[int]]:
    """The applet's stand-in, which has signed."""
    with web_start.started() as pid:
        yield [pid]
