"""A new PIN for the card: with the one in use, or with the PUK."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Approved, ChangeSecret, Open, PinEntry
from bridge.core.pinentry import NewPinEntered, PinVerdict
from bridge.ui import attempt
from bridge.ui.attempt import Attempt, AttemptScreen
from bridge.ui.parts import heading, holder_table, notice
from bridge.ui.pinfield import Hints, Keypad, PinField
from bridge.ui.window import Frame

_ANY_LENGTH = (1, 64)
_TOLD_LENGTH = 64


class SecretChange(AttemptScreen):
    """Shows `screen`; `on_approved` is called when the card has taken the new PIN.

    Args:
        send: hands all that was typed to the worker; its answer comes back through `outcome`.
    """

    def __init__(
        self,
        frame: Frame,
        opening: Open,
        screen: ChangeSecret,
        *,
        send: Callable[[NewPinEntered], None],
        on_approved: Callable[[Approved], None],
        on_cancel: Callable[[], None],
    ) -> None:
        self._frame, self._send = frame, send
        has_puk = opening.purpose == "unblockPin"
        heading(frame, frame.texts(opening.purpose))
        if has_puk:
            notice(frame, frame.texts("puk_limited"))
        holder_table(frame, screen.holder, opening.language)
        self._attempt = Attempt(
            frame,
            screen.pin,
            attempt.PUK if has_puk else attempt.CURRENT_PIN,
            submit=self._submit,
            on_accepted=lambda: on_approved(Approved()),
            on_cancel=on_cancel,
        )
        self._fields: NewPinFields | Keypad
        if screen.pin.protected_authentication_path:
            self._fields = Keypad(frame, "keypad_unblock" if has_puk else "keypad_change")
        else:
            self._fields = NewPinFields(frame, screen.pin, self._attempt, has_puk=has_puk)
        accept = self._attempt.begin(frame.texts("unblock_ok" if has_puk else "change_ok"), self._fields)
        frame.present(self._fields.first if isinstance(self._fields, NewPinFields) else accept)

    def _submit(self) -> bool:
        if isinstance(self._fields, Keypad):
            self._send(NewPinEntered(current="", new=""))
            return True
        typed = self._fields.take()
        if typed is not None:
            self._send(typed)
        return typed is not None


class NewPinFields:
    """Three entries: what is in use, and twice the new PIN.

    When the card refuses the first, the new PIN stays; when it refuses the new one, nothing stays.
    """

    def __init__(self, frame: Frame, pin: PinEntry, attempt: Attempt, *, has_puk: bool) -> None:
        self._frame, self._attempt, self._has_puk = frame, attempt, has_puk
        texts, lengths = frame.texts, (pin.min_length, pin.max_length)
        hints = Hints(frame, _hint(frame, *lengths))
        names = ("puk" if has_puk else "current", "new", "again")
        table = frame.theme.frame(frame.controls)
        table.pack(fill="x")
        self._current, self._new, self._again = (
            PinField(
                frame,
                table,
                texts(name),
                _ANY_LENGTH if name == "puk" else lengths,
                attempt.complain,
                hints,
            )
            for name in names
        )
        hints.show()
        fields = self._all
        for row, field in enumerate(fields):
            field.stand_in_row(row)
        for field, after in zip(fields, fields[1:], strict=False):
            for key in ("<Return>", "<KP_Enter>"):
                field.entry.bind(key, lambda _, after=after: self._go_on(after))
        self._again.opinion = self._compared

    @property
    def _all(self) -> tuple[PinField, ...]:
        return (self._current, self._new, self._again)

    @property
    def first(self) -> tk.Entry:
        return self._current.entry

    def take(self) -> NewPinEntered | None:
        """What was typed, where it may go to the card. The first entry is empty then."""
        for field in (self._current, self._new):
            complaint = field.complaint()
            if complaint is not None:
                field.entry.focus_set()
                self._attempt.complain(complaint)
                return None
        current, new = self._current.peek(), self._new.peek()
        if new != self._again.peek():
            self._ask_for_new("mismatch")
            return None
        if new == current and not self._has_puk:
            self._ask_for_new("same")
            return None
        self._current.empty()
        for field in self._all:
            field.lock()
        return NewPinEntered(current=current, new=new)

    def try_again(self, verdict: PinVerdict) -> None:
        for field in self._all:
            field.ask()
            if verdict == "rejected":
                field.empty()
        self.first.focus_force()

    def close(self) -> None:
        for field in self._all:
            field.empty()
            field.lock()

    def _ask_for_new(self, complaint: str) -> None:
        for field in (self._again, self._new):
            field.empty()
        self._new.entry.focus_set()
        self._attempt.complain(self._frame.texts(complaint))

    def _go_on(self, after: PinField) -> str | None:
        """Enter goes to the next entry as long as that is empty."""
        if after.entry.get():
            return None
        after.entry.focus_set()
        return "break"

    def _compared(self, again: str) -> str:
        """Said at once when the second new PIN goes another way than the first."""
        return "" if self._new.peek().startswith(again) else self._frame.texts("mismatch_now")


def _hint(frame: Frame, fewest: int, most: int) -> str:
    texts = frame.texts
    if most > _TOLD_LENGTH:
        return texts("pin_hint")
    key = "length" if fewest == most else "lengths"
    return texts(key, fewest=fewest, most=most) + texts("pin_hint")
