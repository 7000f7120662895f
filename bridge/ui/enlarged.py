"""A document as large as the display allows. Nothing is approved here."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.ui.cautions import warnings_of
from bridge.ui.characters import line
from bridge.ui.pages import Pages
from bridge.ui.viewer import Viewer, name_with_key
from bridge.ui.window import Frame

_WIDEST, _MARGIN, _FROM_TOP = 900, 16, 10
_OUTSIDE_PX = 90  # title bar and task bar
_TICK_MS = 500


class Enlarged:
    """A window in front of the window, closed by Escape too. It ends with `viewer`, which it takes over from.

    Args:
        on_close: gets document and page that were in view at the end.
    """

    def __init__(
        self, frame: Frame, viewer: Viewer, pages: Pages, on_close: Callable[[int, int], None]
    ) -> None:
        self._frame, self._pages, self._on_close = frame, pages, on_close
        theme, root = frame.theme, frame.root
        width = min(theme.px(_WIDEST), root.winfo_screenwidth() - theme.px(60))
        self._inner = width - 2 * theme.px(_MARGIN)
        self._window = tk.Toplevel(viewer.holder, background=theme.palette.paper, class_="cardbridge")
        self._window.withdraw()
        self._window.title(frame.texts("title"))
        self._window.transient(root)
        self._window.attributes("-topmost", True)
        self._window.protocol("WM_DELETE_WINDOW", self._close)
        self._window.bind("<Escape>", lambda _: self._close())
        self._labels()
        self._footer()
        self._viewer = Viewer(
            self._window, theme, frame.texts, pages, width=self._inner, lines=3, can_zoom=True
        )
        self._viewer.holder.pack(fill="both", expand=True, padx=theme.px(_MARGIN), pady=theme.px(8))
        self._show(*viewer.place)
        self._present(width)

    def _labels(self) -> None:
        theme = self._frame.theme
        self._number = theme.label(self._window, "", kind=theme.small, colour=theme.palette.faint)
        self._name = theme.label(self._window, "", kind=theme.bold, width=self._inner)
        self._warning = theme.label(
            self._window, "", kind=theme.small, colour=theme.palette.alert, width=self._inner
        )
        if len(self._pages.documents) > 1:
            self._number.pack(anchor="w", padx=theme.px(_MARGIN), pady=(theme.px(8), 0))
        self._name.pack(anchor="w", padx=theme.px(_MARGIN), pady=(theme.px(8), 0))

    def _footer(self) -> None:
        theme, texts = self._frame.theme, self._frame.texts
        footer = theme.frame(self._window, theme.palette.panel)
        footer.pack(fill="x", side="bottom")
        tk.Frame(footer, background=theme.palette.line, height=1).pack(fill="x")
        row = theme.frame(footer, theme.palette.panel)
        row.pack(fill="x", padx=theme.px(_MARGIN), pady=theme.px(8))
        close = theme.button(row, texts("close"), is_default=True)
        close.configure(command=self._close)
        close.pack(side="right")
        self._clock = theme.label(row, "", kind=theme.small, colour=theme.palette.faint)
        self._clock.pack(side="right", padx=theme.px(_MARGIN))
        if len(self._pages.documents) > 1:
            self._previous = self._step_button(row, "previous_document", -1)
            self._next = self._step_button(row, "next_document", 1)
        for event in ("<Return>", "<KP_Enter>"):
            self._window.bind(event, lambda _: self._close())

    def _step_button(self, row: tk.Frame, key: str, step: int) -> tk.Button:
        button = self._frame.theme.button(row, "")
        name_with_key(button, self._frame.texts(key))
        button.configure(command=lambda: self._step(step))
        button.pack(side="left", padx=(0, self._frame.theme.px(6)))
        return button

    def _present(self, width: int) -> None:
        root, theme = self._frame.root, self._frame.theme
        height = root.winfo_screenheight() - theme.px(_OUTSIDE_PX)
        left = (root.winfo_screenwidth() - width) // 2
        self._window.geometry(f"{width}x{height}+{left}+{theme.px(_FROM_TOP)}")
        self._window.deiconify()
        self._window.wait_visibility()
        self._window.grab_set()
        self._tick()
        self._viewer.text.focus_force()
        self._frame.guard_again()

    def _tick(self) -> None:
        self._clock.configure(text=self._frame.texts("time_left", time=self._frame.clock()))
        self._window.after(_TICK_MS, self._tick)

    def _step(self, step: int) -> None:
        document = self._viewer.place[0] + step
        if 0 <= document < len(self._pages.documents):
            self._show(document, 0)

    def _show(self, document: int, page: int) -> None:
        theme, texts, count = self._frame.theme, self._frame.texts, len(self._pages.documents)
        name = line(self._pages.documents[document].name) or texts("no_name")
        self._number.configure(text=texts("document_number", number=document + 1, count=count))
        self._name.configure(text=theme.fold(name, kind=theme.bold, width=self._inner))
        warning = warnings_of(self._pages.sights[document], texts)
        self._warning.configure(text=theme.fold(warning, kind=theme.small, width=self._inner))
        if warning:
            self._warning.pack(anchor="w", padx=theme.px(_MARGIN), after=self._name)
        else:
            self._warning.pack_forget()
        if count > 1:
            self._previous.configure(state="normal" if document > 0 else "disabled")
            self._next.configure(state="normal" if document + 1 < count else "disabled")
        self._viewer.show(document, page)

    def _close(self) -> None:
        place = self._viewer.place
        self._window.destroy()
        self._on_close(*place)
