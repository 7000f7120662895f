"""A reader with a keypad (protected authentication path), imitated by a driver in front of OpenSC's."""

from __future__ import annotations

import asyncio

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, PIN, PUK, WRONG_PIN
from tests.card.lab.modules import FaultyModule
from tests.card.lab.trial import Trial

pytestmark = MARKS

NEW_PIN, WRONG_PUK = "654321", "87654321"
ASKS = "OKを押してから、カードリーダのテンキーでPIN番号を入力してください。"


@pytest.fixture
def reader(faulty: FaultyModule) -> FaultyModule:
    faulty.misbehave("keypad")
    return faulty


async def agree(trial: Trial, words: str = ASKS) -> None:
    """The window's button, so that the reader asks."""
    await trial.sees(words)
    await trial.press_when_ready("Return")


async def press(reader: FaultyModule, *numbers: str) -> None:
    """On the reader's keypad."""
    async with asyncio.timeout(20):
        await asyncio.to_thread(reader.press, *numbers)


@demonstrates(
    Fault(
        name="keypad-wrong-then-right",
        ja="リーダのテンキーでPIN番号をまちがえ、次に正しく打つ",
        en="Reader with a keypad: a wrong PIN, then the right one",
    )
)
async def test_wrong_then_right(trial: Trial, reader: FaultyModule) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await agree(trial)
        await press(reader, WRONG_PIN)
        await trial.sees("PIN番号が違います。")
        assert trial.lab.card_status()["pinTriesLeft"] == 2
        await trial.press("Return")
        await press(reader, PIN)
        await page.succeeds(request)
        reader.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="keypad-cancel-key",
        ja="リーダのテンキーで取り消しキーを押す",
        en="Reader with a keypad: its cancel key is pressed",
    )
)
async def test_cancel_key(trial: Trial, reader: FaultyModule) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await agree(trial)
        await press(reader, "")
        await page.fails(request, "userCancelled")
        assert trial.lab.card_status()["pinTriesLeft"] == 3
        reader.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="keypad-abandoned",
        ja="リーダのテンキーを打たずに、窓でEscキーを押す",
        en="Reader with a keypad: nothing is typed, and Escape is pressed in the window",
        is_slow=True,
    )
)
async def test_abandoned(trial: Trial, reader: FaultyModule) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await agree(trial)
        assert await trial.happens(lambda: trial.lab.eyes.reads("リーダのテンキーで入力してください"))
        await trial.close_window("Escape")
        await page.fails(request, "userCancelled")
        reader.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="keypad-card-pulled",
        ja="リーダがテンキーの入力を待つ間に、カードを抜く",
        en="Reader with a keypad: card pulled while it waits for the PIN",
        is_slow=True,
    )
)
async def test_card_pulled(trial: Trial, reader: FaultyModule) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await agree(trial)
        assert await trial.happens(lambda: trial.lab.eyes.reads("リーダのテンキーで入力してください"))
        trial.control("remove")
        await page.fails(request, "cardRemoved")
        trial.control("insert", card="first")
        reader.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="keypad-pin-change-wrong-then-right",
        ja="リーダのテンキーでのPIN番号の変更で、今のPIN番号をまちがえ、次に正しく打つ",
        en="Reader with a keypad, PIN change: the present PIN is wrong, then right",
    )
)
async def test_pin_change(trial: Trial, reader: FaultyModule) -> None:
    async with trial.page() as page:
        request = await page.ask("card.changePin")
        await agree(trial, "「変更する」を押すと、カードリーダが今のPIN番号と新しいPIN番号を順に聞きます。")
        await press(reader, WRONG_PIN, NEW_PIN)
        await trial.sees("今のPIN番号が違います。")
        assert trial.lab.card_status()["pinTriesLeft"] == 2
        await trial.press("Return")
        await press(reader, PIN, NEW_PIN)
        assert await page.succeeds(request) == {"changed": True}
        request = await page.ask("card.changePin")
        await agree(trial, "「変更する」を押すと、カードリーダが今のPIN番号と新しいPIN番号を順に聞きます。")
        await press(reader, NEW_PIN, PIN)
        assert await page.succeeds(request) == {"changed": True}
        reader.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="keypad-puk-wrong-then-right",
        ja="ロックされたカードのPUKを、リーダのテンキーでまちがえ、次に正しく打つ",
        en="Reader with a keypad, locked card: the PUK is wrong, then right",
        is_slow=True,
    )
)
async def test_unblocking(trial: Trial, reader: FaultyModule) -> None:
    trial.control("block-pin")
    async with trial.page() as page:
        request = await page.ask("card.unblockPin")
        await agree(
            trial, "「解除する」を押すと、カードリーダがPUK（ロック解除番号）と新しいPIN番号を順に聞きます。"
        )
        await press(reader, WRONG_PUK, PIN)
        await trial.sees("PUK（ロック解除番号）が違います。")
        assert trial.lab.card_status()["pukTriesLeft"] == 2
        await trial.press("Return")
        await press(reader, PUK, PIN)
        assert await page.succeeds(request) == {"changed": True}
        reader.behave()
        await page.recovers()
