"""The frame around every screen: who asks, for what, how long, and the guard against stray input."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Open
from bridge.ui.band import add_band
from bridge.ui.guard import GUARD_S, Guard
from bridge.ui.scrolled import Scrolled
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

_TICK_MS = 250
_OUTSIDE_PX = 70  # title bar and task bar
_HIGH_ENOUGH_PX = 900
_FEWEST_LINES = 3
_FEWEST_PX = 60
_LETTERS = (1.0, 0.9, 0.8, 0.7)


class Frame:
    """The window itself. A screen fills `body`, which scrolls on a low display, `controls`, which never
    do, and `buttons`.

    Args:
        on_cancel: Escape, キャンセル, or the close box.
        on_time_over: the time limit has gone by.
        theme: of this `root`, made before there was anything to show.
    """

    def __init__(
        self,
        root: tk.Tk,
        opening: Open,
        on_cancel: Callable[[], None],
        on_time_over: Callable[[], None],
        theme: Theme | None = None,
    ) -> None:
        self.root = root
        self.theme = theme or Theme(root)
        self.texts = Texts(opening.language)
        self._on_time_over = on_time_over
        self._ends_at: float | None = time.monotonic() + opening.timeout_s
        self._guard = Guard(root, self._open_up_later)
        self._openings = 0
        self._when_open: list[Callable[[], object]] = []
        self._bound: list[str] = []
        self.each_tick: Callable[[str], None] | None = None
        self.shrinkable: tk.Text | None = None
        self.most_body: int | None = None
        root.title(self.texts("title"))
        root.resizable(False, False)
        root.attributes("-topmost", True)
        root.protocol("WM_DELETE_WINDOW", lambda: on_cancel() if self.takes_input else None)
        root.bind("<Escape>", lambda _: on_cancel())
        for kind in ("Button", "Checkbutton"):  # on X, Tk lets Enter press them; here it means OK
            root.unbind_class(kind, "<Return>")
            root.unbind_class(kind, "<KP_Enter>")
        add_band(root, self.theme, self.texts, opening)
        self._footer()
        self._scrolled = Scrolled(self.theme, root)
        self._scrolled.holder.pack(fill="x", pady=(self.theme.px(14), 0))
        self.body = self._scrolled.column
        self.controls = self.theme.frame(root)
        self.controls.pack(fill="both", expand=True, padx=self.theme.px(24))
        self._tick()

    def _footer(self) -> None:
        theme = self.theme
        footer = theme.frame(self.root, theme.palette.panel)
        footer.pack(fill="x", side="bottom", pady=(theme.px(10), 0))
        tk.Frame(footer, background=theme.palette.line, height=1).pack(fill="x")
        row = theme.frame(footer, theme.palette.panel)
        row.pack(fill="x", padx=theme.px(24), pady=theme.px(10))
        self._clock = theme.label(row, "", kind=theme.small, colour=theme.palette.faint)
        self._clock.pack(side="left")
        self.buttons = theme.frame(row, theme.palette.panel)
        self.buttons.pack(side="right")

    def bind(self, key: str, action: Callable[[tk.Event[tk.Misc]], object]) -> None:
        """Let `key` do `action` wherever the focus is, while this screen is shown."""
        self.root.bind(key, action)
        self._bound.append(key)

    def clear(self) -> None:
        """Take the screen out, to make place for the next."""
        self._when_open.clear()
        self.each_tick = self.shrinkable = self.most_body = None
        for key in self._bound:
            self.root.unbind(key)
        self._bound.clear()
        for zone in (self.body, self.controls, self.buttons):
            for part in zone.winfo_children():
                part.destroy()
            zone.configure(height=1)  # an empty frame keeps its size otherwise
            zone.configure(height=0)  # or Tk asks for the 1 again when letters change

    def present(self, focus: tk.Misc) -> None:
        """Bring the filled window to the front; input counts after `GUARD_S` in which there was none.

        Args:
            focus: gets the keyboard.
        """
        self._guard.start()
        self._guard.watch(self.root)
        self._scrolled.to_top()
        width, height = self.theme.width, self._fitting_height()
        left = (self.root.winfo_screenwidth() - width) // 2
        top = min((self.root.winfo_screenheight() - height) // 3, self._lowest_top(height))
        self.root.geometry(f"{width}x{height}+{left}+{top}")
        is_new = not self.root.winfo_viewable()
        self.root.deiconify()
        self.root.lift()
        if is_new:
            self.root.wait_visibility()
        focus.focus_force()
        self.root.update_idletasks()
        self.guard_again()

    def replace(self) -> None:
        """The same for a screen that follows by itself: it takes the keyboard from no other window."""
        if not self.root.winfo_viewable():
            self.present(self.root)
            return
        self._guard.start()
        self._scrolled.to_top()
        self.refit()
        if self.root.focus_displayof() is not None:
            self.root.focus_set()
        self.root.update_idletasks()
        self.guard_again()

    def guard_again(self) -> None:
        """Take no input for another `GUARD_S`: what stands in the window now is to be read first."""
        self._guard.start()
        self._guard.watch(self.root)
        self._open_up_later()

    def _open_up_later(self) -> None:
        """Whoever still types, or clicks, has not seen yet what is here: each press starts it again."""
        self._openings += 1
        self.root.after(round(GUARD_S * 1000), self._open_up, self._openings)

    def refit(self) -> None:
        """The screen has grown or shrunk."""
        self._guard.watch(self.root)
        height = self._fitting_height()
        place = ""
        if self.root.winfo_viewable() and self.root.winfo_y() > self._lowest_top(height):
            place = f"+{self.root.winfo_x()}+{self._lowest_top(height)}"
        self.root.geometry(f"{self.theme.width}x{height}{place}")

    def _lowest_top(self, height: int) -> int:
        """Where a window of this height has to begin, to end above the task bar."""
        return max(0, self.root.winfo_screenheight() - self.theme.px(_OUTSIDE_PX) - height)

    def _fitting_height(self) -> int:
        """What the screen needs; on a low display the parts that scroll give way, and then the letters."""
        limit = self.root.winfo_screenheight() - self.theme.px(_OUTSIDE_PX)
        for part in _LETTERS:
            self.theme.set_letters(part)
            height = self._squeezed_height(limit)
            if height <= limit:
                return height
        return limit

    def _squeezed_height(self, limit: int) -> int:
        over = self._natural_height() - limit
        while over > 0 and self.shrinkable is not None and int(self.shrinkable["height"]) > _FEWEST_LINES:
            self.shrinkable.configure(height=int(self.shrinkable["height"]) - 1)
            over = self._natural_height() - limit
        if over > 0:
            self._scrolled.give(max(self.theme.px(_FEWEST_PX), self._body_height() - over))
            self.root.update_idletasks()
        return self.root.winfo_reqheight()

    def _natural_height(self) -> int:
        self.root.update_idletasks()
        self._scrolled.give(self._body_height())
        self.root.update_idletasks()
        return self.root.winfo_reqheight()

    def _body_height(self) -> int:
        return min(self._scrolled.wanted_height, self.most_body or self._scrolled.wanted_height)

    def see(self, part: tk.Misc) -> None:
        """Scroll `part` of the body into sight."""
        self._scrolled.see(part)

    @property
    def is_low(self) -> bool:
        """Whether the display is too low for a whole screen with documents."""
        return self.root.winfo_screenheight() < self.theme.px(_HIGH_ENOUGH_PX)

    @property
    def takes_input(self) -> bool:
        """Whether the guard is off."""
        return not self._guard.is_on

    def when_open(self, action: Callable[[], object]) -> None:
        """Do `action` when input begins to count, for example enable a button."""
        self._when_open.append(action)

    def _open_up(self, opening: int) -> None:
        if opening != self._openings:
            return  # another screen has come since
        self._guard.stop()
        for action in self._when_open:
            action()
        self._when_open.clear()

    def clock(self) -> str:
        """The time left, as minutes and seconds."""
        left = 0.0 if self._ends_at is None else self._ends_at - time.monotonic()
        minutes, seconds = divmod(max(0, int(left)), 60)
        return f"{minutes}:{seconds:02d}"

    def stop_clock(self) -> None:
        """The user has answered: no time limit any more."""
        self._ends_at = None
        self._clock.configure(text="")

    def _tick(self) -> None:
        if self._ends_at is None:
            return
        if time.monotonic() >= self._ends_at:
            self._on_time_over()
            return
        clock = self.clock()
        self._clock.configure(text=self.texts("time_left", time=clock))
        if self.each_tick is not None:
            self.each_tick(clock)
        self.root.after(_TICK_MS, self._tick)
