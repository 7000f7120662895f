"""A blocked PIN, its PUK, and what can go wrong with that too."""

from __future__ import annotations

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, PIN, PUK
from tests.card.lab.trial import Page, Trial

pytestmark = MARKS

WRONG_PUK = "87654321"


async def enter_puk(trial: Trial, puk: str) -> None:
    """PUK and twice the new PIN, which is the old one here, into the window that is coming."""
    await trial.sees("PUK（ロック解除番号）")
    await trial.window()
    for text in (puk, PIN, PIN):
        await trial.type(text)
        await trial.press("Return")


async def blocked(trial: Trial, page: Page) -> int:
    """The card is found blocked; the page asks for it to be unblocked."""
    trial.control("block-pin")
    await page.fails(await page.ask(), "pinLocked")
    return await page.ask("card.unblockPin")


@demonstrates(
    Fault(
        name="pin-locked-then-unblocked",
        ja="ロックされたカードを、PUKで解除する",
        en="A locked card is unblocked with its PUK",
    )
)
async def test_unblocked(trial: Trial) -> None:
    async with trial.page() as page:
        request = await blocked(trial, page)
        await enter_puk(trial, PUK)
        assert await page.succeeds(request) == {"changed": True}
        assert trial.lab.card_status()["pinTriesLeft"] == 3
        await page.recovers()


@demonstrates(
    Fault(
        name="puk-wrong-then-right",
        ja="PUKを一度まちがえ、次に正しく打つ",
        en="A wrong PUK, then the right one",
        is_slow=True,
    )
)
async def test_wrong_puk(trial: Trial) -> None:
    async with trial.page() as page:
        request = await blocked(trial, page)
        await enter_puk(trial, WRONG_PUK)
        await trial.sees("PUK（ロック解除番号）が違います。")
        assert trial.lab.card_status()["pukTriesLeft"] == 2
        await trial.type(PUK)
        for _ in range(3):
            await trial.press("Return")
        assert await page.succeeds(request) == {"changed": True}
        await page.recovers()


@demonstrates(
    Fault(
        name="puk-locked",
        ja="PUKもまちがえ続け、解除できなくなる",
        en="The PUK is wrong too often: it locks",
        is_slow=True,
    )
)
async def test_locked_puk(trial: Trial) -> None:
    async with trial.page() as page:
        trial.control("set-puk-tries", value=1)
        request = await blocked(trial, page)
        await enter_puk(trial, WRONG_PUK)
        # OpenSC does not tell that this was the last try: the card's next answer does.
        await trial.sees("PUK（ロック解除番号）が違います。")
        await trial.type(PUK)
        for _ in range(3):
            await trial.press("Return")
        await trial.sees(
            "PUK（ロック解除番号）がロックされました。このカードのPIN番号は、もう解除できません。"
            "カードを発行した認証局へ、再発行についてお問い合わせください。"
        )
        await trial.close_window("Return")
        await page.fails(request, "pinLocked")
        trial.control("set-puk-tries", value=3)
        trial.control("set-tries", value=3)
        await page.recovers()
