"""Several pages, several daemons, pages that leave."""

from __future__ import annotations

import asyncio

from cardbridge_demo.ports import free_ports
from tests.card.lab.daemon import Daemon, daemon
from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, OPENSC, write_configuration
from tests.card.lab.trial import PIN_AGAIN, Page, Trial
from tests.e2e.contract_client import connected

pytestmark = MARKS

SLOW_MS = 800


@demonstrates(
    Fault(
        name="two-pages-at-once",
        ja="2つの画面から同時に依頼する。2つ目は順番を待つ",
        en="Two pages ask at once: the second waits for its turn",
    )
)
async def test_two_pages(trial: Trial) -> None:
    async with trial.page() as first, trial.page(origin=next(trial.lab.origins)) as second:
        one = await first.ask()
        await trial.pin_window()
        two = await second.ask()
        await trial.enter()
        await first.succeeds(one)
        assert await trial.happens(lambda: trial.lab.eyes.reads(second.origin))
        trial.note("2つ目の窓は、1つ目の後に開く / the second window opens after the first")
        await trial.enter()
        await second.succeeds(two)
        await first.recovers()


@demonstrates(
    Fault(
        name="page-cancels-slow-signature",
        ja="遅いカード (0.8秒) の署名の最中に、画面が取り消す",
        en="The page cancels while a slow card (0.8 s) signs",
    )
)
async def test_cancelled(trial: Trial) -> None:
    trial.control("slow", value=SLOW_MS)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.progress(request, "signing")
        await page.client.socket.send_json(
            {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": request}}
        )
        await page.fails(request, "userCancelled")
        assert await trial.happens(lambda: not trial.lab.card_status()["pinVerified"])
        await page.recovers()


@demonstrates(
    Fault(
        name="page-closed-in-slow-signature",
        ja="遅いカード (0.8秒) の署名の最中に、画面が閉じられる",
        en="The page is closed while a slow card (0.8 s) signs",
    )
)
async def test_closed(trial: Trial) -> None:
    trial.control("slow", value=SLOW_MS)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.progress(request, "signing")
    await trial.window_gone()
    assert await trial.happens(lambda: not trial.lab.card_status()["pinVerified"])
    trial.note("窓は閉じ、カードはPIN番号を忘れる / no window, and the card has forgotten the PIN")
    async with trial.page() as page:
        await page.recovers()


@demonstrates(
    Fault(
        name="page-closed-at-window",
        ja="PIN番号の窓が開いている間に、画面が閉じられる",
        en="The page is closed while the PIN window is open",
        is_slow=True,
    )
)
async def test_closed_at_window(trial: Trial) -> None:
    async with trial.page() as page:
        await page.ask()
        await trial.pin_window()
    await trial.window_gone()
    trial.note("窓は閉じる / the window closes")
    async with trial.page() as page:
        await page.recovers()


@demonstrates(
    Fault(
        name="two-daemons-one-card",
        ja='接続中 (pin="session") に、別の利用者のICカードブリッジが同じカードを使い、接続が切れる',
        en='A second daemon uses the card while a session (pin="session") is open, and logs it out',
    )
)
async def test_two_daemons(trial: Trial) -> None:
    folder = trial.lab.folder / "other"
    folder.mkdir()
    first = free_ports(4)
    write_configuration(folder / "config.toml", [("OpenSC", OPENSC)], ports=(first, first + 3))
    env = {**trial.lab.stack.env, **trial.lab.screen.env}
    with daemon(folder, folder / "config.toml", env) as other:
        async with trial.page(has_session=True) as page:
            await page.gets_token()
            await _uses_card(trial, other)
            assert not trial.lab.card_status()["pinVerified"]
            await page.gets_token()
            trial.note(PIN_AGAIN)
            await page.client.call("session.close")
            await _uses_card(trial, other)
        async with trial.page() as page:
            await page.recovers()


async def _uses_card(trial: Trial, other: Daemon) -> None:
    """A whole request of the other daemon."""
    async with connected(other.url, trial.origin) as client:
        page = Page(trial=trial, client=client, origin=trial.origin)
        await page.gets_token()
        await asyncio.to_thread(other.await_children, "worker", 0)
