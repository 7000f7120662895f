"""The frame around every screen: who asks, for what, how long, and the guard against stray input."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Open
from bridge.ui.texts import Texts
from bridge.ui.theme import BAND, FAINT, LINE, ON_BAND, PANEL, Theme

GUARD_S = 0.5
_GUARD_TAG = "CardbridgeGuard"
_TICK_MS = 250
_OUTSIDE_PX = 70  # title bar and task bar
_FEWEST_LINES = 3
_GUARDED = (
    "<KeyPress>",
    "<KeyRelease>",
    "<ButtonPress>",
    "<ButtonRelease>",
    "<<Paste>>",
    "<<PasteSelection>>",
)


class Frame:
    """The window itself. A screen fills `body` and `buttons`.

    Args:
        on_cancel: Escape, キャンセル, or the close box.
        on_time_over: the time limit has gone by.
    """

    def __init__(
        self, root: tk.Tk, opening: Open, on_cancel: Callable[[], None], on_time_over: Callable[[], None]
    ) -> None:
        self.root = root
        self.theme = Theme(root)
        self.texts = Texts(opening.language)
        self._on_time_over = on_time_over
        self._ends_at = time.monotonic() + opening.timeout_s
        self._guarded_until = 0.0
        self._when_open: list[Callable[[], None]] = []
        self.shrinkable: tk.Text | None = None
        root.title(self.texts("title"))
        root.resizable(False, False)
        root.attributes("-topmost", True)
        root.protocol("WM_DELETE_WINDOW", on_cancel)
        root.bind("<Escape>", lambda _: on_cancel())
        for event in _GUARDED:
            root.bind_class(_GUARD_TAG, event, self._guard)
        self._band(opening)
        self._footer()
        self.body = self.theme.frame(root)
        self.body.pack(fill="both", expand=True, padx=self.theme.px(24), pady=(self.theme.px(14), 0))
        self._tick()

    def _band(self, opening: Open) -> None:
        theme, site = self.theme, opening.site
        band = theme.frame(self.root, BAND)
        band.pack(fill="x")
        pad = theme.px(24)
        theme.label(band, self.texts("asks"), kind=theme.small, colour=ON_BAND).pack(
            anchor="w", padx=pad, pady=(theme.px(12), 0)
        )
        if site.name:
            theme.label(band, site.name, kind=theme.title, colour=ON_BAND).pack(anchor="w", padx=pad)
        kind = theme.body if site.name else theme.title
        theme.label(band, site.origin, kind=kind, colour=ON_BAND).pack(
            anchor="w", padx=pad, pady=(0, theme.px(12))
        )

    def _footer(self) -> None:
        theme = self.theme
        footer = theme.frame(self.root, PANEL)
        footer.pack(fill="x", side="bottom", pady=(theme.px(16), 0))
        tk.Frame(footer, background=LINE, height=1).pack(fill="x")
        row = theme.frame(footer, PANEL)
        row.pack(fill="x", padx=theme.px(24), pady=theme.px(12))
        self._clock = theme.label(row, "", kind=theme.small, colour=FAINT)
        self._clock.pack(side="left")
        self.buttons = theme.frame(row, PANEL)
        self.buttons.pack(side="right")

    def clear(self) -> None:
        """Take the screen out, to make place for the next."""
        self._when_open.clear()
        self.shrinkable = None
        for part in (*self.body.winfo_children(), *self.buttons.winfo_children()):
            part.destroy()

    def present(self, focus: tk.Misc) -> None:
        """Bring the filled window to the front; input counts from `GUARD_S` later on.

        Args:
            focus: gets the keyboard.
        """
        self._guarded_until = time.monotonic() + GUARD_S
        self._put_guard_first(self.root)
        width, height = self.theme.width, self._fitting_height()
        left = (self.root.winfo_screenwidth() - width) // 2
        top = max(0, (self.root.winfo_screenheight() - height) // 3)
        self.root.geometry(f"{width}x{height}+{left}+{top}")
        self.root.deiconify()
        self.root.lift()
        self.root.wait_visibility()
        focus.focus_force()
        self.root.after(round(GUARD_S * 1000), self._open_up)

    def refit(self) -> None:
        """The screen has grown or shrunk."""
        self.root.geometry(f"{self.theme.width}x{self._fitting_height()}")

    def _fitting_height(self) -> int:
        """What the screen needs; on a low display the part that scrolls gives way."""
        self.root.update_idletasks()
        limit = self.root.winfo_screenheight() - self.theme.px(_OUTSIDE_PX)
        while self.shrinkable is not None and self.root.winfo_reqheight() > limit:
            lines = int(self.shrinkable["height"])
            if lines <= _FEWEST_LINES:
                break
            self.shrinkable.configure(height=lines - 1)
            self.root.update_idletasks()
        return min(self.root.winfo_reqheight(), limit)

    def when_open(self, action: Callable[[], None]) -> None:
        """Do `action` when input begins to count, for example enable a button."""
        self._when_open.append(action)

    def _open_up(self) -> None:
        if time.monotonic() >= self._guarded_until:
            for action in self._when_open:
                action()
            self._when_open.clear()

    def _guard(self, event: tk.Event[tk.Misc]) -> str | None:
        return "break" if time.monotonic() < self._guarded_until else None

    def _put_guard_first(self, widget: tk.Misc) -> None:
        tags = [tag for tag in widget.bindtags() if tag != _GUARD_TAG]
        widget.bindtags((_GUARD_TAG, *tags))
        for child in widget.winfo_children():
            self._put_guard_first(child)

    def _tick(self) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            self._on_time_over()
            return
        minutes, seconds = divmod(int(left), 60)
        self._clock.configure(text=self.texts("time_left", minutes=minutes, seconds=seconds))
        self.root.after(_TICK_MS, self._tick)
