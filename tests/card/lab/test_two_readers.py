"""Two readers with a card each: trouble with the one, and with the other."""

from __future__ import annotations

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS
from tests.card.lab.trial import NOTHING, Page, Trial

pytestmark = MARKS

CHOOSE = "使う電子証明書を選んでください"


@pytest.fixture(scope="module")
def readers() -> int:
    return 2


async def recovers(trial: Trial, page: Page) -> None:
    """With the first card alone, so that there is nothing to choose."""
    if trial.lab.stack.control("status")["readers"][1]["card"] is not None:
        trial.control("remove", reader=2)
    trial.lab.stack.wait_for_cards([True, False])
    await page.recovers()


@demonstrates(
    Fault(
        name="card-pulled-while-choosing",
        ja="2枚のカードから選ぶ窓が開いている間に、1枚を抜く",
        en="Of two cards, one is pulled while the user chooses",
    )
)
async def test_while_choosing(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.sees(CHOOSE)
        trial.control("remove")
        await page.fails(request, "cardRemoved")
        trial.control("insert", card="first")
        await recovers(trial, page)


@demonstrates(
    Fault(
        name="other-card-pulled-at-window",
        ja="PIN番号の窓が開いている間に、もう1枚の (選ばれていない) カードを抜く",
        en="The other card, which was not chosen, is pulled while the PIN window is open",
    )
)
async def test_other_at_window(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.sees(CHOOSE)
        await trial.press_when_ready("Return")
        await trial.pin_window()
        trial.control("remove", reader=2)
        trial.lab.stack.wait_for_cards([True, False])
        await trial.enter()
        await page.succeeds(request)
        trial.note(NOTHING)
        await recovers(trial, page)


@demonstrates(
    Fault(
        name="other-card-pulled-within-session",
        ja='接続中 (pin="session") に、もう1枚のカードを抜く',
        en='The other card is pulled while a session (pin="session") is open',
    )
)
async def test_other_within_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        request = await page.ask()
        await trial.sees(CHOOSE)
        await trial.press_when_ready("Return")
        await trial.enter()
        await page.succeeds(request)
        trial.control("remove", reader=2)
        trial.lab.stack.wait_for_cards([True, False])
        await page.succeeds(await page.ask())
        trial.note(NOTHING)
    async with trial.page() as page:
        await recovers(trial, page)
