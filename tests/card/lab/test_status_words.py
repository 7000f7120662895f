"""Cards that answer with status words of an error (ISO/IEC 7816-4, 5.1.3)."""

from __future__ import annotations

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS
from tests.card.lab.trial import Trial

pytestmark = MARKS


def _fault(status_word: str, ja: str, en: str) -> Fault:
    return Fault(
        name=f"card-says-{status_word}",
        ja=f"カードが署名に {status_word} ({ja}) と答える",
        en=f"The card answers a signature with {status_word} ({en})",
        operand=status_word,
        is_slow=status_word != "6F00",
    )


@demonstrates(
    _fault("6F00", "詳しい診断なし", "no precise diagnosis"),
    _fault("6982", "セキュリティ条件を満たさない", "security status not satisfied"),
    _fault("6B00", "パラメータの誤り", "wrong parameters"),
    _fault("6581", "書き込みの失敗", "memory failure"),
)
async def test_signature(trial: Trial) -> None:
    trial.control("fail-with", statusWord=trial.fault.operand, count=1000)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.fails(request, "driverFailed", driver="OpenSC")
        trial.control("heal")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-says-6F00-to-pin",
        ja="カードがPIN番号に 6F00 (詳しい診断なし) と答える。PIN番号の誤りとは言わない",
        en="The card answers the PIN with 6F00 (no precise diagnosis), which is never called a wrong PIN",
        operand="6F00",
    )
)
async def test_pin(trial: Trial) -> None:
    async with trial.page() as page:
        request = await page.ask()
        await trial.pin_window()
        trial.control("fail-with", statusWord=trial.fault.operand, count=1000, ins="20")
        await trial.enter()
        await page.fails(request, "driverFailed", driver="OpenSC")
        assert trial.lab.card_status()["pinTriesLeft"] == 3
        trial.control("heal")
        await page.recovers()


@demonstrates(
    Fault(
        name="card-says-6F00-to-everything",
        ja="カードがすべての命令に 6F00 と答える",
        en="The card answers every command with 6F00",
        operand="6F00",
    )
)
async def test_everything(trial: Trial) -> None:
    trial.control("fail-with", statusWord=trial.fault.operand, count=1000, ins="any")
    async with trial.page() as page:
        await page.fails(await page.ask(), "cardUnsupported")
        trial.control("heal")
        await page.recovers()
