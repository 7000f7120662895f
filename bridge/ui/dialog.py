"""The dialog process: one window for one request, ended by its answer or by the daemon.

Command line: the two inherited connections, control and PIN pipe.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

import msgspec

from bridge import children
from bridge.core import consent
from bridge.core.pinentry import PinEntered, PinOutcome

_POLL_MS = 20
_screens = msgspec.json.Decoder(consent.Screen)
_outcomes = msgspec.json.Decoder(PinOutcome)


def main(argv: list[str]) -> int:
    """Show what the daemon sends until there is an answer; 1 where no window can be opened."""
    import tkinter as tk

    control, pin_pipe = children.inherited(argv[0])
    opening = msgspec.json.decode(control.recv_bytes(), type=consent.Open)
    try:
        root = tk.Tk(className="cardbridge")
    except tk.TclError as error:
        sys.stderr.write(f"no window can be opened: {error}\n")
        return 1
    root.withdraw()
    Dialog(root, opening, control, pin_pipe).run()
    return 0


class Dialog:
    """Joins the window with the two connections."""

    def __init__(
        self, root: object, opening: consent.Open, control: Connection, pin_pipe: Connection
    ) -> None:
        import tkinter as tk

        from bridge.ui.confirm import Confirmation
        from bridge.ui.window import Frame

        assert isinstance(root, tk.Tk)  # noqa: S101 - tkinter is imported in the child only
        self._root, self._opening = root, opening
        self._control, self._pin_pipe = control, pin_pipe
        self._confirmation: Confirmation | None = None
        self._awaits_outcome = False
        self._frame = Frame(root, opening, self._cancel, lambda: self._answer(consent.TimedOut()))

    def run(self) -> None:
        self._show(self._opening.screen)
        self._root.after(_POLL_MS, self._poll)
        self._root.mainloop()

    def _show(self, screen: consent.Screen) -> None:
        from bridge.ui import waiting
        from bridge.ui.chooser import Chooser
        from bridge.ui.confirm import Confirmation

        self._frame.clear()
        self._confirmation = None
        match screen:
            case consent.WaitForCard():
                waiting.show(self._frame, self._cancel)
            case consent.Choose():
                Chooser(self._frame, screen, self._opening.language, self._chosen, self._cancel)
            case consent.Confirm():
                self._awaits_outcome = screen.pin is not None and screen.pin.protected_authentication_path
                self._confirmation = Confirmation(
                    self._frame,
                    self._opening,
                    screen,
                    send_pin=self._send_pin,
                    on_approved=self._answer,
                    on_cancel=self._cancel,
                )
        self._send(consent.Shown())

    def _poll(self) -> None:
        try:
            while self._control.poll(0):
                self._show(_screens.decode(self._control.recv_bytes()))
        except (EOFError, OSError):
            self._root.destroy()
            return
        if self._awaits_outcome and self._confirmation is not None:
            self._read_outcome()
        self._root.after(_POLL_MS, self._poll)

    def _read_outcome(self) -> None:
        try:
            if not self._pin_pipe.poll(0):
                return
            outcome = _outcomes.decode(self._pin_pipe.recv_bytes())
        except (EOFError, OSError, msgspec.DecodeError):
            outcome = PinOutcome(verdict="failed")
        self._awaits_outcome = False
        if self._confirmation is not None:
            self._confirmation.outcome(outcome)

    def _send_pin(self, pin: str) -> None:
        self._awaits_outcome = True
        try:
            self._pin_pipe.send_bytes(msgspec.json.encode(PinEntered(pin=pin)))
        except OSError:
            return  # the worker is gone: the next poll finds the pipe's end

    def _chosen(self, index: int) -> None:
        self._send(consent.Chosen(index=index))

    def _cancel(self) -> None:
        self._answer(consent.Cancelled())

    def _answer(self, answer: consent.Answer) -> None:
        self._send(answer)
        self._root.destroy()

    def _send(self, answer: consent.Answer) -> None:
        try:
            self._control.send_bytes(msgspec.json.encode(answer))
        except OSError:
            return  # the daemon is gone: the next poll ends this window


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
