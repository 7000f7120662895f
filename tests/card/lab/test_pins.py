"""Wrong PINs, the last try, locked cards, and cards that are out of date."""

from __future__ import annotations

import asyncio

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, PIN, WRONG_PIN
from tests.card.lab.trial import NOTHING, PIN_AGAIN, Trial
from tests.card.probe import Probe

pytestmark = MARKS

LOCKED = (
    "ICカードがロックされました。PIN番号は使えません。"
    "カードを発行した認証局へ、ロック解除の方法をお問い合わせください。"
)


@demonstrates(
    Fault(
        name="pin-wrong-then-right",
        ja="PIN番号を一度まちがえ、次に正しく打つ",
        en="A wrong PIN, then the right one",
    )
)
async def test_wrong_then_right(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter(WRONG_PIN)
        await trial.sees("PIN番号が違います。")
        await trial.enter()
        await page.succeeds(request)
        assert trial.lab.card_status()["pinTriesLeft"] == 3
        await page.recovers()


@demonstrates(
    Fault(
        name="pin-wrong-then-given-up",
        ja="PIN番号をまちがえ、窓を閉じる",
        en="A wrong PIN, then the user gives up",
    )
)
async def test_wrong_then_given_up(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter(WRONG_PIN)
        await trial.sees("PIN番号が違います。")
        await trial.close_window("Escape")
        await page.fails(request, "pinIncorrect", pinState="countLow")
        assert trial.lab.card_status()["pinTriesLeft"] == 2
        await page.recovers()


@demonstrates(
    Fault(
        name="pin-final-try",
        ja="あと1回でロックされるカード。確認の印を付けるまで、PIN番号は送られない",
        en="One try left: nothing is sent before a separate confirmation",
    )
)
async def test_final_try(trial: Trial) -> None:
    trial.control("set-tries", value=1)
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await trial.sees("あと1回まちがえるとロックされます。")
        await trial.sees("最後の1回であることを理解し、正しいPIN番号を確かめました")
        await trial.enter()
        await trial.press("Tab")
        await trial.press("Return")
        assert await still_open(trial)
        assert trial.lab.card_status()["pinTriesLeft"] == 1
        await trial.press("space")
        await trial.press("Return")
        await page.succeeds(request)
        await page.recovers()


async def still_open(trial: Trial) -> bool:
    """Whether the window stays although Enter was pressed, in the PIN field and on the confirmation."""
    await asyncio.sleep(1)
    return bool(trial.lab.screen.windows())


@demonstrates(
    Fault(
        name="pin-locked-by-last-wrong-try",
        ja="最後の1回もまちがえ、カードがロックされる",
        en="The last try is wrong too: the card locks",
    )
)
async def test_locked_during(trial: Trial) -> None:
    trial.control("set-tries", value=1)
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await trial.type(WRONG_PIN)
        await trial.press("Tab")
        await trial.press("space")
        await trial.press("Return")
        await trial.sees(LOCKED)
        await trial.close_window("Return")
        await page.fails(request, "pinLocked")
        assert trial.lab.card_status()["pinTriesLeft"] == 0
        trial.control("set-tries", value=3)
        await page.recovers()


@demonstrates(
    Fault(
        name="pin-locked-before",
        ja="ロックされたカード。PIN番号は求められない",
        en="A locked card: no PIN is asked for",
    )
)
async def test_locked_before(trial: Trial) -> None:
    trial.control("block-pin")
    async with trial.page() as page:
        await page.fails(await page.ask(), "pinLocked")
        trial.control("set-tries", value=3)
        await page.recovers()


@demonstrates(
    Fault(
        name="other-program-spoils-pin",
        ja="窓が開いている間に、ほかのソフトがまちがったPIN番号を送る",
        en="Another program sends a wrong PIN while the window is open",
    )
)
async def test_other_program_spoils(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        await asyncio.to_thread(spoil, trial)
        assert trial.lab.card_status()["pinTriesLeft"] == 2
        await trial.enter()
        await page.succeeds(request)
        trial.note(NOTHING)
        await page.recovers()


@demonstrates(
    Fault(
        name="other-program-spoils-session",
        ja='接続中 (pin="session") に、ほかのソフトがまちがったPIN番号を送る',
        en='Another program sends a wrong PIN while a session (pin="session") is open: the card forgets ours',
    )
)
async def test_other_program_spoils_session(trial: Trial) -> None:
    async with trial.page(has_session=True) as page:
        await page.gets_token()
        await asyncio.to_thread(spoil, trial)
        await page.gets_token()
        trial.note(PIN_AGAIN)
    async with trial.page() as page:
        await page.recovers()


def spoil(trial: Trial) -> None:
    """A login with a wrong PIN, from a process that is none of ours."""
    with Probe(trial.lab.stack.env) as other:
        assert other.ask("login", pin=WRONG_PIN) == "!PinIncorrect"


@demonstrates(
    Fault(
        name="certificate-expired",
        ja="電子証明書の有効期限が切れたカード",
        en="A card whose certificate has expired",
    )
)
async def test_expired(trial: Trial) -> None:
    trial.control("expire")
    trial.lab.wait_for_card()
    async with trial.page() as page:
        request = await page.ask()
        response = await page.client.response(request)
        end = response["error"]["data"].get("notAfter", "")
        page.check(response, "certificateExpired", notAfter=end)
        assert end.endswith("Z") and end[:2] == "20"
        trial.control("renew")
        await page.recovers()
    assert PIN not in str(response)
