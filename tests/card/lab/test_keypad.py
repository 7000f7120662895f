"""A reader with a keypad (protected authentication path), imitated by a driver in front of OpenSC's."""

from __future__ import annotations

import asyncio

import pytest

from cardbridge_demo.desktop import GUARD_S
from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, PIN, WRONG_PIN, Lab, Trial
from tests.card.lab.modules import FaultyModule

pytestmark = MARKS

NAME = "テンキー付きリーダ"
ASKS = "OKを押してから、カードリーダのテンキーでPIN番号を入力してください。"


@pytest.fixture(scope="module")
def module(lab: Lab) -> FaultyModule:
    return FaultyModule.make(lab.folder)


@pytest.fixture
def reader(trial: Trial, module: FaultyModule) -> FaultyModule:
    module.misbehave("keypad")
    trial.lab.use_drivers((NAME, module.path))
    return module


async def agree(trial: Trial) -> None:
    """OK, so that the reader asks."""
    await trial.sees(ASKS)
    await asyncio.sleep(GUARD_S)
    await trial.press("Return")


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
        await trial.give_up()
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
