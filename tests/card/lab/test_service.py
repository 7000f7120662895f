"""The PC/SC service and the reader go away, and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import HAPPENS_S, MARKS, Lab
from tests.card.lab.modules import SilentReader
from tests.card.lab.trial import PIN_AGAIN, Page, Trial

pytestmark = MARKS


@pytest.fixture(autouse=True)
def running_service(lab: Lab) -> Iterator[None]:
    """pcscd runs when the experiment begins."""
    yield
    if lab.stack.pcscd.pid is None:
        lab.stack.pcscd.start()


async def reader_state(page: Page) -> str | None:
    """As the page is told; None while there is no reader or no service."""
    response = await page.client.call("readers.list")
    readers = response["result"]["readers"] if "result" in response else []
    return str(readers[0]["state"]) if readers else None


async def comes_to(page: Page, wanted: str | None) -> None:
    """Until the daemon, untouched, says so of the reader."""
    async with asyncio.timeout(HAPPENS_S):
        while True:
            if await reader_state(page) == wanted:
                return
            await asyncio.sleep(0.02)


async def service_returns(trial: Trial, page: Page) -> None:
    """pcscd starts; the daemon finds it, and the card, by itself."""
    trial.lab.stack.pcscd.start()
    trial.remedied()
    await comes_to(page, "present")
    await page.recovers()


@demonstrates(
    Fault(
        name="service-stopped",
        ja="PC/SCサービスを止めてから操作する",
        en="PC/SC stopped, then the next request",
        is_slow=True,
    )
)
async def test_stopped(trial: Trial) -> None:
    async with trial.page() as page:
        trial.lab.stack.pcscd.stop()
        await comes_to(page, None)
        await page.fails(await page.ask(), "readerServiceUnavailable")
        await service_returns(trial, page)


@demonstrates(
    Fault(
        name="service-killed",
        ja="PC/SCサービスが何もしていない間に落ちる",
        en="pcscd killed (kill -9) while idle",
    )
)
async def test_killed(trial: Trial) -> None:
    async with trial.page() as page:
        trial.lab.stack.pcscd.kill()
        await comes_to(page, None)
        await page.fails(await page.ask(), "readerServiceUnavailable")
        await service_returns(trial, page)


@demonstrates(
    Fault(
        name="service-killed-at-window",
        ja="PIN番号の窓が開いている間に、PC/SCサービスが落ちる",
        en="pcscd killed while the PIN window is open",
    )
)
async def test_killed_at_window(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        trial.lab.stack.pcscd.kill()
        await page.fails(request, "readerServiceUnavailable")
        await service_returns(trial, page)


@demonstrates(
    Fault(
        name="service-killed-in-signature",
        ja="署名の最中に、PC/SCサービスが落ちる",
        en="pcscd killed in the middle of a signature",
    )
)
async def test_killed_in_signature(trial: Trial) -> None:
    trial.control("slow", value=3000)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.progress(request, "signing")
        trial.lab.stack.pcscd.kill()
        await page.fails(request, "readerServiceUnavailable")
        trial.control("heal")
        await service_returns(trial, page)


@demonstrates(
    Fault(
        name="service-restarted-within-session",
        ja='接続中 (pin="session") に、PC/SCサービスが再起動する',
        en='pcscd killed and restarted while a session (pin="session") is open',
    )
)
async def test_restarted_within_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        trial.lab.stack.pcscd.kill()
        trial.lab.stack.pcscd.start()
        assert await trial.happens(lambda: not trial.lab.daemon.children("worker"))
        trial.note(PIN_AGAIN)
        await comes_to(page, "present")
    async with trial.page() as page:
        await page.recovers()


@demonstrates(Fault(name="no-reader", ja="リーダがつながっていない", en="No reader is connected"))
async def test_no_reader(trial: Trial) -> None:
    pcscd = trial.lab.stack.pcscd
    drivers = pcscd.folder / "conf" / "vpcd"
    async with trial.page() as page:
        pcscd.stop()
        drivers.rename(pcscd.folder / "vpcd.aside")
        pcscd.start()
        await page.fails(await _asked_without_readers(page), "noReader")
        pcscd.stop()
        (pcscd.folder / "vpcd.aside").rename(drivers)
        await service_returns(trial, page)


async def _asked_without_readers(page: Page) -> int:
    """A request, made as soon as the daemon has found the service again."""
    async with asyncio.timeout(HAPPENS_S):
        while True:
            if (await page.client.call("readers.list")).get("result") == {"readers": []}:
                return await page.ask()
            await asyncio.sleep(0.02)


@demonstrates(
    Fault(
        name="reader-silent",
        ja="PIN番号の窓が開いている間に、リーダが応答しなくなる (接触不良)",
        en="The reader stops answering while the PIN window is open (a loose plug)",
    )
)
async def test_silent_reader(trial: Trial) -> None:
    reader = SilentReader.install(trial.lab.stack)
    async with trial.page() as page:
        await comes_to(page, "present")
        request = await page.ask()
        await trial.pin_window()
        reader.fall_silent()
        await page.fails(request, "cardRemoved")
        request = await page.ask()
        await trial.sees("ICカードを入れてください")
        reader.speak()
        await trial.enter()
        await page.succeeds(request)
        await page.recovers()
