"""The settings window itself: four lists to turn to, forms in their place, and what has just been done."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from bridge.config import ConfigurationError
from bridge.core.proposals import Proposal
from bridge.core.refusals import Refusal
from bridge.edits import SetByAdministrator
from bridge.preferences import broken, drivers, general, refusedsites, sites
from bridge.preferences.model import Model
from bridge.preferences.tabs import Tabs
from bridge.preferences.texts import CATALOGUES
from bridge.ui.scrolled import Scrolled
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

_SIZE_PX = (700, 620)
_OUTSIDE_PX = 70  # title bar and task bar
_LOOK_MS = 500

Page = Callable[["SettingsWindow"], object]

PAGES: dict[str, Page] = {
    "sites": sites.page,
    "refused": refusedsites.page,
    "drivers": drivers.page,
    "general": general.page,
}
"""The lists, by their names for `bridge.core.desktop.Show`."""


class SettingsWindow:
    """A page fills `body`, which scrolls, and `buttons`. The window is to be shown when this is made.

    A list is drawn anew when a file changes; a form stays until it is left.

    Args:
        page: a key of `PAGES`, to begin with.
    """

    def __init__(self, root: tk.Tk, model: Model, *, page: str = "") -> None:
        self.root, self.model = root, model
        self.theme = Theme(root)
        self.theme.width = min(self.theme.px(_SIZE_PX[0]), root.winfo_screenwidth() - self.theme.px(40))
        self._form: Page | None = None
        self._on_leave: Callable[[], object] | None = None
        self._shown: tuple[Refusal | Proposal, ...] = ()
        self._height = min(self.theme.px(_SIZE_PX[1]), root.winfo_screenheight() - self.theme.px(_OUTSIDE_PX))
        root.resizable(False, False)
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.bind("<Destroy>", lambda event: self._leave() if event.widget is root else None)
        root.bind("<Escape>", lambda _: self.back() if self._form else self.close())
        for key in ("<Return>", "<KP_Enter>"):  # on X, Tk has the first of them
            root.bind_class("Button", key, lambda event: event.widget.invoke())
        model.refresh()
        self._band = self.theme.frame(root, self.theme.palette.band)
        self._band.pack(fill="x")
        self.tabs = Tabs(self.theme, self._band, lambda _: self._turn())
        self._make_footer()
        self._scrolled = Scrolled(self.theme, root)
        self._scrolled.holder.pack(fill="x", pady=(self.theme.px(14), 0))
        self.body = self._scrolled.column
        self._footer.lift()  # Tab goes there last
        self.draw()
        self.turn_if_free(page)
        root.bind("<FocusIn>", self._got_focus, add=True)
        self._place()
        self._look()

    @property
    def texts(self) -> Texts:
        return Texts(self.model.settings.ui.language, CATALOGUES)

    @property
    def _listed(self) -> tuple[Refusal | Proposal, ...]:
        """What waits for the user's word."""
        return (*self.model.proposals, *self.model.refusals)

    @property
    def inner(self) -> int:
        """The width that texts in the body may have, in pixels."""
        return self.theme.width - 2 * self.theme.px(24) - self.theme.px(8)

    def _place(self) -> None:
        left = (self.root.winfo_screenwidth() - self.theme.width) // 2
        screen = self.root.winfo_screenheight()
        lowest = screen - self.theme.px(_OUTSIDE_PX) - self._height
        top = max(0, min((screen - self._height) // 3, lowest))
        self.root.geometry(f"{self.theme.width}x{self._height}+{left}+{top}")

    def turn_if_free(self, page: str) -> None:
        """Turn to this list, unless a form is being filled in."""
        if page in PAGES and self._form is None:
            self.tabs.choose(page)
            self._turn()

    def _got_focus(self, event: tk.Event[tk.Misc]) -> None:
        """The keyboard that comes to the window as a whole goes to the tabs."""
        if event.widget is self.root and self._form is None:
            self.root.after_idle(self._focus_tabs)  # Tk may undo what is done while the event is handled

    def _focus_tabs(self) -> None:
        if self._form is None and self.root.focus_displayof() is self.root:
            self.tabs.focus()

    def close(self) -> None:
        self.root.destroy()

    def _make_footer(self) -> None:
        theme, palette = self.theme, self.theme.palette
        footer = self._footer = theme.frame(self.root, palette.panel)
        footer.pack(fill="x", side="bottom", pady=(theme.px(10), 0))
        tk.Frame(footer, background=palette.line, height=1).pack(fill="x")
        self._status = theme.frame(footer, palette.chosen)
        row = theme.frame(footer, palette.panel)
        row.pack(fill="x", side="bottom", padx=theme.px(24), pady=theme.px(10))
        self.buttons = theme.frame(row, palette.panel)
        self.buttons.pack(side="right")

    def draw(self) -> None:
        """Fill the window with what it shows now."""
        had_focus = self.root.focus_displayof() is not None
        for zone in (self.body, self.buttons):
            for part in zone.winfo_children():
                part.destroy()
            zone.configure(height=1)
        texts, model = self.texts, self.model
        self.root.title(texts("title"))
        self._draw_tabs()
        self._shown = self._listed
        if self._form is not None:
            self._form(self)
        elif model.problem is not None:
            self._say("")
            broken.page(self, model.problem)
        else:
            PAGES[self.tabs.chosen](self)
        if self._form is None:
            self.button(texts("close"), self.close)
            if had_focus and model.problem is None:
                self.tabs.focus()
        self.fit()

    def _draw_tabs(self) -> None:
        texts, count = self.texts, len(self._listed)
        names = {
            "sites": texts("sites"),
            "refused": texts("refused_count", count=count) if count else texts("refused"),
            "drivers": texts("drivers"),
            "general": texts("general"),
        }
        self.tabs.draw(texts("title"), names, is_enabled=self.model.problem is None and self._form is None)

    def fit(self) -> None:
        """Give the body the height that band, status and buttons leave."""
        self.root.update_idletasks()
        used = self._band.winfo_reqheight() + self._footer.winfo_reqheight() + self.theme.px(24)
        self._scrolled.give(max(self.theme.px(60), self._height - used))

    def button(self, text: str, action: Callable[[], object], *, is_default: bool = False) -> tk.Button:
        """One more button below, to the right of those that are there."""
        button = self.theme.button(self.buttons, text, is_default=is_default)
        is_long = self.theme.bold.measure(text) > self.theme.body.measure("0") * int(button["width"])
        button.configure(command=action, width=0 if is_long else button["width"])
        button.pack(side="left", padx=(self.theme.px(6), 0))
        return button

    def _turn(self) -> None:
        self.say("")
        self._scrolled.to_top()
        self.draw()

    def open(self, form: Page, *, on_leave: Callable[[], object] | None = None) -> None:
        """Show a form in the place of the lists.

        Args:
            on_leave: called when the form is left, however.
        """
        self._leave()
        self._form, self._on_leave = form, on_leave
        self.say("")
        self._scrolled.to_top()
        self.draw()

    def back(self) -> None:
        """Leave the form, for the list."""
        self._leave()
        self._form = None
        self.model.refresh()
        self.draw()

    def turn_to(self, tab: str) -> None:
        """Leave the form, for this list."""
        self.tabs.choose(tab)
        self.back()

    def _leave(self) -> None:
        action, self._on_leave = self._on_leave, None
        if action is not None:
            action()

    def say(self, text: str, *, undo: Callable[[], object] | None = None, is_alert: bool = False) -> None:
        """What has been done stands above the buttons, with a way to undo it, until the next."""
        act = None if undo is None else (self.texts("undo"), partial(self._undo, undo))
        self._say(text, act, is_alert=is_alert)

    def _say(
        self, text: str, act: tuple[str, Callable[[], object]] | None = None, *, is_alert: bool = False
    ) -> None:
        theme, palette = self.theme, self.theme.palette
        for part in self._status.winfo_children():
            part.destroy()
        if not text:
            self._status.pack_forget()
            self.fit()
            return
        ground = palette.alert_paper if is_alert else palette.chosen
        self._status.configure(background=ground)
        self._status.pack(fill="x")
        if act is not None:
            button = theme.small_button(self._status, *act)
            button.pack(side="right", padx=theme.px(24), pady=theme.px(6))
        label = theme.label(self._status, text, kind=theme.small, width=self.inner - theme.px(110))
        label.pack(side="left", padx=theme.px(24), pady=theme.px(6))
        self.fit()

    def _undo(self, undo: Callable[[], object]) -> None:
        if self.attempt(undo):
            self.say(self.texts("undone"))
            self.draw()

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do what changes a file; whether it worked. What failed is said."""
        try:
            action()
        except SetByAdministrator:
            self.say(self.texts("administrator_value"), is_alert=True)
        except ConfigurationError:
            self._form = None
        except OSError as error:
            self.say(self.texts("unsaved", reason=error.strerror or error), is_alert=True)
        else:
            self.model.refresh()
            return True
        self.model.refresh()
        if self._form is None:
            self.draw()
        return False

    def done(
        self, action: Callable[[], object], said: Callable[[], str], undo: Callable[[], object] | None = None
    ) -> None:
        """Do what changes a file, go back to the list and say so."""
        if self.attempt(action):
            self.back()
            self.say(said(), undo=undo)

    def _look(self) -> None:
        """A page decides when the list of those that asked grows: no button moves under the hand for that."""
        changed = self.model.refresh() if self._form is None else frozenset()
        if "settings" in changed:
            self.draw()
        elif "refusals" in changed:
            self._draw_tabs()
            if self.tabs.chosen == "refused" and not self._shown:
                self.draw()
            elif self.tabs.chosen == "refused":
                self._say(self.texts("refused_more"), (self.texts("refused_show"), self._turn))
        self.root.after(_LOOK_MS, self._look)
