"""The one place that names concrete classes: what is started, in which order, and how it stops."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bridge import __version__, paths, proposed
from bridge.audit.files import AuditFiles
from bridge.audit.sink import BackgroundAudit
from bridge.core.layers import Layered
from bridge.core.reader_table import PcscReaders
from bridge.desktop import Desktop
from bridge.expiry import CertificateMemory
from bridge.heap import FreedMemory, share_one_arena
from bridge.methods.activity import Activity
from bridge.methods.board import ReaderBoard
from bridge.methods.call import Desk
from bridge.methods.lane import Lane
from bridge.methods.session import CardSessions
from bridge.pcsc.monitor import ReaderMonitor
from bridge.pcsc.programs import programs_using_cards
from bridge.pcsc.resets import CardResets
from bridge.pkcs11.tokens import Pkcs11Tokens
from bridge.policy import ConfiguredPolicy
from bridge.refused import RefusedSites
from bridge.server.listener import NoFreePort
from bridge.server.server import Server
from bridge.signing.maker import SigningProcesses
from bridge.timestamps import HttpTimeStamps
from bridge.ui.prompt import DialogConsent

_log = logging.getLogger(__name__)

STEPPED_ASIDE = 75
"""The exit code where an installer asks to be let through (SIGUSR2): `bridge.upgrade` starts it again."""

_LOOK_TIMEOUT_S = 2.0
_LONGEST_RUNTIME = 65536
_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """`bridge.core.ports.Clock`."""

    def monotonic(self) -> float:
        """Counts on while the computer sleeps, so that no card session outlives the night."""
        return time.clock_gettime(_BOOT_TIME) if _BOOT_TIME is not None else time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


def run(layers: Layered, config_path: Path, *, has_tray: bool = True) -> int:
    """Serve until SIGTERM, SIGINT, the tray's 終了 or the end of the session; the process's exit code."""
    exit_code = 0
    share_one_arena()
    try:
        exit_code = asyncio.run(_serve(layers, config_path, has_tray))
    except* NoFreePort:
        first, last = layers.settings.server.ports
        _log.error("no free port from %s to %s", first, last)
        sys.stderr.write(
            f"ポート {first}～{last} がすべて使われているため、起動できません。"
            "ほかに動いているICカードブリッジや、同じポートを使うソフトを終了してください。\n"
            f"All ports from {first} to {last} are taken; end the program that uses them.\n"
        )
        exit_code = 1
    return exit_code


async def _serve(layers: Layered, config_path: Path, has_tray: bool) -> int:
    settings = layers.settings
    clock = SystemClock()
    audit = BackgroundAudit(AuditFiles(paths.audit_folder()))
    activity = Activity(audit, clock)
    policy = ConfiguredPolicy(
        config_path, layers, machine=paths.machine_config_file(), on_change=activity.configured
    )
    board = ReaderBoard()
    resets = CardResets()
    tokens = Pkcs11Tokens(
        policy.drivers,
        lambda token: _reset_card(resets, board.readers_of(token)),
        reader_of=board.reader_of,
        settled=resets.settled,
    )
    sessions = CardSessions(tokens, clock, policy.site)
    monitor = _monitor(board)
    certificates = CertificateMemory(paths.certificates_file(), clock)
    consent = DialogConsent()
    desk = Desk(
        version=__version__,
        tokens=tokens,
        consent=consent,
        policy=policy,
        clock=clock,
        board=board,
        lane=Lane(settings.ui.queue),
        sessions=sessions,
        activity=activity,
        card_users=_card_users,
        look_again=_looking(monitor),
        signatures=SigningProcesses(),
        time_stamps=HttpTimeStamps(),
        seen=certificates.saw,
    )
    freed = FreedMemory(lambda: desk.lane.is_busy or sessions.is_open)
    sessions.watchers.append(freed.used)
    refused = RefusedSites(paths.refused_file())
    server = Server(desk, settings.server, refused.note)
    async with asyncio.TaskGroup() as tasks:
        stopped = _stop_signal()
        aside = _aside_signal(stopped)
        await server.start(tasks)
        try:
            desktop = Desktop(
                desk,
                certificates,
                config_file=config_path,
                url=server.url,
                has_driver=lambda: bool(policy.drivers()),
                has_proposals=lambda: _are_proposed(policy.open_sites()),
                stop=stopped.set,
                has_tray=has_tray,
            )
            with _runtime_file(server), _started(monitor), _asked(desktop, stopped.set):
                keepers = [
                    tasks.create_task(each)
                    for each in (
                        sessions.keep(),
                        _end_with_card(desk),
                        _end_with_worker(desk),
                        desktop.keep(),
                    )
                ]
                sys.stdout.write(f"cardbridge ready {server.url}\n")
                sys.stdout.flush()
                _log.info("ready on port %s", server.port)
                gc.collect()
                gc.freeze()  # what stays until the end need not be looked through again and again
                await stopped.wait()
                _log.info("stopping")
                for keeper in keepers:
                    keeper.cancel()
        finally:
            await server.stop()
            await sessions.end()
            await tokens.close()
            await consent.end()
            await refused.end()
            await asyncio.to_thread(audit.close)
    return STEPPED_ASIDE if aside.is_set() else 0


def _are_proposed(allowed: frozenset[str] | None) -> bool:
    """Whether sites came with the installer that this user has not been shown (`bridge.proposed`)."""
    if allowed is None:
        return False
    return proposed.are_news(paths.proposals_file(), paths.answers_file(), allowed)


@contextmanager
def _asked(desktop: Desktop, stop: Callable[[], None]) -> Iterator[None]:
    """What another process of this program may ask for: the settings (`bridge.instance`), the end.

    On Windows, by events; elsewhere by SIGUSR1, and SIGTERM, which is heard from the start on.
    """
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        from bridge.winevents import Wishes

        acts: dict[str, Callable[[], None]] = {"settings": lambda: desktop.choose("settings"), "stop": stop}
        try:
            wishes = Wishes(lambda wish: loop.call_soon_threadsafe(acts[wish]))
        except OSError as error:
            _log.warning("nobody can ask this daemon to end: %s", error)
            yield
            return
        try:
            yield
        finally:
            wishes.close()
    else:
        loop.add_signal_handler(signal.SIGUSR1, desktop.choose, "settings")
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # the Windows loops have no signal handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


def _aside_signal(stopped: asyncio.Event) -> asyncio.Event:
    """Set, with `stopped`, where the program's files are about to be replaced (POSIX)."""
    aside = asyncio.Event()

    def step() -> None:
        aside.set()
        stopped.set()

    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, step)
    return aside


@contextmanager
def _runtime_file(server: Server) -> Iterator[None]:
    """`runtime.json` while the daemon is ready; a disk that refuses it does not stop the daemon."""
    path = paths.runtime_file()
    content = {"pid": os.getpid(), "url": server.url, "version": __version__}
    try:
        paths.write_private(path, json.dumps(content).encode())
    except OSError as error:
        _log.warning("runtime.json cannot be written: %s", error.strerror)
    try:
        yield
    finally:
        with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
            if json.loads(paths.read_private(path, _LONGEST_RUNTIME))["pid"] == os.getpid():
                path.unlink()


def _monitor(board: ReaderBoard) -> ReaderMonitor:
    """Brings PC/SC's events from the monitor's thread to the board's."""
    loop = asyncio.get_running_loop()

    def on_change(readers: PcscReaders) -> None:
        with suppress(RuntimeError):  # the loop has just been closed
            loop.call_soon_threadsafe(board.pcsc_changed, readers)

    return ReaderMonitor(on_change)


@contextmanager
def _started(monitor: ReaderMonitor) -> Iterator[None]:
    monitor.start()
    try:
        yield
    finally:
        monitor.stop()


async def _end_with_card(desk: Desk) -> None:
    """Without its card, a session ends."""
    while True:
        await desk.board.change()
        await desk.sessions.readers_changed(desk.board.removals)


async def _end_with_worker(desk: Desk) -> None:
    """Without its worker, a session ends, and its card is reset."""
    while True:
        await desk.tokens.lost()
        await desk.sessions.worker_lost()


async def _card_users() -> tuple[str, ...]:
    return await asyncio.to_thread(programs_using_cards, os.getpid())


async def _reset_card(resets: CardResets, readers: tuple[str, ...]) -> None:
    """Where it is not certain which reader holds the card, every one that may."""
    if not readers:
        _log.warning("which reader holds the card is not known: it was not reset")
    for reader in readers:
        await resets.reset(reader)


def _looking(monitor: ReaderMonitor) -> Callable[[], Awaitable[None]]:
    """`ReaderMonitor.look_again`, one at a time and never waited for long: pcscd may not answer at all."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look")
    last: list[asyncio.Future[None]] = []

    async def look_again() -> None:
        if not last or last[-1].done():
            last[:] = [asyncio.get_running_loop().run_in_executor(thread, monitor.look_again)]
        await asyncio.wait(last, timeout=_LOOK_TIMEOUT_S)

    return look_again
