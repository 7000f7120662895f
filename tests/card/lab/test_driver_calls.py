"""Drivers that crash, hang or lie when the PIN has been typed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS
from tests.card.lab.modules import IMPATIENT, NAME, FaultyModule
from tests.card.lab.trial import Trial

pytestmark = MARKS


@pytest.fixture(scope="module")
def constants() -> Sequence[str]:
    """Nobody waits 30 s for a driver here."""
    return IMPATIENT


@demonstrates(
    Fault(
        name="driver-hangs-in-login",
        ja="ドライバがPIN番号の確認で固まる",
        en="The driver hangs in C_Login",
        operand="C_Login hang",
        is_slow=True,
    ),
    Fault(
        name="driver-hangs-in-signature",
        ja="ドライバが署名で固まる",
        en="The driver hangs in C_Sign",
        operand="C_Sign hang",
    ),
)
async def test_hangs_later(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave(trial.fault.operand)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.fails(request, "driverTimeout", driver=NAME)
        faulty.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="card-slower-than-limit",
        ja="カードの署名が制限時間より遅い",
        en="The card takes longer for a signature than the time limit",
        is_slow=True,
    )
)
async def test_too_slow(trial: Trial) -> None:
    trial.control("slow", value=60_000)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.fails(request, "driverTimeout", driver="OpenSC")
        # What the sentence says: PC/SC serves nobody until this card has answered.
        trial.control("remove")
        trial.control("heal")
        trial.control("insert")
        await page.recovers()


@demonstrates(
    Fault(
        name="driver-crashes-in-login",
        ja="ドライバがPIN番号の確認で異常終了する",
        en="The driver crashes in C_Login",
        operand="C_Login crash",
        is_slow=True,
    ),
    Fault(
        name="driver-crashes-in-signature",
        ja="ドライバが署名で異常終了する",
        en="The driver crashes in C_Sign",
        operand="C_Sign crash",
    ),
    Fault(
        name="driver-wrong-signature",
        ja="ドライバがまちがった署名を返す。署名は誰にも渡らない",
        en="The driver returns a wrong signature, which never leaves",
        operand="C_Sign spoil",
    ),
    Fault(
        name="driver-general-error-in-signature",
        ja="ドライバが署名で「一般エラー」を返す",
        en="CKR_GENERAL_ERROR for C_Sign",
        operand="C_Sign return 5",
        is_slow=True,
    ),
    Fault(
        name="login-general-error",
        ja="ドライバがPIN番号の確認で「一般エラー」を返す。PIN番号の誤りとは言わない",
        en="CKR_GENERAL_ERROR for C_Login, which is never called a wrong PIN",
        operand="C_Login return 5",
    ),
    Fault(
        name="login-device-memory",
        ja="ドライバがPIN番号の確認で「装置のメモリ不足」を返す。PIN番号の誤りとは言わない",
        en="CKR_DEVICE_MEMORY for C_Login, which is never called a wrong PIN",
        operand="C_Login return 31",
        is_slow=True,
    ),
    Fault(
        name="login-function-failed",
        ja="ドライバがPIN番号の確認で「失敗」を返す。PIN番号の誤りとは言わない",
        en="CKR_FUNCTION_FAILED for C_Login, which is never called a wrong PIN",
        operand="C_Login return 6",
        is_slow=True,
    ),
    Fault(
        name="login-device-error",
        ja="ドライバがPIN番号の確認で「装置エラー」を返す。PIN番号の誤りとは言わない",
        en="CKR_DEVICE_ERROR for C_Login, which is never called a wrong PIN",
        operand="C_Login return 30",
        is_slow=True,
    ),
)
async def test_fails_later(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave(trial.fault.operand)
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.fails(request, "driverFailed", driver=NAME)
        assert trial.lab.card_status()["pinTriesLeft"] == 3
        faulty.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="driver-crashes-in-pin-change",
        ja="ドライバがPIN番号の変更で異常終了する",
        en="The driver crashes in C_SetPIN",
        operand="C_SetPIN crash",
    ),
    Fault(
        name="driver-hangs-in-pin-change",
        ja="ドライバがPIN番号の変更で固まる",
        en="The driver hangs in C_SetPIN",
        operand="C_SetPIN hang",
        is_slow=True,
    ),
)
async def test_pin_change(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave(trial.fault.operand)
    async with trial.page() as page:
        request = await page.ask("card.changePin")
        await trial.enter()
        for text in ("654321", "654321"):
            await trial.type(text)
            await trial.press("Return")
        reason = "driverTimeout" if trial.fault.is_slow else "driverFailed"
        await page.fails(request, reason, driver=NAME)
        faulty.behave()
        await page.recovers()
