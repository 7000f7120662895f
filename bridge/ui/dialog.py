"""The dialog process: one window for one request, ended by its answer or by the daemon.

Command line: the inherited connections, control and PIN pipe. Where there are documents, the preview's
follows behind `Open` (`bridge.children.hand_over`). The process may have been started before anybody asked
for a window: it knows nothing until `Open` comes.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, get_args

from bridge import children, confine
from bridge.core import consent, plainjson
from bridge.core.pinentry import NewPinEntered, PinEntered, PinOutcome
from bridge.ui.incoming import Incoming

if TYPE_CHECKING:
    from bridge.ui.attempt import AttemptScreen
    from bridge.ui.pages import Pages
    from bridge.ui.theme import Theme
    from bridge.ui.work import Work

_POLL_MS = 20
_SOON_S = 1.0
_READABLE = 2  # tkinter.READABLE, which is imported in the child only
_MAX_MEMORY_BYTES = 2 * 1024**3
_MAX_COMPUTING_S = 3600
_MOST_BYTES = 65536  # of what the worker says
_SCREENS = get_args(consent.Screen)


def main(argv: list[str]) -> int:
    """Show what the daemon sends until there is an answer; 1 where no window can be opened."""
    children.limit_resources(memory_bytes=_MAX_MEMORY_BYTES, computing_s=_MAX_COMPUTING_S)
    confine.window_files()
    control, pin_pipe = children.inherited(argv[0])
    with children.loading():
        from bridge.ui.root import hidden_root

        if (root := hidden_root()) is None:
            return 1
        theme = _prepared(root)
    confine.window_calls()  # after the desktop has been asked for its colours
    try:
        if not control.poll(_SOON_S):  # nobody waits: there is time for what some windows need
            from bridge.ui import documents, pages  # noqa: F401
        opening = plainjson.decode(control.recv_bytes(), consent.Open)
        preview = children.receive(control) if opening.documents else None
    except (EOFError, OSError):
        return 0  # nobody has asked for a window
    Dialog(root, opening, control, pin_pipe, preview, theme).run()
    return 0


def _prepared(root: object) -> Theme:
    """What most windows need, while nobody waits for one."""
    import tkinter as tk

    from bridge.ui import chooser, confirm, window  # noqa: F401
    from bridge.ui.theme import Theme

    assert isinstance(root, tk.Tk)  # noqa: S101 - tkinter is imported in the child only
    theme = Theme(root)
    theme.open_fonts()
    return theme


class Dialog:
    """Joins the window with the connections; `preview` is there if there are documents."""

    def __init__(
        self,
        root: object,
        opening: consent.Open,
        control: Connection,
        pin_pipe: Connection,
        preview: Connection | None = None,
        theme: Theme | None = None,
    ) -> None:
        import tkinter as tk

        from bridge.ui.window import Frame

        assert isinstance(root, tk.Tk)  # noqa: S101 - tkinter is imported in the child only
        self._root, self._opening = root, opening
        self._control, self._pin_pipe, self._preview = control, pin_pipe, preview
        self._of_worker = Incoming(pin_pipe, _MOST_BYTES)
        self._pages: Pages | None = None
        self._screen: AttemptScreen | None = None
        self._work: Work | None = None
        self._is_over = False
        self._watched: int | None = None
        root.bind("<Destroy>", lambda _: self._stop_watching(), add=True)
        self._frame = Frame(root, opening, self._cancel, lambda: self._answer(consent.TimedOut()), theme)

    def run(self) -> None:
        self.start()
        confine.keep_out_of_swap()  # no key counts yet
        self._root.mainloop()

    def start(self) -> None:
        """Show the first screen; the rest is done by Tk's event loop."""
        self._show(self._opening.screen)
        if not self._is_over:
            self._root.after(_POLL_MS, self._poll)

    @property
    def takes_input(self) -> bool:
        """Whether the first half second of the screen has gone by."""
        return self._frame.takes_input

    def _show(self, screen: consent.Screen) -> None:
        import tkinter as tk

        if self._work is not None and isinstance(screen, consent.Working):
            self._work.update(screen)
            return
        self._frame.clear()
        self._screen = self._work = None
        try:
            self._screen = self._build(screen)
        except tk.TclError:
            if self._is_over:
                return  # ended in the middle of it
            raise
        self._send(consent.Shown())

    def _build(self, screen: consent.Screen) -> AttemptScreen | None:
        from bridge.ui import waiting
        from bridge.ui.chooser import Chooser
        from bridge.ui.confirm import Confirmation

        frame, opening = self._frame, self._opening
        match screen:
            case consent.WaitForCard():
                waiting.for_card(frame, self._cancel)
            case consent.WaitForReader():
                waiting.for_reader(frame, screen, self._cancel)
            case consent.Choose():
                Chooser(frame, screen, opening.language, self._chosen, self._cancel)
            case consent.Confirm():
                return Confirmation(
                    frame,
                    opening,
                    screen,
                    send=self._send_secret,
                    on_approved=self._approved,
                    on_cancel=self._cancel,
                    pages=self._documents(),
                )
            case consent.ChangeSecret():
                from bridge.ui.change import SecretChange

                return SecretChange(
                    frame,
                    opening,
                    screen,
                    send=self._send_secret,
                    on_approved=self._answer,
                    on_cancel=self._cancel,
                )
            case consent.Working():
                from bridge.ui.work import Work

                self._work = Work(frame, screen, self._cancel)
        return None

    def _documents(self) -> Pages | None:
        """The pages of the documents to sign. Without them, nothing is asked."""
        if self._pages is None and self._opening.documents:
            from bridge.ui.pages import Pages

            self._pages = Pages(self._root, self._preview, self._opening.documents, self._unshown)
        return self._pages

    def _unshown(self, document: int) -> None:
        self._answer(consent.Unshown(document=document))

    def _poll(self) -> None:
        try:
            while not self._is_over and self._control.poll(0):
                self._show(plainjson.decode(self._control.recv_bytes(), *_SCREENS))
        except (EOFError, OSError):
            self._end()
        if not self._is_over and self._screen is not None and self._screen.is_listening:
            self._read_outcome(self._screen)
        if not self._is_over:
            self._root.after(_POLL_MS, self._poll)

    def _read_outcome(self, screen: AttemptScreen) -> None:
        try:
            message = self._of_worker.next()
            if message is None:
                return
            outcome = plainjson.decode(message, PinOutcome)
        except (EOFError, OSError, plainjson.Unreadable):
            outcome = PinOutcome(verdict="failed")
        self._stop_watching()
        screen.outcome(outcome)

    def _send_secret(self, typed: PinEntered | NewPinEntered) -> None:
        try:
            self._pin_pipe.send_bytes(plainjson.encode(typed))
        except OSError:
            return  # the worker is gone: the next poll finds the pipe's end
        if sys.platform != "win32":  # Tk watches no pipes there
            self._watched = self._pin_pipe.fileno()
            self._root.tk.createfilehandler(self._watched, _READABLE, lambda *_: self._heard())

    def _stop_watching(self) -> None:
        """A handler outlives window and pipe: it would be called for whatever gets the descriptor next."""
        if self._watched is not None:
            self._root.tk.deletefilehandler(self._watched)
            self._watched = None

    def _heard(self) -> None:
        """The worker has answered what was sent; between two looks of `_poll` a person waits for nothing."""
        self._stop_watching()
        if not self._is_over and self._screen is not None and self._screen.is_listening:
            self._read_outcome(self._screen)

    def _chosen(self, index: int) -> None:
        self._send(consent.Chosen(index=index))

    def _approved(self, answer: consent.Approved) -> None:
        if self._opening.purpose != "sign":
            self._answer(answer)
        elif not self._is_over:
            self._frame.stop_clock()
            if self._pages is not None:
                self._pages.close()
            self._send(answer)

    def _cancel(self) -> None:
        self._answer(consent.Cancelled())

    def _answer(self, answer: consent.Answer) -> None:
        if not self._is_over:
            self._send(answer)
            self._end()

    def _end(self) -> None:
        self._is_over = True
        for waiting in self._root.tk.splitlist(self._root.tk.call("after", "info")):
            self._root.tk.call("after", "cancel", waiting)
        self._root.destroy()

    def _send(self, answer: consent.Answer) -> None:
        try:
            self._control.send_bytes(plainjson.encode(answer))
        except OSError:
            return  # the daemon is gone: the next poll ends this window


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
