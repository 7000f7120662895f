"""Drivers that crash, hang, lie, or are no drivers at all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, NOTHING, OPENSC, Lab, Trial
from tests.card.lab.modules import FaultyModule

pytestmark = MARKS

NAME = "見本ドライバ"
LIMIT_S = 5.0


@pytest.fixture(scope="module")
def constants() -> Sequence[str]:
    """Nobody waits 30 s for a driver here."""
    return (f"bridge.pkcs11.client:DRIVER_TIMEOUT_S={LIMIT_S}", f"bridge.pkcs11.tokens:_GRACE_S={LIMIT_S}")


@pytest.fixture(scope="module")
def module(lab: Lab) -> FaultyModule:
    return FaultyModule.make(lab.folder)


@pytest.fixture
def faulty(trial: Trial, module: FaultyModule) -> FaultyModule:
    """The only driver; it behaves until it is told otherwise."""
    module.behave()
    trial.lab.use_drivers((NAME, module.path))
    return module


def _at_start(name: str, operand: str, ja: str, en: str, *, is_slow: bool = False) -> Fault:
    return Fault(name=name, ja=ja, en=en, operand=operand, is_slow=is_slow)


@demonstrates(
    _at_start(
        "driver-crashes-at-load",
        "load crash",
        "ドライバが読み込みで異常終了する",
        "The driver crashes when loaded",
    ),
    _at_start(
        "driver-crashes-in-initialize",
        "C_Initialize crash",
        "ドライバが初期化で異常終了する",
        "The driver crashes in C_Initialize",
        is_slow=True,
    ),
    _at_start(
        "driver-gives-no-function-list",
        "C_GetFunctionList return 5",
        "ドライバが関数表を返さない",
        "The driver refuses its function list (CKR_GENERAL_ERROR)",
        is_slow=True,
    ),
    _at_start(
        "driver-refuses-initialize",
        "C_Initialize return 30",
        "ドライバが初期化を断る",
        "The driver refuses C_Initialize (CKR_DEVICE_ERROR)",
        is_slow=True,
    ),
    _at_start(
        "driver-garbage-attributes",
        "C_GetAttributeValue spoil",
        "ドライバがカードの中身についてでたらめを答える",
        "The driver answers garbage to C_GetAttributeValue",
    ),
    _at_start(
        "driver-absurd-lengths",
        "C_GetAttributeValue stretch",
        "ドライバがありえない長さを答える",
        "The driver claims attributes of 2^60 bytes",
        is_slow=True,
    ),
    _at_start(
        "driver-refuses-slot-list",
        "C_GetSlotList return 5",
        "ドライバがリーダの一覧を返さない",
        "The driver refuses its slot list (CKR_GENERAL_ERROR)",
        is_slow=True,
    ),
)
async def test_at_start(trial: Trial, faulty: FaultyModule) -> None:
    """Before any window: the request ends with the driver's error."""
    faulty.misbehave(trial.fault.operand)
    async with trial.page() as page:
        await page.fails(await page.ask(), "driverFailed", driver=NAME)
        faulty.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="driver-garbage-certificates",
        ja="ドライバが壊れた電子証明書を返す",
        en="The driver returns garbage for certificates",
    )
)
async def test_garbage_certificates(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave("CKA_VALUE spoil")
    async with trial.page() as page:
        await page.fails(await page.ask(), "noCertificate")
        faulty.behave()
        await page.recovers()


@demonstrates(
    Fault(
        name="driver-garbage-token-info",
        ja="ドライバがカードについてでたらめを答える",
        en="The driver answers garbage to C_GetTokenInfo",
    )
)
async def test_garbage_token_info(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave("C_GetTokenInfo spoil")
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.succeeds(request)
        trial.note(NOTHING)
        faulty.behave()
        await page.recovers()


@demonstrates(
    Fault(name="driver-hangs-at-load", ja="ドライバが読み込みで固まる", en="The driver hangs when loaded")
)
async def test_hangs_at_load(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave("load hang")
    async with trial.page() as page:
        await page.fails(await page.ask(), "driverTimeout", driver=NAME)
        faulty.behave()
        await page.recovers()


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
    Fault(name="driver-file-missing", ja="ドライバのファイルがない", en="The driver's file is missing"),
)
async def test_missing(trial: Trial) -> None:
    trial.lab.use_drivers((NAME, trial.lab.folder / "missing.so"))
    async with trial.page() as page:
        await page.fails(await page.ask(), "driverNotFound", driver=NAME)
        trial.lab.use_drivers((NAME, OPENSC))
        await page.recovers()


@demonstrates(
    Fault(
        name="driver-is-no-library",
        ja="ドライバのファイルがライブラリではない",
        en="The driver's file is no library",
        operand="This is a text.\n" * 100,
    ),
    Fault(
        name="driver-file-empty",
        ja="ドライバのファイルが空 (0バイト)",
        en="The driver's file has 0 bytes",
        is_slow=True,
    ),
)
async def test_no_library(trial: Trial) -> None:
    file = trial.lab.folder / f"{trial.fault.name}.so"
    file.write_text(trial.fault.operand)
    trial.lab.use_drivers((NAME, file))
    async with trial.page() as page:
        await page.fails(await page.ask(), "driverFailed", driver=NAME)
        trial.lab.use_drivers((NAME, OPENSC))
        await page.recovers()


@demonstrates(
    Fault(
        name="dead-driver-beside-good-one",
        ja="2つのドライバの一方が異常終了する。もう一方で続けられる",
        en="One of two drivers crashes; the other one serves",
        operand="load crash",
    ),
    Fault(
        name="hanging-driver-beside-good-one",
        ja="2つのドライバの一方が固まる。もう一方で続けられる",
        en="One of two drivers hangs; the other one serves",
        operand="load hang",
        is_slow=True,
    ),
)
async def test_beside_good_one(trial: Trial, faulty: FaultyModule) -> None:
    faulty.misbehave(trial.fault.operand)
    trial.lab.use_drivers((NAME, faulty.path), ("OpenSC", OPENSC))
    async with trial.page() as page:
        request = await page.ask()
        await trial.enter()
        await page.succeeds(request)
        trial.note(NOTHING)
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
