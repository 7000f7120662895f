"""Consent, and the PIN where one is due, in one screen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.core.consent import Approved, Confirm, Open, PinEntry
from bridge.core.pinentry import PinEntered, PinVerdict
from bridge.ui import attempt
from bridge.ui.attempt import Attempt, AttemptScreen
from bridge.ui.characters import contact_problem
from bridge.ui.parts import heading, holder_table
from bridge.ui.pinfield import Hints, Keypad, PinField
from bridge.ui.window import Frame

if TYPE_CHECKING:
    from bridge.ui.documents import Documents
    from bridge.ui.pages import Pages


class Confirmation(AttemptScreen):
    """Shows `screen`; `on_approved` is called when the user agreed and the card took the PIN.

    Args:
        send: hands the PIN to the worker; its answer comes back through `outcome`.
        pages: of the documents to sign.
    """

    def __init__(
        self,
        frame: Frame,
        opening: Open,
        screen: Confirm,
        *,
        send: Callable[[PinEntered], None],
        on_approved: Callable[[Approved], None],
        on_cancel: Callable[[], None],
        pages: Pages | None = None,
    ) -> None:
        self._frame, self._send, self._on_approved = frame, send, on_approved
        self._contact_text = ""
        texts = frame.texts
        heading(frame, texts(opening.purpose, count=len(opening.documents)))
        holder_table(frame, screen.holder, opening.language, leaves_room=bool(pages) and frame.is_low)
        self._documents = _documents(frame, pages) if pages else None
        self._attempt = Attempt(
            frame,
            screen.pin,
            attempt.PIN,
            submit=self._submit,
            on_accepted=self._finish,
            on_cancel=on_cancel,
        )
        self._pin = _pin_way(frame, screen.pin, self._attempt) if screen.pin else None
        self._contact = self._make_contact() if screen.contact == "optional" else None
        ok = "sign_ok" if opening.purpose == "sign" else "ok" if screen.pin else "give"
        accept = self._attempt.begin(texts(ok), self._pin)
        frame.present(self._pin.field.entry if isinstance(self._pin, _Typed) else accept)

    def _make_contact(self) -> tk.Entry:
        theme, controls = self._frame.theme, self._frame.controls
        theme.label(controls, self._frame.texts("contact")).pack(anchor="w", pady=(theme.px(6), 0))
        entry = theme.entry(controls)
        entry.pack(fill="x", ipady=theme.px(3))
        return entry

    def _submit(self) -> bool:
        contact = self._contact.get().strip() if self._contact else ""
        problem = contact_problem(contact, self._pin.peek() if self._pin else "")
        if problem is not None and self._contact is not None:
            self._attempt.complain(self._frame.texts(problem))
            self._contact.focus_set()
            return False
        self._contact_text = contact
        if self._pin is not None:
            pin = self._pin.take()
            if pin is None:
                return False
            self._send(PinEntered(pin=pin))
        return True

    def _finish(self) -> None:
        digests = self._documents.digests if self._documents else ()
        self._on_approved(Approved(contact=self._contact_text or None, digests=digests))


def _documents(frame: Frame, pages: Pages) -> Documents:
    from bridge.ui.documents import Documents

    return Documents(frame, pages)


def _pin_way(frame: Frame, pin: PinEntry, attempt: Attempt) -> _Typed | Keypad:
    if pin.protected_authentication_path:
        return Keypad(frame, "keypad")
    return _Typed(frame, pin, attempt)


class _Typed:
    """One entry for the PIN."""

    def __init__(self, frame: Frame, pin: PinEntry, attempt: Attempt) -> None:
        self._attempt = attempt
        hints = Hints(frame, frame.texts("pin_hint"))
        lengths = (pin.min_length, pin.max_length)
        self.field = PinField(frame, frame.controls, frame.texts("pin"), lengths, attempt.complain, hints)
        self.field.stand_below_its_name()
        hints.show()

    def peek(self) -> str:
        return self.field.peek()

    def take(self) -> str | None:
        """The PIN, which is gone from the entry with it; None where it is too short to be tried."""
        complaint = self.field.complaint()
        if complaint is not None:
            self._attempt.complain(complaint)
            self.field.entry.focus_set()
            return None
        pin = self.field.peek()
        self.close()
        return pin

    def try_again(self, verdict: PinVerdict) -> None:
        self.field.ask()
        self.field.entry.focus_force()

    def close(self) -> None:
        self.field.empty()
        self.field.lock()
