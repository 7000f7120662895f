"""Changing a PIN and unblocking it: what is sent, what is not, and what the card says."""

from __future__ import annotations

import tkinter as tk

import pytest

from bridge.core.consent import Approved, Cancelled, ChangeSecret
from bridge.core.pinentry import PinOutcome, PinVerdict
from cardbridge_demo.desktop import Desktop
from tests.ui.hands import click
from tests.ui.scenes import FINAL, HOLDER, KEYPAD, opened, scenes
from tests.ui.stage import open_stage

SCENES = scenes()
ACCEPTED = PinOutcome(verdict="accepted", pin_state="ok")
GONE_FOR_GOOD = "二度と使えなくなることがあります"


def test_change(screen: Desktop) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        for label in (
            "今のPIN番号",
            "新しいPIN番号",
            "もう一度、新しいPIN番号",
            "新しいPIN番号は4～8桁です。",
        ):
            assert label in shown.words()
        assert "PUK" not in shown.words()
        assert [entry["show"] for entry in shown.entries()] == ["●"] * 3
        shown.type_text("1２34")
        shown.press("Tab")
        shown.type_text("５678")
        shown.press("Tab")
        shown.type_text("56７8")
        assert shown.sent() is None
        shown.press("KP_Enter")
        assert shown.sent() == {"current": "1234", "new": "5678"}
        assert "カードに書き込んでいます…" in shown.words()
        assert shown.answer() is None
        shown.say(ACCEPTED)
        assert shown.answer() == Approved()


def test_enter_goes_through_the_fields(screen: Desktop) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1234")
        assert shown.focus() is shown.entries()[1] and "以上" not in shown.words()
        shown.enter("5678")
        assert shown.focus() is shown.entries()[2]
        shown.enter("5678")
        assert shown.sent() == {"current": "1234", "new": "5678"}


@pytest.mark.parametrize(
    ("typed", "words", "kept"),
    [
        (("1234", "5678", "5679"), "新しいPIN番号が2回目と違います。", "1234"),
        (("1234", "5678", "567"), "新しいPIN番号が2回目と違います。", "1234"),
        (("1234", "1234", "1234"), "新しいPIN番号が今のPIN番号と同じです。", "1234"),
        (("123", "5678", "5678"), "今のPIN番号は4桁以上です。", "123"),
        (("1234", "567", "567"), "新しいPIN番号は4桁以上です。", "1234"),
    ],
)
def test_not_sent(screen: Desktop, typed: tuple[str, ...], words: str, kept: str) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        for text in typed:
            shown.type_text(text)
            shown.press("Tab")
        click(screen, shown.button("変更する"))
        assert shown.sent() is None
        assert words in shown.words()
        assert shown.typed()[0] == kept


def test_full_width_and_half_width_are_the_same_pin(screen: Desktop) -> None:
    """１２３４ is no new PIN for 1234."""
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1234", "１２３４", "1234")
        assert shown.sent() is None
        assert "同じです" in shown.words()


def test_difference_is_said_at_once(screen: Desktop) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1234", "5678")
        shown.type_text("56")
        assert "違います" not in shown.words()
        shown.type_text("8")
        assert "1回目の新しいPIN番号と違います。" in shown.words()
        shown.press("BackSpace")
        assert "違います" not in shown.words()
        shown.enter("78")
        assert shown.sent() == {"current": "1234", "new": "5678"}


def test_too_long(screen: Desktop) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1234")
        shown.type_text("123456789")
        assert "新しいPIN番号は8桁までです。" in shown.words()
        assert shown.typed()[1] == "12345678"


def test_one_length_is_said_as_one(screen: Desktop) -> None:
    pin = FINAL.__replace__(min_length=6, max_length=6, pin_state="ok", tries_left=None)
    with open_stage(screen, opened(ChangeSecret(holder=HOLDER, pin=pin), "changePin")) as shown:
        assert "新しいPIN番号は6桁です。" in shown.words()


def test_wrong_pin_keeps_the_new_one(screen: Desktop) -> None:
    """Only the first field is asked again."""
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1111", "5678", "5678")
        assert shown.sent() == {"current": "1111", "new": "5678"}
        shown.say(PinOutcome(verdict="incorrect", pin_state="countLow", tries_left=2))
        assert "今のPIN番号が違います。あと2回まちがえるとロックされます。" in shown.words()
        assert shown.typed() == ["", "5678", "5678"]
        assert shown.focus() is shown.entries()[0]
        shown.enter("1234")
        assert shown.sent() == {"current": "1234", "new": "5678"}


@pytest.mark.parametrize(("name", "ok"), [("change", "変更する"), ("unblock", "解除する")])
def test_refused_new_pin(screen: Desktop, name: str, ok: str) -> None:
    """Nothing that was typed stays."""
    with open_stage(screen, SCENES[name]) as shown:
        shown.enter("1234", "5678", "5678")
        assert shown.sent() is not None
        shown.say(PinOutcome(verdict="rejected"))
        assert "カードが新しいPIN番号を受け付けません。桁数と使える文字を" in shown.words()
        assert shown.typed() == ["", "", ""]
        assert shown.focus() is shown.entries()[0]
        assert str(shown.button(ok)["state"]) == "normal"
        shown.enter("1234", "567890", "567890")
        assert shown.sent() == {"current": "1234", "new": "567890"}


def test_unblock(screen: Desktop) -> None:
    """That the PUK is limited is said before the first try; its length is not the PIN's."""
    with open_stage(screen, SCENES["unblock"]) as shown:
        assert "PUK（ロック解除番号）" in shown.words()
        assert "今のPIN番号" not in shown.words()
        assert "PUKをまちがえられる回数には限りがあり" in shown.words() and GONE_FOR_GOOD in shown.words()
        shown.enter("123456789012", "5678", "5678")
        assert shown.sent() == {"current": "123456789012", "new": "5678"}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (PinOutcome(verdict="incorrect"), "PUK（ロック解除番号）が違います。"),
        (
            PinOutcome(verdict="incorrect", tries_left=4),
            f"PUK（ロック解除番号）が違います。PUKをあと4回まちがえると、ICカードが{GONE_FOR_GOOD}。",
        ),
        (
            PinOutcome(verdict="incorrect", pin_state="countLow"),
            f"PUK（ロック解除番号）が違います。PUKを続けてまちがえると、ICカードが{GONE_FOR_GOOD}。",
        ),
        (
            PinOutcome(verdict="incorrect", tries_left=1),
            f"PUK（ロック解除番号）が違います。PUKをあと1回まちがえると、ICカードが{GONE_FOR_GOOD}。",
        ),
    ],
)
def test_wrong_puk(screen: Desktop, outcome: PinOutcome, words: str) -> None:
    with open_stage(screen, SCENES["unblock"]) as shown:
        shown.enter("12345678", "5678", "5678")
        assert shown.sent() is not None
        shown.say(outcome)
        again = "正しいPUKを確かめて、もう一度入力してください。"
        assert words + again in shown.words().splitlines()
        assert (shown.box() is not None) == (outcome.tries_left == 1)
        shown.enter("87654321")
        assert (shown.sent() is None) == (outcome.tries_left == 1)


@pytest.mark.parametrize(
    ("name", "consent"),
    [("change-final", "正しいPIN番号を確かめました"), ("unblock-final", "正しいPUKを確かめました")],
)
def test_final_try_needs_its_own_consent(screen: Desktop, name: str, consent: str) -> None:
    with open_stage(screen, SCENES[name]) as shown:
        box = shown.box()
        assert box is not None and consent in str(box["text"]).replace("\n", "")
        shown.enter("12345678", "5678", "5678")
        assert shown.sent() is None
        shown.press("Tab", "space", "Return")
        assert shown.sent() == {"current": "12345678", "new": "5678"}


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("change", "locked", "ICカードがロックされました。"),
        ("unblock", "locked", "PUK（ロック解除番号）がロックされました。"),
        ("change", "failed", "PIN番号が変わったかどうか分かりません。"),
        ("unblock", "failed", "PIN番号が変わったかどうか分かりません。"),
    ],
)
def test_last_words(screen: Desktop, name: str, verdict: PinVerdict, words: str) -> None:
    with open_stage(screen, SCENES[name]) as shown:
        shown.enter("12345678", "5678", "5678")
        assert shown.sent() is not None
        shown.say(PinOutcome(verdict=verdict))
        shown.past_guard()
        assert words in shown.words()
        assert shown.typed() == ["", "", ""]
        assert [w["text"] for w in shown.widgets() if isinstance(w, tk.Button)] == ["閉じる"]
        shown.press("KP_Enter")
        assert shown.answer() == Cancelled()


def test_worker_gone_before_anything_was_sent(screen: Desktop) -> None:
    """Then the PIN has certainly not been changed."""
    with open_stage(screen, SCENES["change"]) as shown:
        shown.pin_pipe.close()
        shown.until(lambda: "閉じる" in shown.words())
        assert "返事がなく、確認できませんでした" in shown.words()
        assert "変わったか" not in shown.words()


def test_worker_gone_meanwhile(screen: Desktop) -> None:
    with open_stage(screen, SCENES["change"]) as shown:
        shown.enter("1234", "5678", "5678")
        shown.pin_pipe.close()
        shown.until(lambda: "閉じる" in shown.words())
        assert "変わったかどうか分かりません" in shown.words()


@pytest.mark.parametrize(
    ("name", "ok", "words"),
    [
        ("change", "変更する", "今のPIN番号と新しいPIN番号を"),
        ("unblock", "解除する", "PUK（ロック解除番号）と新しい"),
    ],
)
def test_keypad(screen: Desktop, name: str, ok: str, words: str) -> None:
    with open_stage(screen, SCENES[f"{name}-keypad"]) as shown:
        assert shown.entries() == [] and words in shown.words()
        shown.press("Return")
        assert shown.sent() == {"current": "", "new": ""}
        assert "リーダのテンキーで入力してください（残り " in shown.words()
        assert str(shown.button(ok)["state"]) == "disabled"
        for verdict in ("incorrect", "rejected"):
            shown.say(PinOutcome(verdict=verdict))
            shown.past_guard()
            shown.press("Return")
            assert shown.sent() == {"current": "", "new": ""}
        shown.say(PinOutcome(verdict="incorrect", tries_left=1))
        shown.press("Return")
        assert shown.sent() is None
        click(screen, shown.box() or shown.root)
        click(screen, shown.button(ok))
        assert shown.sent() == {"current": "", "new": ""}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved()


def test_unblock_by_keypad_warns(screen: Desktop) -> None:
    final = KEYPAD.__replace__(pin_state="finalTry")
    with open_stage(screen, opened(ChangeSecret(holder=HOLDER, pin=final), "unblockPin")) as shown:
        assert GONE_FOR_GOOD in shown.words()
        shown.press("Return")
        assert shown.sent() is None
