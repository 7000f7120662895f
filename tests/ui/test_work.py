"""From the approval to the progress of the signing: the window stays, and disturbs nobody."""

from __future__ import annotations

import tkinter as tk

import pytest

from bridge.core import plainjson
from bridge.core.consent import Approved, Cancelled, Confirm, Working
from bridge.core.pinentry import PinOutcome
from cardbridge_demo.desktop import Desktop
from tests.ui.child import child
from tests.ui.hands import xdotool
from tests.ui.scenes import DOCUMENT, HOLDER, PIN, opened, scenes
from tests.ui.stage import Stage, open_stage
from tests.ui.test_process import browser

SCENES = scenes()
ACCEPTED = PinOutcome(verdict="accepted", pin_state="ok")
NONE_YET = Working(done=0, total=50, reader="Gemalto IDBridge CT30")


def approve(shown: Stage, documents: int = 1) -> None:
    shown.enter("123456")
    assert shown.sent() == {"pin": "123456"}
    shown.say(ACCEPTED)
    answer = shown.awaited()
    assert isinstance(answer, Approved) and len(answer.digests) == documents


def bar(shown: Stage) -> float:
    """The filled part of the bar."""
    filled = next(widget for widget in shown.widgets() if widget.winfo_name() == "filled")
    bar = filled.nametowidget(filled.winfo_parent())
    return float(filled.winfo_width() / bar.winfo_width())


def update(shown: Stage, screen: Working, words: str) -> None:
    shown.control.send_bytes(plainjson.encode(screen))
    shown.until(lambda: words in shown.words())


def test_the_window_goes_on_to_the_progress(screen: Desktop) -> None:
    with open_stage(screen, SCENES["sign"]) as shown:
        approve(shown)
        window = shown.root.winfo_id()
        assert shown.answer() is None and shown.root.winfo_viewable()
        shown.show(NONE_YET)
        assert shown.root.winfo_id() == window
        assert "電子署名をしています" in shown.words() and "50件のうち 0件が済みました" in shown.words()
        assert "Gemalto IDBridge CT30" in shown.words() and shown.entries() == []
        assert bar(shown) == pytest.approx(0, abs=0.02)
        update(shown, NONE_YET.__replace__(done=25), "50件のうち 25件")
        assert bar(shown) == pytest.approx(0.5, abs=0.02)
        update(shown, NONE_YET.__replace__(done=50), "50件のうち 50件")
        assert bar(shown) == pytest.approx(1, abs=0.02)
        assert shown.answer() is None, "an update is not answered"


def test_nothing_can_be_pressed_twice_between_approval_and_progress(screen: Desktop) -> None:
    with open_stage(screen, SCENES["sign"]) as shown:
        approve(shown)
        assert str(shown.button("署名する")["state"]) == "disabled"
        shown.press("Return", "Return")
        assert shown.sent() is None and shown.answer() is None


def test_consent_without_a_pin_goes_on_too(screen: Desktop) -> None:
    opening = opened(Confirm(holder=HOLDER), "sign", documents=(DOCUMENT,))
    with open_stage(screen, opening, (DOCUMENT,)) as shown:
        shown.press("Return")
        assert isinstance(shown.awaited(), Approved)
        shown.press("Return")
        assert shown.answer() is None
        shown.show(NONE_YET)


def test_a_page_that_was_asked_for_late_disturbs_nothing(screen: Desktop) -> None:
    """The documents are approved: what was chosen in the list last is neither drawn nor a failure."""
    documents = (DOCUMENT,) * 3
    opening = opened(Confirm(holder=HOLDER, pin=PIN), "sign", documents=documents)
    with open_stage(screen, opening, documents) as shown:
        approve(shown, 3)
        shown.show(NONE_YET)
        pages = shown.dialog._pages
        assert pages is not None

        def draw(_: object) -> None:
            raise tk.TclError("the list and its view are gone")

        pages.ask(2, 0, 500, draw)
        shown.until(lambda: not pages.is_waiting)
        assert shown.answer() is None and "50件のうち 0件" in shown.words()


@pytest.mark.parametrize("is_shown", [True, False])
def test_escape_cancels_before_and_while_progress_is_shown(screen: Desktop, is_shown: bool) -> None:
    with open_stage(screen, SCENES["sign"]) as shown:
        approve(shown)
        if is_shown:
            shown.show(NONE_YET)
            shown.past_guard()
        shown.press("Escape")
        assert shown.awaited() == Cancelled()


def test_the_cancel_button(screen: Desktop) -> None:
    with open_stage(screen, SCENES["sign"]) as shown:
        approve(shown)
        shown.show(NONE_YET)
        shown.past_guard()
        shown.press("Return")
        assert shown.answer() is None, "Enter is for the consent alone"
        shown.button("キャンセル").invoke()
        assert shown.awaited() == Cancelled()


def test_a_second_escape_that_comes_with_the_screen_does_not_cancel(screen: Desktop) -> None:
    """What was typed for the screen before does not count for this one."""
    from tests.ui.stage import stage

    with stage(screen, opened(NONE_YET, "sign")) as shown:
        shown.press("Escape")
        assert shown.answer() is None


def test_the_time_limit_is_over_with_the_answer(screen: Desktop) -> None:
    """Five hundred signatures of a slow card take longer than any user may."""
    opening = opened(SCENES["sign"].screen, "sign", timeout_s=8)
    with child(screen, opening) as dialog:
        screen.type_text("123456")
        screen.press("Return")
        assert dialog.entered() == {"pin": "123456"}
        dialog.say(ACCEPTED)
        assert isinstance(dialog.answer(), Approved)
        dialog.show(NONE_YET)
        assert not dialog.control.poll(9), "neither a time-out nor an end"
        dialog.control.close()
        assert dialog.ends() == 0
    screen.wait_until_gone()


def test_the_progress_takes_the_keyboard_from_nobody(screen: Desktop) -> None:
    """The user went on in the browser: what is typed there stays there."""
    with browser() as other, child(screen, SCENES["sign"]) as dialog:
        screen.type_text("123456")
        screen.press("Return")
        dialog.entered()
        dialog.say(ACCEPTED)
        assert isinstance(dialog.answer(), Approved)
        window = xdotool(screen, "search", "--class", "browser").split()[-1]
        xdotool(screen, "windowactivate", "--sync", window)
        dialog.show(NONE_YET)
        screen.type_text("abc")
        screen.press("F9")
        assert other.stdout is not None and other.stdout.readline() == "abc\n"
        assert dialog.is_silent()
