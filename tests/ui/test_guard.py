"""No input counts for the first half second, nor what was begun in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from bridge.core.consent import Approved, Cancelled, Chosen
from bridge.core.pinentry import PinOutcome
from bridge.ui.window import Frame
from cardbridge_demo.desktop import BUTTON_OFF, GUARD_S, Desktop
from tests.ui.hands import click, held
from tests.ui.scenes import scenes
from tests.ui.stage import open_stage, stage

SCENES = scenes()


def test_typed_ahead(screen: Desktop) -> None:
    """Keys meant for the page are in no entry, and Enter and Escape do nothing."""
    with stage(screen, SCENES["pin"]) as shown:
        screen.type_text("1234")
        screen.press("Return")
        screen.press("Escape")
        shown.past_guard()
        assert shown.typed() == [""]
        assert shown.sent() is None and shown.answer() is None
        shown.enter("5678")
        assert shown.sent() == {"pin": "5678"}


def test_typed_ahead_of_a_busy_window(screen: Desktop) -> None:
    """What waits when the half second is over was typed before it was."""
    with stage(screen, SCENES["pin"]) as shown:
        screen.type_text("1234")
        time.sleep(GUARD_S)
        shown.root.update()  # as its own loop does: timers and keys are due at once
        shown.past_guard()
        assert shown.typed() == [""]


@pytest.mark.parametrize("key", ["Return", "KP_Enter", "space"])
def test_enter_ahead_does_not_consent(screen: Desktop, key: str) -> None:
    with stage(screen, SCENES["give"]) as shown:
        screen.press(key)
        shown.past_guard()
        shown.pump(0.2)
        assert shown.answer() is None
        shown.press(key)
        assert shown.awaited() == Approved()


@pytest.mark.parametrize(("scene", "key"), [("give", "space"), ("give", "Return"), ("pin", "1")])
def test_typing_goes_on_into_the_window(
    screen: Desktop, monkeypatch: pytest.MonkeyPatch, scene: str, key: str
) -> None:
    """A page can see when somebody types in it. Whoever types on does not approve what comes in between."""
    due: list[Callable[[], None]] = []  # time does not go by here
    monkeypatch.setattr(Frame, "_open_up_later", lambda frame: _begin_guard(frame, due))
    with stage(screen, SCENES[scene]) as shown:
        for _ in range(5):
            begun = len(due)
            screen.press(key)
            shown.until(partial(_is_longer, due, begun))
            due[begun - 1]()  # the half second before this key is over
            shown.pump()
            assert not shown.dialog.takes_input
        assert shown.answer() is None and shown.typed() in ([], [""])
        due[-1]()
        shown.press(key)
        shown.until(lambda: shown.answer() is not None or shown.typed() == ["1"])


def test_escape_prolongs_nothing(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants a window gone presses it again and again."""
    due: list[Callable[[], None]] = []
    monkeypatch.setattr(Frame, "_open_up_later", lambda frame: _begin_guard(frame, due))
    with stage(screen, SCENES["give"]) as shown:
        begun = len(due)
        for _ in range(3):
            screen.press("Escape")
        screen.press("a")
        shown.until(partial(_is_longer, due, begun))
        assert len(due) == begun + 1 and shown.answer() is None
        due[-1]()
        shown.press("Escape")
        assert shown.awaited() == Cancelled()


def test_its_button_tells_hands_when_input_counts(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    due: list[Callable[[], None]] = []
    monkeypatch.setattr(Frame, "_open_up_later", lambda frame: _begin_guard(frame, due))
    with stage(screen, SCENES["pin"]) as shown:
        shown.pump()
        (window,) = screen.windows()
        assert screen.shows(window, BUTTON_OFF)
        due[-1]()
        shown.pump()
        assert not screen.shows(window, BUTTON_OFF)


def _is_longer(due: list[Callable[[], None]], than: int) -> bool:
    return len(due) > than


def _begin_guard(frame: Frame, due: list[Callable[[], None]]) -> None:
    frame._openings += 1
    due.append(partial(frame._open_up, frame._openings))


def test_clicked_ahead(screen: Desktop) -> None:
    """The second click of a double click, just where the button is."""
    with stage(screen, SCENES["give"]) as shown:
        for text in ("渡す", "キャンセル"):
            click(screen, shown.button(text))
        shown.past_guard()
        assert shown.answer() is None
        click(screen, shown.button("渡す"))
        assert shown.awaited() == Approved()


def test_chosen_ahead(screen: Desktop) -> None:
    with stage(screen, SCENES["choose"]) as shown:
        screen.press("Down")
        screen.press("Return")
        shown.past_guard()
        assert shown.answer() is None
        shown.press("Return")
        assert shown.awaited() == Chosen(index=0)


def test_pasted_ahead(screen: Desktop) -> None:
    with stage(screen, SCENES["pin-contact"]) as shown:
        shown.root.clipboard_append("meant for the page")
        screen.press("ctrl+v")
        click(screen, shown.entries()[1], button=2)
        shown.past_guard()
        assert shown.typed() == ["", ""]


def test_each_screen_is_guarded(screen: Desktop) -> None:
    """Enter, pressed twice on the choice, does not approve what comes next."""
    with stage(screen, SCENES["choose"]) as shown:
        shown.past_guard()
        shown.press("Return")
        assert shown.awaited() == Chosen(index=0)
        shown.show(SCENES["give"].screen)
        screen.press("Return")
        shown.past_guard()
        assert shown.answer() is None


@pytest.mark.parametrize("key", ["Return", "space", "Escape"])
def test_held_since_before(screen: Desktop, key: str) -> None:
    """A key that was down before the window came does not count, however long it repeats."""
    with held(screen, key), stage(screen, SCENES["give"]) as shown:
        shown.pump(1.3)
        assert shown.answer() is None
    with open_stage(screen, SCENES["give"]) as shown:
        shown.press(key)
        assert shown.awaited() == (Cancelled() if key == "Escape" else Approved())


def test_held_since_the_guard(screen: Desktop) -> None:
    with stage(screen, SCENES["give"]) as shown, held(screen, "Return"):
        shown.pump(1.3)
        assert shown.answer() is None


def test_held_enter_counts_once(screen: Desktop) -> None:
    """A long Enter sends one PIN, and what the card says of it stays to be read."""
    with open_stage(screen, SCENES["pin"]) as shown:
        shown.type_text("1234")
        with held(screen, "Return"):
            assert shown.sent() == {"pin": "1234"}
            shown.say(PinOutcome(verdict="incorrect", pin_state="countLow", tries_left=2))
            shown.pump(1.0)
        assert "PIN番号が違います。あと2回まちがえるとロックされます。" in shown.words()
        assert shown.sent() is None


def test_held_enter_asks_the_keypad_once(screen: Desktop) -> None:
    with open_stage(screen, SCENES["pin-keypad"]) as shown:
        with held(screen, "Return"):
            assert shown.sent() == {"pin": ""}
            shown.say(PinOutcome(verdict="incorrect", pin_state="countLow"))
            shown.pump(1.0)
        assert shown.sent() is None
        shown.press("Return")
        assert shown.sent() == {"pin": ""}


def test_last_word_is_not_closed_unread(screen: Desktop) -> None:
    with stage(screen, SCENES["pin"]) as shown:
        shown.past_guard()
        shown.enter("1234")
        shown.pin_pipe.send_bytes(b'{"verdict":"locked","pinState":"locked"}')
        shown.until(lambda: "閉じる" in shown.words())
        screen.press("Return")
        shown.past_guard()
        assert shown.answer() is None
        shown.press("Return")
        assert shown.answer() == Cancelled()


def test_digits_and_corrections_may_repeat(screen: Desktop) -> None:
    """A key that was pressed here repeats as anywhere else."""
    with open_stage(screen, SCENES["pin"]) as shown:
        with held(screen, "7"):
            shown.until(lambda: len(shown.typed()[0]) > 1)
        with held(screen, "BackSpace"):
            shown.until(lambda: shown.typed() == [""])
