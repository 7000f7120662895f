"""The one place that names concrete classes: what is started, in which order, and how it stops."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bridge import __version__, logs, paths, proposed, resting, wishes
from bridge.audit.files import AuditFiles
from bridge.audit.sink import BackgroundAudit
from bridge.core.cancellations import Cancellations
from bridge.core.layers import Layered
from bridge.core.reader_table import PcscReaders
from bridge.core.throttle import Throttle
from bridge.desktop import Desktop
from bridge.expiry import CertificateMemory
from bridge.handover import HandedOn
from bridge.heap import FreedMemory, share_one_arena
from bridge.methods.activity import Activity
from bridge.methods.board import ReaderBoard
from bridge.methods.call import Desk
from bridge.methods.lane import Lane
from bridge.methods.session import CardSessions
from bridge.pcsc.looking import Looking
from bridge.pcsc.monitor import ReaderMonitor
from bridge.pcsc.programs import programs_using_cards
from bridge.pcsc.resets import CardResets
from bridge.pkcs11.tokens import Pkcs11Tokens
from bridge.policy import ConfiguredPolicy
from bridge.refused import RefusedSites
from bridge.resting import Remains, Rest
from bridge.server.listener import NoFreePort
from bridge.server.server import Server
from bridge.signing.maker import SigningProcesses
from bridge.timestamps import HttpTimeStamps
from bridge.ui.prompt import DialogConsent

_log = logging.getLogger(__name__)

STEPPED_ASIDE = 75
"""The exit code where an installer asks to be let through (SIGUSR2): `bridge.upgrade` starts it again."""

_LONGEST_RUNTIME = 65536
_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """`bridge.core.ports.Clock`."""

    def monotonic(self) -> float:
        """Counts on while the computer sleeps, so that no card session outlives the night."""
        return time.clock_gettime(_BOOT_TIME) if _BOOT_TIME is not None else time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


def run(
    layers: Layered,
    config_path: Path,
    *,
    has_tray: bool = True,
    handed_on: HandedOn | None = None,
    may_rest: Callable[[], bool] | None = None,
) -> int | HandedOn:
    """Serve until SIGTERM, SIGINT, the tray's 終了 or the end of the session; the process's exit code.

    Args:
        handed_on: what the daemon before this one has given.
        may_rest: whether the same program would start now, with the same `[server]`; None: there is no rest.

    Returns:
        the exit code, or what a fresh daemon is to get where this one may rest (`bridge.resting`).
    """
    exit_code: int | HandedOn = 0
    share_one_arena()
    try:
        exit_code = asyncio.run(_serve(layers, config_path, has_tray, handed_on, may_rest))
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


async def _serve(
    layers: Layered,
    config_path: Path,
    has_tray: bool,
    handed_on: HandedOn | None,
    may_rest: Callable[[], bool] | None,
) -> int | HandedOn:
    settings = layers.settings
    clock = SystemClock()
    audit = BackgroundAudit(AuditFiles(paths.audit_folder()))
    activity = Activity(audit, clock, skipped=handed_on.skipped if handed_on else 0)
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
    looking = Looking(monitor.look_again)
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
        look_again=looking.again,
        signatures=SigningProcesses(),
        time_stamps=HttpTimeStamps(),
        seen=certificates.saw,
    )
    freed = FreedMemory(lambda: desk.lane.is_busy or sessions.is_open)
    sessions.watchers.append(freed.used)
    refused = RefusedSites(paths.refused_file())
    server = Server(desk, settings.server, refused.note)
    async with asyncio.TaskGroup() as tasks:
        end = wishes.End()
        await server.start(tasks, handed_on.sockets if handed_on else ())
        try:
            desktop = Desktop(
                desk,
                certificates,
                config_file=config_path,
                url=server.url,
                has_driver=lambda: bool(policy.drivers()),
                has_proposals=lambda: _are_proposed(policy.open_sites()),
                stop=end.wish,
                has_tray=has_tray,
                handed_on=handed_on,
            )
            rest = Rest(
                _remains(
                    desk, server, desktop, (tokens, consent, resets, looking), (certificates, refused, audit)
                ),
                tasks,
                end.over,
                may=None if may_rest is None else partial(_may, policy, may_rest),
                door=server.listener,
                hand_on=lambda: _hand_on(end, server, desktop, activity),
            )
            for watchers in (server.watchers, desktop.watchers):
                watchers.append(rest.look)
            with _runtime_file(server, rest), _started(monitor), wishes.heard(desktop.choose, end):
                keepers = [
                    tasks.create_task(each)
                    for each in (
                        sessions.keep(),
                        _end_with_card(desk),
                        _end_with_worker(desk),
                        desktop.keep(),
                    )
                ]
                _say_ready(server)
                gc.enable()
                gc.freeze()  # what stays until the end need not be looked through again and again
                await end.over.wait()
                rest.stop()
                _log.info("stopping" if rest.handed is None else "resting: nothing is left to do")
                for keeper in keepers:
                    keeper.cancel()
        finally:
            await server.stop()
            await sessions.end()
            await tokens.close()
            await consent.end()
            await refused.end()
            await asyncio.to_thread(audit.close)
            looking.close()
    if rest.handed is not None:
        await asyncio.get_running_loop().shutdown_default_executor()
        await resting.turns()  # what other threads have heard of signals
        end.pass_on()
        return rest.handed
    return STEPPED_ASIDE if end.is_aside else 0


def _hand_on(end: wishes.End, server: Server, desktop: Desktop, activity: Activity) -> HandedOn:
    """From now on, whatever is wished is wished of the daemon that this one becomes."""
    end.is_handed_on = True
    return HandedOn(
        sockets=server.listener.hand_on(),
        tray=desktop.release_tray(),
        skipped=activity.throttle.take_skipped(),
    )


def _may(policy: ConfiguredPolicy, may_rest: Callable[[], bool]) -> bool:
    """What has changed in the configuration is recorded first: a fresh daemon knows nothing of before."""
    policy.open_sites()
    return may_rest()


def _remains(
    desk: Desk,
    server: Server,
    desktop: Desktop,
    parts: tuple[Pkcs11Tokens, DialogConsent, CardResets, Looking],
    files: tuple[CertificateMemory, RefusedSites, BackgroundAudit],
) -> Remains:
    (tokens, consent, resets, looking), (certificates, refused, audit) = parts, files
    measures = (desk.activity.throttle, desk.cancellations, desk.unanswered)
    now = desk.clock.monotonic
    return Remains(
        telling=(lambda: server.has_sockets, lambda: desk.lane.is_used, lambda: desktop.has_windows),
        settling=(
            lambda: server.has_pages,
            lambda: desk.sessions.is_open,
            lambda: tokens.has_workers,
            lambda: consent.has_process,
            lambda: resets.has_any,
            lambda: looking.is_under_way,
            lambda: not desktop.is_settled,
            lambda: not certificates.is_settled,
            lambda: not refused.is_written,
            lambda: not audit.is_written,
        ),
        forgotten_in_s=(logs.forgotten_in_s, *(partial(_forgotten_in_s, each, now) for each in measures)),
    )


def _forgotten_in_s(measure: Throttle | Cancellations, now: Callable[[], float]) -> float:
    return measure.forgotten_in_s(now())


def _say_ready(server: Server) -> None:
    """To who started it, once. Also after a rest where the sockets were not adopted: the port is another."""
    if server.listener.is_handed_on:
        _log.info("fresh again on port %s", server.port)
        return
    try:
        sys.stdout.write(f"cardbridge ready {server.url}\n")
        sys.stdout.flush()
    except OSError:  # who started it no longer reads; nor may what is left in the buffer fail at the end
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno(), inheritable=True)
    _log.info("ready on port %s", server.port)


def _are_proposed(allowed: frozenset[str] | None) -> bool:
    """Whether sites came with the installer that this user has not been shown (`bridge.proposed`)."""
    if allowed is None:
        return False
    return proposed.are_news(paths.proposals_file(), paths.answers_file(), allowed)


@contextmanager
def _runtime_file(server: Server, rest: Rest) -> Iterator[None]:
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
            if (
                rest.handed is None
                and json.loads(paths.read_private(path, _LONGEST_RUNTIME))["pid"] == os.getpid()
            ):
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
