"""Processes that die, freeze, or wake up to another world."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.card.lab.daemon import signal_all, whole_family
from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS
from tests.card.lab.trial import PIN_AGAIN, Trial

pytestmark = MARKS

ASLEEP_S = 3.0


@demonstrates(
    Fault(
        name="window-killed", ja="PIN番号の窓が強制終了される", en="The window's process is killed (kill -9)"
    )
)
async def test_window_killed(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        os.kill(trial.lab.daemon.one("dialog"), signal.SIGKILL)
        await page.fails(request, "internalError")
        await page.recovers()


@demonstrates(
    Fault(
        name="worker-killed-at-window",
        ja="PIN番号の窓が開いている間に、ドライバの作業プロセスが強制終了される",
        en="The worker is killed (kill -9) while the PIN window is open",
    )
)
async def test_worker_killed_at_window(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        os.kill(trial.lab.daemon.one("worker"), signal.SIGKILL)
        await page.fails(request, "driverFailed", driver="OpenSC")
        await page.recovers()


@demonstrates(
    Fault(
        name="worker-killed-in-signature",
        ja="署名の最中に、ドライバの作業プロセスが強制終了される",
        en="The worker is killed (kill -9) in the middle of a signature",
    )
)
async def test_worker_killed_in_signature(trial: Trial) -> None:
    trial.control("slow", value=2000)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.progress(request, "signing")
        os.kill(trial.lab.daemon.one("worker"), signal.SIGKILL)
        await page.fails(request, "driverFailed", driver="OpenSC")
        trial.control("heal")
        await page.recovers()


@demonstrates(
    Fault(
        name="worker-killed-within-session",
        ja='接続中 (pin="session") に、ドライバの作業プロセスが強制終了される',
        en='The worker is killed (kill -9) while a session (pin="session") is open',
    )
)
async def test_worker_killed_within_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        os.kill(trial.lab.daemon.one("worker"), signal.SIGKILL)
        assert await trial.happens(lambda: not trial.lab.card_status()["pinVerified"])
        await page.gets_token()
        trial.note(PIN_AGAIN)
    async with trial.page() as page:
        await page.recovers()


async def sleep(trial: Trial, *while_asleep: tuple[str, dict[str, str]]) -> None:
    """As if the computer slept: the daemon's family and pcscd stand still, whatever happens to the card."""
    pcscd = trial.lab.stack.pcscd.pid
    assert pcscd is not None
    everyone = [*whole_family(trial.lab.daemon.process.pid), pcscd]
    signal_all(everyone, signal.SIGSTOP)
    try:
        for command, operands in while_asleep:
            trial.control(command, **operands)
        await asyncio.sleep(ASLEEP_S)
    finally:
        signal_all(everyone, signal.SIGCONT)


@demonstrates(
    Fault(
        name="sleep-at-window",
        ja="PIN番号の窓が開いたまま、パソコンが休止して戻る",
        en="The computer sleeps and wakes with the PIN window open",
        is_slow=True,
    )
)
async def test_sleep_at_window(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await sleep(trial)
        await trial.enter()
        await page.succeeds(request)
        trial.note("窓はそのまま使える / the window goes on")
        await page.recovers()


@demonstrates(
    Fault(
        name="sleep-card-removed",
        ja="休止の間にカードが抜かれる (窓が開いている)",
        en="The card is removed while the computer sleeps, with the PIN window open",
    )
)
async def test_sleep_and_removal(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await sleep(trial, ("remove", {}))
        await page.fails(request, "cardRemoved")
        trial.control("insert", card="first")
        await page.recovers()


@demonstrates(
    Fault(
        name="sleep-card-swapped-within-session",
        ja='接続中 (pin="session") の休止の間に、別のカードに入れ替えられる',
        en='The card is swapped while the computer sleeps, with a session (pin="session") open',
    )
)
async def test_sleep_and_swap(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        await sleep(trial, ("swap", {"card": "second"}))
        assert await trial.happens(lambda: not trial.lab.daemon.children("worker"))
        request = await page.ask()
        await trial.sees("別人 花子")
        await trial.close_window("Escape")
        await page.fails(request, "userCancelled")
        trial.control("swap", card="first")
    async with trial.page() as page:
        await page.recovers()
