"""A screen, a window manager and a person's hands: Xvfb, openbox and xdotool."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

WINDOW_CLASS = "cardbridge"
GUARD_S = 0.8
"""More than the half second in which a new window takes no input: it may be drawn before it counts."""

_MAY_BE_OFF_S = 3.0
BUTTON_OFF = bytes.fromhex("dde3e8") * 12
"""A piece of a default button that cannot be pressed: the window takes no input yet, or the card answers."""


class NoWindow(TimeoutError):
    """The window did not come, or did not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A running virtual screen; `display` is its name, e.g. ``:99``."""

    display: str

    @property
    def env(self) -> dict[str, str]:
        return {"DISPLAY": self.display, "LC_ALL": "C.UTF-8"}

    def windows(self) -> list[str]:
        """The ids of cardbridge's windows that are on the screen. Searched by class: titles are Japanese."""
        found = self._xdotool("search", "--onlyvisible", "--class", WINDOW_CLASS, check=False)
        return found.split()

    def wait_for_window(self, timeout_s: float = 60.0) -> str:
        """The first window that appears; input counts when this returns.

        Raises:
            NoWindow
        """
        deadline = time.monotonic() + timeout_s
        while not (ids := self.windows()):
            if time.monotonic() > deadline:
                raise NoWindow("no window of cardbridge appeared")
            time.sleep(0.05)
        time.sleep(GUARD_S)
        self._wait_for_button(ids[0])
        return ids[0]

    def _wait_for_button(self, window: str) -> None:
        """Until it can be pressed; where something is missing, for example a tick, it stays as it is."""
        deadline = time.monotonic() + _MAY_BE_OFF_S
        while time.monotonic() < deadline and self.shows(window, BUTTON_OFF):
            time.sleep(0.05)

    def shows(self, window: str, piece: bytes) -> bool:
        """Whether these pixels are in a row of it."""
        try:
            return piece in self.picture(window)
        except subprocess.CalledProcessError:  # it has gone
            return False

    def close_window(self, key: str, timeout_s: float = 60.0) -> None:
        """Press `key` until no window is there: without a default button, nothing shows that input counts.

        Raises: NoWindow, where a window stays.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            self.press(key)
            try:
                self.wait_until_gone(1.0)
                return
            except NoWindow:
                if time.monotonic() > deadline:
                    raise

    def wait_until_gone(self, timeout_s: float = 60.0) -> None:
        """Raises: NoWindow, where a window stays."""
        deadline = time.monotonic() + timeout_s
        while self.windows():
            if time.monotonic() > deadline:
                raise NoWindow("a window of cardbridge stays")
            time.sleep(0.05)

    def type_text(self, text: str) -> None:
        """Type into whatever has the focus; the text goes by stdin, not by the command line."""
        self._xdotool("type", "--delay", "15", "--file", "-", text=text)

    def press(self, key: str) -> None:
        """Press a key by its X name, e.g. Return, Escape, KP_Enter."""
        self._xdotool("key", key)

    def screenshot(self, path: Path, *, window: str | None = None) -> Path:
        """A PNG of the whole screen, or of one window with its frame's content."""
        self._run(["import", "-window", window or "root", str(path)])
        return path

    def picture(self, window: str) -> bytes:
        """What the window shows now, to be compared with what it shows later."""
        command = ["import", "-window", window, "-depth", "8", "ppm:-"]
        done = subprocess.run(command, env={**os.environ, **self.env}, capture_output=True, check=True)  # noqa: S603 - a fixed program
        return done.stdout

    def wait_for_change(self, window: str, before: bytes, timeout_s: float = 30.0) -> None:
        """Until the window shows something else than `before` (`picture`); input counts when this returns.

        Raises:
            NoWindow: it stays as it was.
        """
        deadline = time.monotonic() + timeout_s
        while self.picture(window) == before:
            if time.monotonic() > deadline:
                raise NoWindow("the window stays as it was")
            time.sleep(0.05)
        time.sleep(2 * GUARD_S)

    def _xdotool(self, *arguments: str, check: bool = True, text: str | None = None) -> str:
        return self._run(["xdotool", *arguments], check=check, text=text)

    def _run(self, command: list[str], *, check: bool = True, text: str | None = None) -> str:
        done = subprocess.run(  # noqa: S603 - fixed programs
            command, env={**os.environ, **self.env}, input=text, text=True, capture_output=True, check=check
        )
        return done.stdout


@contextmanager
def desktop(size: str = "1400x1000x24", dpi: int = 96) -> Iterator[Desktop]:
    """A virtual screen of its own until the context is left."""
    with ExitStack() as stack:
        read_end, write_end = os.pipe()
        with os.fdopen(read_end) as names:
            command = [
                "Xvfb",
                "-displayfd",
                str(write_end),
                "-screen",
                "0",
                size,
                "-dpi",
                str(dpi),
                "-nolisten",
                "tcp",
                "-noreset",  # else it turns away clients when the last one has just gone
            ]
            stack.enter_context(_process(command, pass_fds=(write_end,)))
            os.close(write_end)
            display = f":{names.readline().strip()}"
        started = Desktop(display=display)
        stack.enter_context(_process(["openbox"], env={**os.environ, **started.env}))
        _wait_for_window_manager(started)
        yield started


@contextmanager
def _process(
    command: list[str], *, env: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()
) -> Iterator[None]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - fixed programs
            command, env=env, pass_fds=pass_fds, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait_for_window_manager(started: Desktop, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        root = started._run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], check=False)
        if "window id" in root:
            return
        time.sleep(0.05)
    raise NoWindow("no window manager")
