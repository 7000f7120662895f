"""Cards that are pulled, put in and exchanged at the worst moment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import HAPPENS_S, MARKS, PIN
from tests.card.lab.trial import Page, Trial

pytestmark = MARKS


@demonstrates(
    Fault(
        name="card-pulled-before-pin",
        ja="PIN番号を打つ前にカードを抜く",
        en="Card pulled before the PIN is typed",
    )
)
async def test_before_pin(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        trial.control("remove")
        await page.fails(request, "cardRemoved")
        trial.control("insert")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-pulled-while-pin-is-typed",
        ja="PIN番号を打っている途中でカードを抜く",
        en="Card pulled while the PIN is being typed",
    )
)
async def test_while_typing(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await trial.type(PIN[:3])
        trial.control("remove")
        await page.fails(request, "cardRemoved")
        trial.control("insert")
        await page.recovers()
    assert trial.lab.card_status()["pinTriesLeft"] == 3


@demonstrates(
    Fault(
        name="card-pulled-in-signature",
        ja="署名の最中にカードを抜く",
        en="Card pulled in the middle of a signature",
    )
)
async def test_in_signature(trial: Trial) -> None:
    trial.control("eject-during-signature")
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.fails(request, "cardRemoved")
        trial.control("insert")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-pulled-between-documents",
        ja="複数の書類の署名で、1件目と2件目の間にカードを抜く",
        en="Card pulled between two documents of a batch",
    )
)
async def test_between_documents(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask_to_sign(3)
        await trial.pin_window()
        made = trial.lab.signatures()
        trial.control("slow", value=1500)
        await trial.enter()
        await page.progress(request, "signing", done=1)
        trial.control("remove")
        await page.fails(request, "cardRemoved")
        assert trial.lab.signatures() - made in (1, 2)
        trial.control("heal")
        trial.control("insert")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-pulled-within-session",
        ja='PIN番号を確認した後、接続中 (pin="session") にカードを抜く',
        en='Card pulled after the PIN, while a session (pin="session") is open',
    )
)
async def test_within_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        await page.succeeds(await page.ask())
        trial.control("remove")
        assert await trial.happens(lambda: not trial.lab.daemon.children("worker"))
        request = await page.ask()
        await trial.sees("ICカードを入れてください")
        trial.control("insert")
        await trial.enter()
        await page.succeeds(request)
    async with trial.page() as page:
        await page.recovers()


@demonstrates(
    Fault(
        name="card-swapped-before-pin",
        ja="PIN番号を打つ前に、別のカードに入れ替える",
        en="Card swapped for another before the PIN is typed",
    )
)
async def test_swapped_before_pin(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        trial.control("swap", card="second")
        await page.fails(request, "cardRemoved")
        assert trial.lab.card_status()["pinTriesLeft"] == 3, "the other card has been given a PIN"
        trial.control("swap", card="first")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-swapped-within-session",
        ja='接続中 (pin="session") に、別のカードに入れ替える',
        en='Card swapped for another while a session (pin="session") is open',
    )
)
async def test_swapped_within_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        trial.control("swap", card="second")
        request = await page.ask()
        await trial.sees("別人 花子")
        await trial.close_window("Escape")
        await page.fails(request, "userCancelled")
        trial.control("swap", card="first")
    async with trial.page() as page:
        await page.recovers()


@demonstrates(
    Fault(
        name="card-inserted-while-window-waits",
        ja="窓がカードを求めてから、カードを入れる",
        en="Card inserted only when the window asks for it",
    )
)
async def test_inserted_late(trial: Trial) -> None:
    trial.control("remove")
    trial.lab.wait_for_card(is_present=False)
    async with trial.page() as page:
        request = await page.ask()
        await trial.sees("ICカードを入れてください")
        trial.control("insert", card="first")
        await trial.enter()
        await page.succeeds(request)
        await page.recovers()


@demonstrates(
    Fault(
        name="card-in-and-out-rapidly",
        ja="窓がカードを求めている間に、カードを何度もすばやく抜き差しする",
        en="Card put in and pulled out rapidly while the window asks for it",
        is_slow=True,
    )
)
async def test_rapidly(trial: Trial) -> None:
    trial.control("remove")
    trial.lab.wait_for_card(is_present=False)
    async with trial.page() as page:
        request = await page.ask()
        await trial.sees("ICカードを入れてください")
        for pause_s in (0.1, 0.5, 0.9, 0.3, 0.7):
            trial.control("insert", card="first")
            await asyncio.sleep(pause_s)
            trial.control("remove")
            await asyncio.sleep(pause_s)
        trial.control("insert", card="first")
        response = await ended_or_at_pin(trial, page, request)
        if response is not None:
            assert response["error"]["data"]["reason"] == "cardRemoved", response
            await page.gets_token()
        await page.recovers()


async def ended_or_at_pin(trial: Trial, page: Page, request: int) -> dict[str, Any] | None:
    """The answer, where one of the removals met a PIN window; None where the PIN is asked for now."""
    async with asyncio.timeout(HAPPENS_S):
        while not trial.lab.eyes.reads("PIN番号"):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    return await page.client.response(request)
    return None


@demonstrates(
    Fault(
        name="no-card-then-escape",
        ja="カードを入れずに、窓でEscキーを押す",
        en="No card; the user presses Escape in the window that asks for one",
    )
)
async def test_no_card(trial: Trial) -> None:
    trial.control("remove")
    trial.lab.wait_for_card(is_present=False)
    async with trial.page() as page:
        request = await page.ask()
        await trial.sees("ICカードを入れてください")
        await trial.sees("ICカードをリーダの奥まで差し込んでください。読み取ると、自動で次へ進みます。")
        await trial.close_window("Escape")
        await page.fails(request, "noCard")
        trial.control("insert")
        await page.recovers()
