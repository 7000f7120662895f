"""From one try at the card to the next, on every screen that asks for a secret.

Message, confirmation of the last try and buttons, and who may press them when.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Literal, Protocol

from bridge.core.consent import PinEntry
from bridge.core.pinentry import PinOutcome, PinVerdict
from bridge.core.record import Record
from bridge.ui.checkbox import CheckBox
from bridge.ui.parts import buttons, only_button
from bridge.ui.window import Frame


class Fields(Protocol):
    """What the secrets are typed into: entries, or the reader's keypad."""

    def try_again(self, verdict: PinVerdict) -> None:
        """The card said `incorrect` or `rejected`, or was not asked: `unsent`."""

    def close(self) -> None:
        """Nothing more is taken, and nothing is kept."""


class Words(Record):
    """Keys of the texts about what is tried."""

    checking: str = "checking"
    typing: str = "keypad_now"
    incorrect: str = "incorrect"
    tries: str = "tries"
    count_low: str = "countLow"
    final_try: str = "finalTry"
    final_confirm: str = "final_confirm"
    locked: str = "locked"
    failed: str = "failed"
    again: str = "again_pin"


PIN = Words()
CURRENT_PIN = PIN.__replace__(checking="changing", incorrect="current_incorrect", failed="change_failed")
PUK = Words(
    checking="changing",
    incorrect="puk_incorrect",
    tries="puk_tries",
    count_low="puk_countLow",
    final_try="puk_finalTry",
    final_confirm="puk_final_confirm",
    locked="puk_locked",
    failed="change_failed",
    again="again_puk",
)


class Attempt:
    """Stands below the fields. `begin` when they are there.

    Args:
        pin: the state of what is tried; None where the consent alone is asked.
        submit: sends what was typed; False where something keeps it from being tried, which it has said.
        on_accepted: the card has taken it, or the consent alone was given.
    """

    def __init__(
        self,
        frame: Frame,
        pin: PinEntry | None,
        words: Words,
        *,
        submit: Callable[[], bool],
        on_accepted: Callable[[], None],
        on_cancel: Callable[[], None],
    ) -> None:
        self._frame, self._pin, self._words = frame, pin, words
        self._submit, self._on_accepted, self._on_cancel = submit, on_accepted, on_cancel
        self._fields: Fields | None = None
        self._state: Literal["guarded", "ready", "sent", "over"] = "guarded"
        self._verdict = ""
        self._final: CheckBox | None = None

    def begin(self, ok: str, fields: Fields | None) -> tk.Button:
        """Put message and buttons below `fields`; the button is OK's."""
        self._fields = fields
        self._message = self._frame.theme.label(
            self._frame.controls, "", kind=self._frame.theme.bold, colour=self._frame.theme.palette.alert
        )
        self._message.pack(anchor="w", pady=(self._frame.theme.px(2), 0))
        self._accept = buttons(self._frame, ok, self.press, self._on_cancel)
        self._frame.when_open(self._get_ready)
        if self._pin is not None:
            self._state_words(self._pin.pin_state, self._pin.tries_left)
        return self._accept

    @property
    def is_listening(self) -> bool:
        """Whether the worker has a say: a secret is due, and no verdict was the last."""
        return self._pin is not None and self._state != "over"

    @property
    def _has_keypad(self) -> bool:
        return self._pin is not None and self._pin.protected_authentication_path

    def press(self) -> None:
        """OK."""
        if self._state != "ready" or self._lacks_final_consent():
            return
        if not self._submit():
            return
        if self._pin is None:
            self._finish()
            return
        self._state = "sent"
        self._paint()
        if self._has_keypad:
            self._frame.each_tick = self._count_down
            self._count_down(self._frame.clock())
        else:
            self._show(self._frame.texts(self._words.checking), is_bad=False)

    def complain(self, text: str) -> None:
        """Say what is wrong with the typing; with "" say again what the card has said."""
        if self._state in ("guarded", "ready"):
            self._show(text or self._verdict)

    def outcome(self, outcome: PinOutcome) -> None:
        """What the card said. Unasked it can only be bad news: nothing has been approved."""
        self._frame.each_tick = None
        if self._state != "sent" and outcome.verdict != "locked":
            self._only_close(PIN.failed)
            return
        match outcome.verdict:
            case "accepted":
                self._finish()
            case "incorrect" | "rejected" | "unsent":
                self._ask_again(outcome)
            case "locked":
                self._only_close(self._words.locked)
            case "failed":
                self._only_close(self._words.failed)

    def _finish(self) -> None:
        """The window may stay a while: nothing can be pressed twice."""
        self._state = "over"
        self._paint()
        self._on_accepted()

    def _get_ready(self) -> None:
        if self._state == "guarded":
            self._state = "ready"
            self._paint()

    def _lacks_final_consent(self) -> bool:
        return self._final is not None and not self._final.is_ticked

    def _paint(self) -> None:
        may_press = self._state == "ready" and not self._lacks_final_consent()
        self._frame.theme.enable(self._accept, is_enabled=may_press)
        if self._final is not None:
            self._final.enable(is_enabled=self._state == "ready")

    def _ask_again(self, outcome: PinOutcome) -> None:
        self._state = "ready"
        texts, is_wrong = self._frame.texts, outcome.verdict == "incorrect"
        start = texts(self._words.incorrect if is_wrong else outcome.verdict)
        end = texts(self._words.again) if is_wrong else ""
        self._state_words(outcome.pin_state, outcome.tries_left, start=start, end=end)
        if self._fields is not None:
            self._fields.try_again(outcome.verdict)
        self._paint()

    def _state_words(self, state: str, tries_left: int | None, *, start: str = "", end: str = "") -> None:
        """How many tries are left, between `start` and `end`; without these nothing where all is well."""
        texts, words = self._frame.texts, self._words
        said = ""
        is_final = state == "finalTry" or tries_left == 1
        self._demand_final_consent(is_final=is_final)
        if is_final:
            said = texts(words.final_try)
        elif tries_left is not None and (start or state != "ok"):
            said = texts(words.tries, count=tries_left)
        elif state == "countLow":
            said = texts(words.count_low)
        self._verdict = texts.sentences(start, said, end)
        self._show(self._verdict)

    def _demand_final_consent(self, *, is_final: bool) -> None:
        """The last try is spent only after a confirmation of its own."""
        if self._final is not None:
            self._final.widget.destroy()
            self._final = None
        if is_final:
            text = self._frame.texts(self._words.final_confirm)
            self._final = CheckBox(self._frame.theme, self._frame.controls, text, self._paint)
            self._final.widget.pack(anchor="w", after=self._message)

    def _count_down(self, clock: str) -> None:
        self._show(self._frame.texts(self._words.typing, time=clock), is_bad=False)

    def _only_close(self, key: str) -> None:
        self._state = "over"
        self._show(self._frame.texts(key))
        if self._fields is not None:
            self._fields.close()
        if self._final is not None:
            self._final.widget.destroy()
        close = only_button(self._frame, self._frame.texts("close"), self._on_cancel, is_default=True)
        close.focus_force()
        self._frame.guard_again()

    def _show(self, text: str, *, is_bad: bool = True) -> None:
        palette = self._frame.theme.palette
        colour = palette.alert if is_bad else palette.ink
        text = self._frame.theme.fold(text, kind=self._frame.theme.bold)
        if self._message["text"] != text or str(self._message["foreground"]) != colour:
            self._message.configure(text=text, foreground=colour)
            self._frame.refit()


class AttemptScreen:
    """What every screen with an attempt is to the dialog, which speaks with the worker."""

    _attempt: Attempt

    @property
    def is_listening(self) -> bool:
        """See `Attempt.is_listening`."""
        return self._attempt.is_listening

    def outcome(self, outcome: PinOutcome) -> None:
        """What the card said of what was typed."""
        self._attempt.outcome(outcome)
