"""What the tray says of every situation."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from bridge.core.desktop import IconState, TrayState
from bridge.core.language import Language
from bridge.core.pinentry import PinState
from bridge.core.readers import Card, Reader, ReaderState
from bridge.core.situation import Situation
from bridge.ui.status import expiry_notice, pin_notice, tray_state

TOKYO = timezone(timedelta(hours=9))
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=TOKYO)


def reader(state: ReaderState, pin_state: PinState = "unknown", name: str = "見本リーダ") -> Reader:
    card = Card(type="PIV", pin_state=pin_state, protected_authentication_path=False)
    return Reader(name=name, state=state, card=card if state in ("present", "inUse") else None)


EMPTY = Situation(
    service_available=True, has_driver=True, readers=(reader("empty"),), is_busy=False, ends=(), now=NOW
)


def words(state: TrayState) -> list[str]:
    return [entry.label for entry in state.menu if entry.label and not entry.id]


@pytest.mark.parametrize(
    ("situation", "icon", "said"),
    [
        (EMPTY, "ready", ["カードリーダ：カードなし"]),
        (replace(EMPTY, readers=()), "ready", ["カードリーダがつながっていません"]),
        (replace(EMPTY, readers=(reader("present"),)), "card", ["カードリーダ：カードが入っています"]),
        (replace(EMPTY, readers=(reader("inUse"),)), "card", ["カードリーダ：ほかのソフトが使用中"]),
        (
            replace(EMPTY, readers=(reader("mute"),)),
            "attention",
            ["カードリーダ：カードが反応しません（向きを確かめてください）"],
        ),
        (
            replace(EMPTY, readers=(reader("unsupported"),)),
            "attention",
            ["カードリーダ：使えない状態です（つなぎ直してください）"],
        ),
        (
            replace(EMPTY, readers=(reader("present", "locked"),)),
            "attention",
            ["カードリーダ：カードがロックされています"],
        ),
        (
            replace(EMPTY, readers=(reader("present", "finalTry"),)),
            "attention",
            ["カードリーダ：PIN番号はあと1回まちがえるとロックされます"],
        ),
        (
            replace(EMPTY, service_available=False, readers=()),
            "attention",
            ["スマートカード機能（PC/SC）が動いていません"],
        ),
        (
            replace(EMPTY, has_driver=False),
            "attention",
            ["ICカードの読み取りソフト（ドライバ）が未設定です", "カードリーダ：カードなし"],
        ),
        (
            replace(EMPTY, is_busy=True, service_available=False),
            "working",
            ["ICカードを使っています", "カードリーダ：カードなし"],
        ),
        (
            replace(EMPTY, readers=(reader("empty"), reader("present", name="二台目"))),
            "card",
            ["見本リーダ：カードなし", "二台目：カードが入っています"],
        ),
    ],
)
def test_the_state_in_words(situation: Situation, icon: IconState, said: list[str]) -> None:
    state = tray_state(situation, "ja")
    assert (state.icon, words(state)) == (icon, said)
    assert state.title == f"ICカードブリッジ - {said[0]}"


def test_many_readers_do_not_fill_the_screen() -> None:
    readers = tuple(reader("empty", name=f"リーダ{number}" + "長" * 300) for number in range(9))
    said = words(tray_state(replace(EMPTY, readers=readers), "ja"))
    assert len(said) == 4 and said[-1] == "ほかのカードリーダ 6台"
    assert all(len(each) < 60 for each in said)


def test_a_readers_name_cannot_pose_as_something_else() -> None:
    readers = (reader("empty", name="a\n設定\u202e"), reader("empty"))
    said = words(tray_state(replace(EMPTY, readers=readers), "ja"))
    assert said[0] == "a⟦U+000A⟧設定⟦U+202E⟧：カードなし"


@pytest.mark.parametrize(
    ("end", "icon", "said"),
    [
        (
            datetime(2027, 3, 31, 23, 59, tzinfo=TOKYO),
            "attention",
            "電子証明書の期限 2027年3月31日（あと30日）",
        ),
        (datetime(2027, 4, 1, 0, 0, tzinfo=TOKYO), "ready", "電子証明書の期限 2027年4月1日（あと31日）"),
        (datetime(2027, 3, 2, 0, 0, tzinfo=TOKYO), "attention", "電子証明書の期限 2027年3月2日（あと1日）"),
        (datetime(2027, 3, 1, 8, 1, tzinfo=TOKYO), "attention", "電子証明書の期限 2027年3月1日（今日まで）"),
        (NOW, "attention", "電子証明書の期限が切れました（2027年3月1日）"),
        (datetime(2027, 2, 20, tzinfo=TOKYO), "attention", "電子証明書の期限が切れました（2027年2月20日）"),
    ],
)
def test_the_certificates_end(end: datetime, icon: IconState, said: str) -> None:
    state = tray_state(replace(EMPTY, ends=(end,)), "ja")
    assert (state.icon, words(state)[-1]) == (icon, said)


def test_of_many_cards_the_two_that_end_first() -> None:
    ends = tuple(NOW + timedelta(days=100 * number) for number in range(1, 6))
    assert len(words(tray_state(replace(EMPTY, ends=ends), "ja"))) == 3


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_entries(language: Language) -> None:
    state = tray_state(EMPTY, language)
    assert [entry.id for entry in state.menu if entry.id] == [
        "sites", "activity", "changePin", "unblockPin", "doctor", "settings", "about", "quit",
    ]  # fmt: skip
    assert all(entry.label for entry in state.menu if entry.id)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_said_beside_the_tray(language: Language) -> None:
    end = datetime(2027, 3, 31, tzinfo=TOKYO)
    title, text = expiry_notice(end, 14, language)
    assert title and "14" in text and "2027" in text
    assert ("ICカード更新" if language == "ja" else "renewal") in text
    said = [pin_notice(kind, None, language) for kind in ("changePin", "unblockPin")]
    assert said[0][0] != said[1][0]
    assert pin_notice("changePin", "カードなし", language)[1] == "カードなし"


def test_a_title_is_no_longer_than_windows_takes() -> None:
    readers = (reader("empty", name="長" * 500), reader("empty"))
    assert len(tray_state(replace(EMPTY, readers=readers), "ja").title) <= 127
