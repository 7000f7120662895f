"""The PIN window: what may be typed, what the card says, and the 担当者."""

from __future__ import annotations

import os
import tkinter as tk

import pytest
from msgspec.structs import replace

from bridge.core.consent import Approved, Cancelled, Confirm, PinEntry
from bridge.core.pinentry import PinOutcome, PinVerdict
from bridge.ui.dialog import Dialog
from cardbridge_demo.desktop import Desktop
from tests.ui.hands import click, xdotool
from tests.ui.scenes import DOCUMENT, HOLDER, KEYPAD, PIN, opened, scenes
from tests.ui.stage import Stage, open_stage

SCENES = scenes()
AGAIN = "正しいPIN番号を確かめて、もう一度入力してください。"
ACCEPTED = PinOutcome(verdict="accepted", pin_state="ok")


def enabled(shown: Stage, text: str = "OK") -> bool:
    return str(shown.button(text)["state"]) == "normal"


def test_full_width_digits_become_half_width(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.enter("１2３９０")
        assert shown.sent() == {"pin": "12390"}


def test_masked(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        assert [entry["show"] for entry in shown.entries()] == ["●"]


def test_caps_lock(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        assert "Caps Lock" not in shown.words()
        try:
            shown.press("Caps_Lock")
            assert "Caps Lock がオンになっています。" in shown.words()
            shown.type_text("1")
            assert "Caps Lock" in shown.words()
        finally:
            shown.press("Caps_Lock")
        assert "Caps Lock" not in shown.words()
        shown.type_text("1")
        assert "Caps Lock" not in shown.words()


def test_lengths_are_the_tokens(screen: Desktop) -> None:
    """Too short is said and not tried; too long cannot be typed."""
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.enter("123")
        assert "PIN番号は4桁以上です。" in shown.words()
        assert shown.sent() is None
        shown.type_text("45678")
        assert "桁以上" not in shown.words()
        shown.type_text("9")
        assert "PIN番号は8桁までです。" in shown.words()
        shown.press("Return")
        assert shown.sent() == {"pin": "12345678"}


def test_nothing_is_not_tried(screen: Desktop) -> None:
    anything = PIN.__replace__(min_length=0)
    with open_stage(screen, opened(Confirm(holder=HOLDER, pin=anything))) as shown:
        shown.press("Return")
        assert shown.sent() is None


def test_forbidden_characters(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.type_text("12 34")
        assert shown.typed() == ["1234"]
        shown.type_text(" ")
        assert "使えない文字が入力されました。" in shown.words()


def test_pin_is_on_no_clipboard(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.root.clipboard_clear()
        shown.root.clipboard_append("something else")
        shown.type_text("1234")
        shown.press("ctrl+a", "ctrl+slash", "ctrl+c", "ctrl+x")
        shown.press("Home", "shift+End", "ctrl+Insert", "shift+Delete", "ctrl+c")
        assert shown.root.clipboard_get() == "something else"
        with pytest.raises(tk.TclError):
            shown.root.tk.call("selection", "get", "-selection", "PRIMARY")


def test_no_input_method_sees_the_pin(screen: Desktop) -> None:
    """It is another program, which learns words; the 担当者 is written with it."""
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        pin, contact = shown.entries()

        def are_in() -> bool:
            return bool(shown.root.tk.call("tk", "useinputmethods", "-displayof", shown.root))

        shown.type_text("1")
        assert pin.get() == "1" and not are_in()
        contact.focus_force()
        shown.pump()
        assert are_in()
        pin.focus_force()
        shown.pump()
        assert not are_in()
        pin.destroy()
        assert are_in()


def test_pin_comes_from_no_clipboard(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        shown.root.clipboard_append("1234")
        pin, contact = shown.entries()
        shown.press("ctrl+v", "shift+Insert")
        assert pin.get() == ""
        contact.insert(0, "5678")
        contact.selection_range(0, "end")
        click(screen, pin, button=2)
        shown.pump()
        assert pin.get() == ""
        contact.focus_set()
        shown.press("End", "ctrl+v")
        assert contact.get() == "56781234", "the clipboard itself does not work here"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (PinOutcome(verdict="incorrect"), "PIN番号が違います。"),
        (
            PinOutcome(verdict="incorrect", pin_state="countLow"),
            "PIN番号が違います。続けてまちがえると、カードがロックされます。",
        ),
        (
            PinOutcome(verdict="incorrect", pin_state="ok", tries_left=9),
            "PIN番号が違います。あと9回まちがえるとロックされます。",
        ),
    ],
)
def test_wrong_pin_is_asked_again(screen: Desktop, outcome: PinOutcome, words: str) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.enter("1234")
        assert shown.sent() == {"pin": "1234"}
        assert shown.typed() == [""], "the PIN stays in the window"
        assert "確認しています…" in shown.words() and not enabled(shown)
        shown.say(outcome)
        assert words + AGAIN in shown.words().splitlines()
        shown.type_text("9")
        assert words + AGAIN in shown.words().splitlines(), "gone with the first key"
        shown.enter("876")
        assert shown.sent() == {"pin": "9876"}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved()


@pytest.mark.parametrize(
    "pin",
    [PIN.__replace__(pin_state="finalTry"), PIN.__replace__(pin_state="ok", tries_left=1)],
    ids=["flag", "number"],
)
def test_final_try_needs_its_own_consent(screen: Desktop, pin: PinEntry) -> None:
    with open_stage(screen, opened(Confirm(holder=HOLDER, pin=pin))) as shown:
        assert "あと1回まちがえるとロックされます。" in shown.words()
        shown.enter("1234")
        assert not enabled(shown) and shown.sent() is None
        shown.press("Tab", "space")
        assert enabled(shown)
        shown.press("space")
        assert not enabled(shown)
        shown.press("space", "Return")
        assert shown.sent() == {"pin": "1234"}


def test_final_try_after_a_wrong_pin(screen: Desktop) -> None:
    """The consent is asked each time anew, and goes when the state has changed."""
    with open_stage(screen, SCENES["pin"]) as shown:
        assert shown.box() is None
        final = PinOutcome(verdict="incorrect", pin_state="finalTry")
        for _ in range(2):
            shown.enter("1234")
            if (box := shown.box()) is not None:
                assert shown.sent() is None
                click(screen, box)
                shown.pump()
                shown.press("Return")
            assert shown.sent() == {"pin": "1234"}
            shown.say(final)
        assert not enabled(shown)
        shown.type_text("5678")
        click(screen, shown.box() or shown.root)
        shown.press("Return")
        assert shown.sent() == {"pin": "5678"}
        shown.say(PinOutcome(verdict="incorrect", pin_state="countLow", tries_left=3))
        assert shown.box() is None and enabled(shown)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("locked", "ICカードがロックされました。"), ("failed", "返事がなく、確認できません")],
)
def test_last_words(screen: Desktop, verdict: PinVerdict, words: str) -> None:
    """Only 閉じる is left."""
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        shown.enter("1234")
        assert shown.sent() == {"pin": "1234"}
        shown.say(PinOutcome(verdict=verdict))
        shown.past_guard()
        assert words in shown.words()
        assert [w["text"] for w in shown.widgets() if isinstance(w, tk.Button)] == ["閉じる"]
        shown.type_text("5678")
        assert shown.typed()[0] == ""
        assert shown.sent() is None and shown.answer() is None
        shown.press("space")
        assert shown.awaited() == Cancelled()


@pytest.mark.parametrize("name", ["pin", "pin-keypad", "change"])
def test_worker_cannot_approve_unasked(screen: Desktop, name: str) -> None:
    """The vendor's code is in the worker: what it says before the user agreed approves nothing."""
    with open_stage(screen, SCENES[name]) as shown:
        shown.say(ACCEPTED)
        assert shown.answer() is None
        assert "閉じる" in shown.words()


def test_contact_leaves_after_the_pin_was_accepted(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        shown.type_text("1234")
        shown.press("Tab")
        shown.enter("Yamada 2")
        assert shown.sent() == {"pin": "1234"}
        assert shown.answer() is None
        shown.say(ACCEPTED)
        assert shown.answer() == Approved(contact="Yamada 2")


def test_empty_contact_is_none(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        shown.enter("1234")
        shown.say(ACCEPTED)
        assert shown.answer() == Approved(contact=None)


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ("0992", "担当者に数字だけは入力できません"),
        ("１２３４", "担当者に数字だけは入力できません"),
        ("099-123", "担当者に数字だけは入力できません"),
        ("Yamada 12 34", "担当者にPIN番号が含まれています"),
    ],
)
def test_contact_that_gives_a_pin_away(screen: Desktop, contact: str, words: str) -> None:
    with open_stage(screen, SCENES["pin-contact"]) as shown:
        shown.type_text("1234")
        shown.press("Tab")
        shown.enter(contact)
        assert words in shown.words()
        assert shown.sent() is None
        assert shown.focus() is shown.entries()[1]


def test_hidden_contact(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        assert len(shown.entries()) == 1


def test_tab_order(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-final"]) as shown:
        pin, contact = shown.entries()
        click(screen, shown.box() or shown.root)
        pin.focus_set()
        order = [shown.focus()]
        for _ in range(5):
            shown.press("Tab")
            order.append(shown.focus())
        assert order == [pin, contact, shown.box(), shown.button("キャンセル"), shown.button("OK"), pin]
        shown.press("shift+Tab")
        assert shown.focus() is shown.button("OK")


def test_ends_in_the_middle_of_a_press(screen: Desktop, capsys: pytest.CaptureFixture[str]) -> None:
    with open_stage(screen, SCENES["pin-keypad"]) as shown:
        xdotool(screen, "key", "space", "Escape")
        assert shown.awaited() == Cancelled()
    assert capsys.readouterr().err == ""


def test_enter_on_cancel_cancels(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.type_text("1234")
        shown.press("Tab", "Return")
        assert shown.answer() == Cancelled()
        assert shown.sent() is None


def test_keypad(screen: Desktop) -> None:
    """No entry; OK sends an empty message, after a refusal again, with the time left meanwhile."""
    with open_stage(screen, SCENES["pin-keypad"]) as shown:
        assert shown.entries() == []
        assert "OKを押してから、カードリーダのテンキーで" in shown.words()
        assert shown.sent() is None
        shown.press("Return")
        assert shown.sent() == {"pin": ""}
        assert "リーダのテンキーで入力してください（残り 1:5" in shown.words()
        before = shown.words()
        shown.until(lambda: shown.words() != before)
        shown.press("Return")
        click(screen, shown.button("OK"))
        assert shown.sent() is None
        shown.say(PinOutcome(verdict="incorrect", pin_state="finalTry"))
        shown.press("Return")
        assert shown.sent() is None, "the last try without its consent"
        assert "残り" in shown.words() and "（残り" not in shown.words()
        click(screen, shown.box() or shown.root)
        shown.press("Return")
        assert shown.sent() == {"pin": ""}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved()


def test_keypad_final_try(screen: Desktop) -> None:
    final = KEYPAD.__replace__(pin_state="finalTry")
    with open_stage(screen, opened(Confirm(holder=HOLDER, pin=final))) as shown:
        shown.press("Return", "space")
        assert shown.sent() is None
        shown.press("shift+Tab", "shift+Tab", "space", "Return")
        assert shown.sent() == {"pin": ""}


def test_keypad_can_be_left(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-keypad"]) as shown:
        shown.press("Return", "Escape")
        assert shown.answer() == Cancelled()


def test_keypad_refuses_a_contact_of_digits(screen: Desktop) -> None:
    asking = Confirm(holder=HOLDER, pin=KEYPAD, contact="optional")
    with open_stage(screen, opened(asking)) as shown:
        shown.entries()[0].focus_set()
        shown.enter("1234")
        assert shown.sent() is None
        assert "担当者に数字だけは" in shown.words()


def test_documents_with_the_keyboard_alone(screen: Desktop) -> None:
    """Tab passes through list and text as well, arrow keys turn to the next document, Enter means OK."""
    documents = (DOCUMENT, replace(DOCUMENT, name="2.txt", content=b"the second"))
    opening = opened(Confirm(holder=HOLDER, pin=PIN), "sign", documents=documents)
    with open_stage(screen, opening, documents) as shown:
        kinds = []
        for _ in range(6):
            shown.press("Tab")
            kinds.append(type(shown.focus()))
        assert kinds == [tk.Button, tk.Button, tk.Listbox, tk.Text, tk.Button, tk.Entry]
        shown.type_text("1234")
        shown.press("shift+Tab", "shift+Tab", "shift+Tab", "Down")
        (view,) = (widget for widget in shown.widgets() if isinstance(widget, tk.Text))
        shown.until(lambda: view.get("1.0", "end").strip() == "the second")
        shown.press("KP_Enter")
        assert shown.sent() == {"pin": "1234"}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved(digests=tuple(each.digest for each in documents))


@pytest.mark.timeout(30)
def test_nothing_of_a_window_listens_when_it_is_gone(
    screen: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PIN was sent and the window closed before an answer: the descriptor is somebody else's now."""
    heard = list[Dialog]()
    monkeypatch.setattr(Dialog, "_heard", heard.append)
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.enter("1234")
        assert shown.sent() is not None
        descriptor = shown.dialog_pin_pipe.fileno()
    ends = os.pipe()
    os.dup2(ends[0], descriptor)
    os.write(ends[1], b"for another")
    other = tk.Tk(screenName=screen.display)
    try:
        other.update()
        assert heard == []
    finally:
        other.destroy()
        for end in {*ends, descriptor}:
            os.close(end)
