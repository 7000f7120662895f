"""A window of the user's own from the inside: opened by the daemon, raised by it, ended with it."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from multiprocessing.connection import Connection

import msgspec

from bridge import children
from bridge.core.desktop import Choice, Show
from bridge.ui.root import hidden_root
from bridge.ui.theme import Theme

_LOOK_MS = 250
_OUTSIDE_PX = 70  # title bar and task bar
_shows = msgspec.json.Decoder(Show)


class Daemon:
    """The connection to the daemon, within Tk's event loop.

    `on_show` gets what is wanted each time the window is asked for again; by default the window is raised.
    """

    def __init__(self, root: tk.Tk, connection: Connection) -> None:
        self._root, self._connection = root, connection
        self.on_show: Callable[[Show], None] = lambda _: raise_window(root)
        if sys.platform == "win32":  # Tk watches no pipes there
            root.after(_LOOK_MS, self._look)
        else:
            root.tk.createfilehandler(connection.fileno(), tk.READABLE, lambda *_: self._read())

    def choose(self, id: str) -> None:
        """Tell the daemon what the user has chosen."""
        try:
            self._connection.send_bytes(msgspec.json.encode(Choice(id=id)))
        except OSError:
            self._end()

    def _look(self) -> None:
        self._read()
        self._root.after(_LOOK_MS, self._look)

    def _read(self) -> None:
        try:
            while self._connection.poll(0):
                self.on_show(_shows.decode(self._connection.recv_bytes()))
        except (EOFError, OSError):
            self._end()

    def _end(self) -> None:
        if sys.platform != "win32":
            self._root.tk.deletefilehandler(self._connection.fileno())
        self._root.destroy()


def run(argv: list[str], build: Callable[[tk.Tk, Show, Daemon], Callable[[Show], None] | None]) -> int:
    """The whole life of a window's process; 1 where no window can be opened.

    Args:
        argv: the child's command line.
        build: fills the hidden window that it gets, and gives what is done when it is asked for again (None:
            it is raised). The window is shown afterwards.
    """
    (connection,) = children.inherited(argv[0])
    show = _shows.decode(connection.recv_bytes())
    if (root := hidden_root()) is None:
        return 1
    daemon = Daemon(root, connection)
    daemon.on_show = build(root, show, daemon) or daemon.on_show
    raise_window(root)
    root.mainloop()
    return 0


def raise_window(root: tk.Tk) -> None:
    """Bring the window to the front; for a moment above all others, since desktops refuse the bare wish."""
    is_new = not root.winfo_viewable()
    root.deiconify()
    root.lift()
    if is_new:
        root.wait_visibility()  # a window that is not there yet gets no keyboard
    root.attributes("-topmost", True)
    root.after(300, lambda: root.attributes("-topmost", False))
    root.focus_force()


def place(root: tk.Tk, theme: Theme, size_px: tuple[int, int], least_px: tuple[int, int]) -> None:
    """Give the window its size, the least it can be drawn to, and its place, as the screen has room."""
    screen = root.winfo_screenwidth(), root.winfo_screenheight() - theme.px(_OUTSIDE_PX)
    width, height = (min(theme.px(want), have) for want, have in zip(size_px, screen, strict=True))
    least = [min(theme.px(want), have) for want, have in zip(least_px, (width, height), strict=True)]
    root.minsize(*least)
    root.geometry(f"{width}x{height}+{(screen[0] - width) // 2}+{(screen[1] - height) // 3}")
