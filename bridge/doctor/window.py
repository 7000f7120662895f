"""The window 診断: findings as they come, what can be mended, and the file for the help desk."""

from __future__ import annotations

import queue
import threading
import tkinter as tk
from collections.abc import Callable, Sequence

from bridge import paths
from bridge.core.finding import Finding, by_gravity
from bridge.core.language import Language
from bridge.core.settings import DriverSettings
from bridge.doctor.bundle import contents, save
from bridge.doctor.pages import Report, Viewer
from bridge.doctor.place import Place
from bridge.doctor.repairs import Deed, gone_drivers, remove_driver, repair
from bridge.doctor.running import STEPS, Step, findings
from bridge.doctor.words import frame, summary
from bridge.ui import own
from bridge.ui.characters import line
from bridge.ui.theme import Theme

_SIZE_PX = (900, 720)
_LEAST_PX = (560, 420)
_LOOK_MS = 60
Buttons = Sequence[tuple[str, Callable[[], object]]]


class DoctorWindow:
    """Fills `root`. The checks run beside the window, which only looks at what they have found."""

    def __init__(
        self, root: tk.Tk, place: Place, language: Language, steps: tuple[Step, ...] = STEPS
    ) -> None:
        self.root, self._place, self._language, self._steps = root, place, language, steps
        self.theme = Theme(root)
        self.found: list[Finding] = []
        self.is_idle = True
        self._deeds: list[Deed] = []
        self._coming: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        root.title(self._word("window_title"))
        self._head, self._about = self._band()
        self._row = self._footer()
        self._body = self.theme.frame(root)
        self._body.pack(fill="both", expand=True, padx=self.theme.px(20), pady=self.theme.px(12))
        root.bind("<Escape>", lambda _: root.destroy())
        root.bind("<F5>", lambda _: self._begin() if self.is_idle else None)
        self._place_window()
        self._begin()
        root.after(_LOOK_MS, self._look)

    def _word(self, key: str, **values: object) -> str:
        return frame(key, self._language, **values)

    def _band(self) -> tuple[tk.Label, tk.Label]:
        theme = self.theme
        band = theme.frame(self.root, theme.palette.band)
        band.pack(fill="x")
        width = min(theme.px(_SIZE_PX[0]), self.root.winfo_screenwidth()) - theme.px(52)
        colour = theme.palette.on_band
        head = theme.label(band, "", kind=theme.title, colour=colour, width=width)
        head.pack(anchor="w", padx=theme.px(20), pady=(theme.px(10), 0))
        about = theme.label(band, "", kind=theme.small, colour=colour, width=width)
        about.pack(anchor="w", padx=theme.px(20), pady=(0, theme.px(10)))
        return head, about

    def _say(self, head: str, about: str) -> None:
        self._head.configure(text=head)
        width = int(str(self._about["wraplength"]))
        self._about.configure(text=self.theme.fold(about, kind=self.theme.small, width=width))

    def _footer(self) -> tk.Frame:
        theme = self.theme
        footer = theme.frame(self.root, theme.palette.panel)
        footer.pack(fill="x", side="bottom")
        tk.Frame(footer, background=theme.palette.line, height=1).pack(fill="x")
        row = theme.frame(footer, theme.palette.panel)
        row.pack(fill="x", padx=theme.px(20), pady=theme.px(10))
        return row

    def _buttons(self, left: Buttons, right: Buttons, *, default: str = "") -> dict[str, tk.Button]:
        """In place of those that were there; keys of the words -> buttons."""
        for old in self._row.winfo_children():
            old.destroy()
        made: dict[str, tk.Button] = {}
        for side, buttons in (("left", left), ("right", tuple(reversed(right)))):
            for key, action in buttons:
                button = self.theme.button(self._row, self._word(key), is_default=key == default)
                button.configure(command=action, width=0)
                gap = (0, self.theme.px(6)) if side == "left" else (self.theme.px(6), 0)
                button.pack(side="left" if side == "left" else "right", padx=gap)
                for event in ("<Return>", "<KP_Enter>"):
                    button.bind(event, lambda _, button=button: button.invoke())
                made[key] = button
        return made

    def _place_window(self) -> None:
        own.place(self.root, self.theme, _SIZE_PX, _LEAST_PX)
        self.root.deiconify()

    def _clear(self) -> None:
        for old in self._body.winfo_children():
            old.destroy()

    def _begin(self) -> None:
        """All checks anew, in a thread that tells this one."""
        self.is_idle, self.found = False, []
        place = Place(
            user=self._place.user, machine=self._place.machine, root=self._place.root, now=self._place.now
        )
        self._place = place
        self._clear()
        self._report = Report(self.theme, self._body, self._language)
        self._report.deeds(self._deeds)
        self._say(self._word("title"), self._word("about"))
        self._buttons((), (("close", self.root.destroy),))

        def work() -> None:
            for finding in findings(place, self._steps):
                self._coming.put(lambda finding=finding: self._take(finding))  # type: ignore[misc]
            self._coming.put(self._finish)

        threading.Thread(target=work, name="doctor", daemon=True).start()

    def _look(self) -> None:
        while not self._coming.empty():
            self._coming.get()()
        self.root.after(_LOOK_MS, self._look)

    def _take(self, finding: Finding) -> None:
        self.found.append(finding)
        self._report.add(finding)
        self._say(self._word("running", done=len(self.found)), self._word("about"))

    def _finish(self) -> None:
        self.is_idle = True
        self._show_report()

    def _show_report(self) -> None:
        """The gravest first."""
        self._clear()
        self._report = Report(self.theme, self._body, self._language)
        self._report.deeds(self._deeds)
        for finding in by_gravity(self.found):
            self._report.add(finding)
        self._report.to_top()
        self._say(summary(self.found, self._language), self._word("about"))
        buttons = self._buttons(
            (("repair", self._repair), ("again", self._again), ("support", self._collect)),
            (("close", self.root.destroy),),
        )
        if not any(finding.repair for finding in self.found):
            self.theme.enable(buttons["repair"], is_enabled=False)
        buttons["close"].focus_set()

    def _again(self) -> None:
        self._deeds = []
        self._begin()

    def _repair(self) -> None:
        self._deeds = repair(self.found, self._place)
        self._ask(gone_drivers(self.found, self._place))

    def _ask(self, drivers: list[DriverSettings]) -> None:
        """One question a driver; then everything is looked at again."""
        if not drivers:
            self._begin()
            return
        driver, *others = drivers
        self._clear()
        question = self._word("ask_driver", name=line(driver.name), path=line(driver.path))
        width = self._body.winfo_width()
        self.theme.label(self._body, question, width=width).pack(anchor="w")
        self._say(self._word("ask_heading"), "")

        def answer(is_wanted: bool) -> None:
            kept = Deed(key="kept_driver", path=driver.name)
            self._deeds.append(remove_driver(driver, self._place) if is_wanted else kept)
            self._ask(others)

        buttons = self._buttons(
            (), (("keep", lambda: answer(False)), ("remove", lambda: answer(True))), default="keep"
        )
        buttons["keep"].focus_set()

    def _collect(self) -> None:
        self._clear()
        self._say(self._word("support_making"), "")
        self._buttons((), (("close", self.root.destroy),))
        place, found = self._place, list(self.found)

        def work() -> None:
            files = contents(place, found)
            self._coming.put(lambda: self._show_files(files))

        threading.Thread(target=work, name="support", daemon=True).start()

    def _show_files(self, files: dict[str, str]) -> None:
        self._clear()
        self._say(self._word("support_title"), self._word("support_about"))
        viewer = Viewer(self.theme, self._body, files)
        self._buttons((), (("back", self._show_report), ("save", lambda: self._save(files))), default="save")
        viewer.names.focus_set()

    def _save(self, files: dict[str, str]) -> None:
        path = paths.new_file("cardbridge-support", ".zip")
        self._clear()
        report = Report(self.theme, self._body, self._language)
        try:
            save(path, files)
        except OSError as error:
            report.say(
                f"{self._word('not_saved')}\n{line(str(path))}\n{error.strerror or error}", is_alert=True
            )
        else:
            report.say(f"{self._word('saved')}\n{line(str(path))}")
        buttons = self._buttons((), (("back", self._show_report), ("close", self.root.destroy)))
        buttons["back"].focus_set()
