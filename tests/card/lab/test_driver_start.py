"""Drivers that crash, hang or lie from the beginning, and files that are no drivers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS, OPENSC
from tests.card.lab.modules import IMPATIENT, NAME, FaultyModule
from tests.card.lab.trial import NOTHING, Trial

pytestmark = MARKS


@pytest.fixture(scope="module")
def constants() -> Sequence[str]:
    """Nobody waits 30 s for a driver here."""
    return IMPATIENT


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
        await page.gets_token()
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
        await page.gets_token()
        trial.note(NOTHING)
        await page.recovers()
