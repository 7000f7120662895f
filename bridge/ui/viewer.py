"""One document, page by page: text that is laid out, or a picture, in a part of a window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from bridge.ui.characters import code_of, revealed
from bridge.ui.pages import Pages
from bridge.ui.preview import wire
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

_INDENT, _HANG = 16, 14
_LEVELS = 13
_PADDING = 10
_EDGE = 2
_ZOOMS = (1.0, 1.5, 2.0, 3.0)


class Viewer:
    """The view with its scroll bar, and below it how far one has come and where it goes on.

    Args:
        width: of the whole, in pixels.
        lines: its height in lines of text.
        can_zoom: pictures can be made larger than the view is wide.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        texts: Texts,
        pages: Pages,
        *,
        width: int,
        lines: int,
        can_zoom: bool = False,
    ) -> None:
        self._theme, self._texts, self._pages = theme, texts, pages
        self._document = self._page = 0
        self._from_below = False
        self._zoom = 0
        self._picture: tk.PhotoImage | None = None
        self.holder = theme.frame(parent)
        self._make_view(lines)
        self._width = width - self._bar.winfo_reqwidth() - 2 - 2 * theme.px(_EDGE)
        self.row = theme.frame(self.holder)
        self.row.pack(fill="x", pady=(theme.px(3), 0))
        self._make_row(can_zoom=can_zoom)

    def _make_view(self, lines: int) -> None:
        theme = self._theme
        area = tk.Frame(self.holder, background=theme.palette.line)
        area.pack(fill="both", expand=True)
        self.text = tk.Text(
            area,
            height=lines,
            width=1,
            wrap="char",
            font=theme.body,
            foreground=theme.palette.ink,
            background=theme.palette.paper,
            relief="flat",
            borderwidth=0,
            padx=theme.px(_PADDING),
            pady=theme.px(8),
            highlightthickness=theme.px(_EDGE),
            highlightbackground=theme.palette.paper,
            highlightcolor=theme.palette.accent,
            exportselection=False,
            cursor="arrow",
            state="disabled",
            takefocus=True,
            yscrollcommand=self._scrolled,
        )
        self._bar = theme.scrollbar(area, self.text.yview, theme.px(14))
        self._bar.pack(side="right", fill="y", padx=(0, 1), pady=1)
        self._side = theme.scrollbar(area, self.text.xview, theme.px(14))
        self._side.configure(orient="horizontal")
        self.text.configure(xscrollcommand=self._side.set)
        self.text.pack(side="left", fill="both", expand=True, padx=(1, 0), pady=1)
        self._style()
        for key, action in (("<Next>", self.forward), ("<Prior>", self.back)):
            self.text.bind(key, alone(action))
        for key, place in (("<Home>", 0.0), ("<End>", 1.0)):
            self.text.bind(key, alone(partial(self.text.yview_moveto, place)))
        for key, step in (("<Down>", 1), ("<Up>", -1)):
            self.text.bind(key, alone(partial(self.text.yview_scroll, step, "units")))

    def _style(self) -> None:
        theme = self._theme
        self.text.tag_configure("name", foreground=theme.palette.faint)
        self.text.tag_configure("note", foreground=theme.palette.faint, font=theme.small)
        self.text.tag_configure("mark", foreground=theme.palette.alert, background=theme.palette.alert_paper)
        self.text.tag_configure(
            "suspect", foreground=theme.palette.ink, background=theme.palette.suspect_paper
        )
        for level in range(_LEVELS):
            margin = theme.px(_INDENT) * level
            self.text.tag_configure(f"level{level}", lmargin1=margin, lmargin2=margin + theme.px(_HANG))

    def _make_row(self, *, can_zoom: bool) -> None:
        theme = self._theme
        self._more = theme.label(self.row, "", kind=theme.small, colour=theme.palette.faint)
        self._more.pack(side="left")
        self._turning = theme.frame(self.row)
        self._back = self.small_button(self._turning, "previous_page", lambda: self._turn(-1))
        self._place = theme.label(self._turning, "", kind=theme.small)
        self._forward = self.small_button(self._turning, "next_page", lambda: self._turn(1))
        for part in (self._back, self._place, self._forward):
            part.pack(side="left", padx=theme.px(2))
        self._zooming = theme.frame(self.row)
        if can_zoom:
            for key, step in (("zoom_out", -1), ("zoom_in", 1)):
                button = self.small_button(self._zooming, key, partial(self._change_zoom, step))
                button.pack(side="left", padx=theme.px(2))
            for sign, step in (("<plus>", 1), ("<KP_Add>", 1), ("<minus>", -1), ("<KP_Subtract>", -1)):
                self.text.bind(sign, alone(partial(self._change_zoom, step)))

    def small_button(self, parent: tk.Misc, key: str, action: Callable[[], object]) -> tk.Button:
        """A button for the view alone: Enter presses it where it has the focus, and nothing else."""
        button = self._theme.small_button(parent, "", action)
        name_with_key(button, self._texts(key))
        for event in ("<Return>", "<KP_Enter>"):
            button.bind(event, alone(button.invoke))
        return button

    def show(self, document: int, page: int = 0, *, from_below: bool = False) -> None:
        """Show a page; the view is empty until it is there."""
        if document != self._document:
            self._zoom = 0
        self._document, self._page, self._from_below = document, page, from_below
        self._clear()
        self._more.configure(text=self._texts("loading"), foreground=self._theme.palette.faint)
        width = round(self._width * _ZOOMS[self._zoom])
        self._pages.ask(document, page, width, self._draw)

    @property
    def place(self) -> tuple[int, int]:
        """Document and page, counted from 0."""
        return self._document, self._page

    def forward(self) -> None:
        """As far as can be seen at once, and then to the next page."""
        if self.text.yview()[1] < 1.0:
            self.text.yview_scroll(1, "pages")
        else:
            self._turn(1)

    def back(self) -> None:
        if self.text.yview()[0] > 0.0:
            self.text.yview_scroll(-1, "pages")
        else:
            self._turn(-1, from_below=True)

    def _turn(self, step: int, *, from_below: bool = False) -> None:
        page = self._page + step
        if 0 <= page < self._sight.pages:
            self.show(self._document, page, from_below=from_below)

    def _change_zoom(self, step: int) -> None:
        if self._sight.kind != "picture":
            return
        self._zoom = min(max(0, self._zoom + step), len(_ZOOMS) - 1)
        self.show(self._document, self._page)

    @property
    def _sight(self) -> wire.Sight:
        return self._pages.sights[self._document]

    def _clear(self) -> None:
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.configure(state="disabled")
        self._picture = None
        self._show_place()

    def _draw(self, page: wire.Page) -> None:
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        if isinstance(page, wire.TextPage):
            self._write(page)
        else:
            self._paint(page)
        self.text.configure(state="disabled")
        self.text.yview_moveto(1.0 if self._from_below else 0.0)
        self.text.xview_moveto(0.0)
        self._scrolled(*self.text.yview())

    def _write(self, page: wire.TextPage) -> None:
        theme = self._theme
        self.text.configure(
            wrap="char", padx=theme.px(_PADDING), pady=theme.px(8), background=theme.palette.paper
        )
        parts: list[str | tuple[str, ...]] = []
        for number, line in enumerate(page.lines):
            level = f"level{min(max(0, line.level), _LEVELS - 1)}"
            if number:
                parts += ["\n", (level,)]
            for run in line.runs:
                parts += [_visible(run.text), (run.style, level)]
        if parts:
            self.text.insert("end", *parts)  # type: ignore[arg-type]

    def _paint(self, page: wire.PicturePage) -> None:
        header = b"P6 %d %d 255\n" % (page.width, page.height)
        self._picture = tk.PhotoImage(master=self.text, data=header + page.pixels, format="PPM")
        self.text.configure(wrap="none", padx=0, pady=0, background=self._theme.palette.panel)
        self.text.image_create("end", image=self._picture)

    def _show_place(self) -> None:
        pages = self._sight.pages
        self._place.configure(text=self._texts("page", page=self._page + 1, pages=pages))
        for button, is_on in ((self._back, self._page > 0), (self._forward, self._page + 1 < pages)):
            button.configure(state="normal" if is_on else "disabled")
        _pack_if(self._turning, pages > 1)
        _pack_if(self._zooming, self._sight.kind == "picture")
        if self._zoom:
            self._side.pack(side="bottom", fill="x", padx=(1, 0), pady=(0, 1), before=self.text)
        else:
            self._side.pack_forget()

    def _scrolled(self, first: float | str, last: float | str) -> None:
        """How far the view has come; nobody must miss that there is more."""
        self._bar.set(float(first), float(last))
        if self._pages.is_waiting:
            return
        palette = self._theme.palette
        key, colour = "end_of_document", palette.faint
        if float(last) < 1.0:
            key, colour = "more_below", palette.alert
        elif self._page + 1 < self._sight.pages:
            key, colour = "end_of_page", palette.alert
        self._more.configure(text=self._texts(key), foreground=colour)


def name_with_key(button: tk.Button, text: str) -> None:
    """Write `text` on the button, and let Alt with the letter after its ``&`` press it from everywhere."""
    start, _, rest = text.partition("&")
    button.configure(text=start + rest, underline=len(start) if rest else -1)
    if rest:
        window = button.winfo_toplevel()
        window.bind(f"<Alt-{rest[0].lower()}>", lambda _: button.invoke() if button.winfo_exists() else None)


def alone(action: Callable[[], object]) -> Callable[[tk.Event[tk.Misc]], str]:
    """A binding after which no other one is asked, above all not the window's own for Enter."""

    def pressed(_: tk.Event[tk.Misc]) -> str:
        action()
        return "break"

    return pressed


def _pack_if(part: tk.Frame, is_wanted: bool) -> None:
    if is_wanted:
        part.pack(side="right")
    else:
        part.pack_forget()


def _visible(text: str) -> str:
    """The preview has marked what cannot be seen; here nothing gets past that it missed."""
    return revealed(text).replace("\n", code_of("\n"))
