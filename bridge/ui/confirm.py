"""Consent, and the PIN where one is due, in one screen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Approved, Confirm, Open
from bridge.core.pinentry import PinOutcome
from bridge.ui.characters import contact_problem
from bridge.ui.documents import Documents
from bridge.ui.parts import buttons, heading, holder_table
from bridge.ui.pinfield import PinField
from bridge.ui.theme import ALERT, INK, PAPER
from bridge.ui.window import Frame

_CAPS_LOCK = 0x0002


class Confirmation:
    """Shows `screen`; `on_approved` is called when the user agreed and the card took the PIN.

    Args:
        send_pin: hands the PIN to the worker; its answer comes back through `outcome`.
    """

    def __init__(
        self,
        frame: Frame,
        opening: Open,
        screen: Confirm,
        *,
        send_pin: Callable[[str], None],
        on_approved: Callable[[Approved], None],
        on_cancel: Callable[[], None],
    ) -> None:
        self._frame, self._screen = frame, screen
        self._send_pin, self._on_approved, self._on_cancel = send_pin, on_approved, on_cancel
        self._contact_text = ""
        self._is_final = False
        texts = frame.texts
        heading(frame, texts(opening.purpose, count=len(screen.documents)))
        holder_table(frame, screen.holder, opening.language)
        self._documents = Documents(frame, screen.documents) if screen.documents else None
        self._pin = self._make_pin()
        self._contact = self._make_contact()
        self._message = frame.theme.label(frame.body, "", kind=frame.theme.bold, colour=ALERT)
        self._message.pack(anchor="w")
        self._final = tk.IntVar(frame.root, 0)
        self._final_box: tk.Checkbutton | None = None
        self._accept = buttons(frame, self._ok_text(opening), self._approve, on_cancel)
        frame.when_open(self._enable)
        if screen.pin is not None:
            self._state_words(screen.pin.pin_state, screen.pin.tries_left)
        frame.present(self._pin.entry if self._pin else self._accept)

    def _ok_text(self, opening: Open) -> str:
        if opening.purpose == "sign":
            return self._frame.texts("sign_ok")
        return self._frame.texts("ok" if self._screen.pin else "give")

    def _make_pin(self) -> PinField | None:
        if self._screen.pin is None:
            return None
        if self._screen.pin.protected_authentication_path:
            self._frame.theme.label(self._frame.body, self._frame.texts("keypad")).pack(anchor="w")
            return None
        return PinField(self._frame, self._screen.pin, self._say)

    def _make_contact(self) -> tk.Entry | None:
        if self._screen.contact != "optional":
            return None
        theme = self._frame.theme
        theme.label(self._frame.body, self._frame.texts("contact")).pack(anchor="w", pady=(theme.px(8), 0))
        entry = tk.Entry(self._frame.body, font=theme.body, relief="solid", borderwidth=1)
        entry.pack(fill="x", ipady=theme.px(4))
        return entry

    def _enable(self) -> None:
        needs_keypad = self._screen.pin is not None and self._screen.pin.protected_authentication_path
        if not needs_keypad and (not self._is_final or self._final.get()):
            self._accept.configure(state="normal")

    def _approve(self) -> None:
        contact = self._contact.get().strip() if self._contact else ""
        problem = contact_problem(contact, self._pin.peek() if self._pin else "")
        if problem is not None:
            self._say(self._frame.texts(problem))
            return
        self._contact_text = contact
        if self._pin is None:
            self._finish()
            return
        pin = self._pin.take()
        if pin is None:
            return
        self._accept.configure(state="disabled")
        self._say(self._frame.texts("checking"), INK)
        self._send_pin(pin)

    def _finish(self) -> None:
        digests = self._documents.digests if self._documents else ()
        self._on_approved(Approved(contact=self._contact_text or None, digests=digests))

    def outcome(self, outcome: PinOutcome) -> None:
        """What the card said of the PIN."""
        match outcome.verdict:
            case "accepted":
                self._finish()
            case "incorrect":
                self._ask_again(outcome)
            case "locked":
                self._only_close(self._frame.texts("locked"))
            case "failed":
                self._only_close(self._frame.texts("failed"))

    def _ask_again(self, outcome: PinOutcome) -> None:
        self._say(self._frame.texts("incorrect"))
        self._state_words(outcome.pin_state, outcome.tries_left)
        if self._pin is not None:
            self._pin.ask_again()
        self._enable()
        self._frame.refit()

    def _state_words(self, state: str, tries_left: int | None) -> None:
        words = self._message["text"] if state in ("countLow", "finalTry") else ""
        if state == "finalTry":
            self._say(f"{words}{self._frame.texts('finalTry')}")
            self._demand_final_consent()
        elif tries_left is not None and state != "ok":
            self._say(f"{words}{self._frame.texts('tries', count=tries_left)}")
        elif state == "countLow":
            self._say(f"{words}{self._frame.texts('countLow')}")

    def _demand_final_consent(self) -> None:
        """The last try is spent only after a confirmation of its own."""
        self._is_final = True
        self._final.set(0)
        self._accept.configure(state="disabled")
        if self._final_box is not None:
            return
        theme = self._frame.theme
        self._final_box = tk.Checkbutton(
            self._frame.body,
            text=self._frame.texts("final_confirm"),
            variable=self._final,
            font=theme.body,
            background=PAPER,
            foreground=INK,
            activebackground=PAPER,
            highlightthickness=1,
            wraplength=theme.width - theme.px(90),
            justify="left",
            command=self._final_changed,
        )
        self._final_box.pack(anchor="w")

    def _final_changed(self) -> None:
        self._accept.configure(state="normal" if self._final.get() else "disabled")

    def _only_close(self, text: str) -> None:
        self._say(text)
        if self._pin is not None:
            self._pin.close()
        for part in self._frame.buttons.winfo_children():
            part.destroy()
        close = self._frame.theme.button(self._frame.buttons, self._frame.texts("close"), is_default=True)
        close.configure(command=self._on_cancel)
        close.pack()
        for key in ("<Return>", "<KP_Enter>"):
            self._frame.root.bind(key, lambda _: self._on_cancel())
        self._frame.refit()

    def _say(self, text: str, colour: str = ALERT) -> None:
        self._message.configure(text=text, foreground=colour)
        self._frame.refit()
