"""Reads the daemon's windows: a sentence, drawn in the windows' fonts, is looked for in a picture."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageGrab

from bridge.ui.texts import Texts
from cardbridge_demo.desktop import Desktop

PATIENCE_S = 60.0
_RGB = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A sentence in one line; `ends` are the right edges of its characters, in pixels."""

    image: Image.Image
    ends: tuple[int, ...]

    def part(self, begin: int, end: int) -> Image.Image:
        """The characters from `begin` to before `end`."""
        left = self.ends[begin - 1] if begin else 0
        return self.image.crop((left, 0, self.ends[end - 1], self.image.height))


class _Screen:
    """What stands out from the empty screen: the windows."""

    def __init__(self, display: str) -> None:
        whole = ImageGrab.grab(xdisplay=display).convert("RGB")
        seen = whole.crop(whole.getbbox())
        self._pixels, self._row = seen.tobytes(), seen.width * _RGB

    def find(self, part: Image.Image, top: int) -> tuple[int, int] | None:
        """Left and top of the first exact copy of `part`, not above `top`."""
        wanted, line = part.tobytes(), part.width * _RGB
        lines = [wanted[at : at + line] for at in range(0, len(wanted), line)]
        telling = max(range(len(lines)), key=lambda index: len(set(lines[index])))
        at = self._pixels.find(lines[telling], (top + telling) * self._row)
        while at >= 0:
            y, x = divmod(at, self._row)
            start = at - telling * self._row
            if x % _RGB == 0 and x + line <= self._row and self._has(lines, start):
                return x // _RGB, y - telling
            at = self._pixels.find(lines[telling], at + 1)
        return None

    def _has(self, lines: list[bytes], start: int) -> bool:
        places = range(start, start + len(lines) * self._row, self._row)
        return all(self._pixels.startswith(line, at) for line, at in zip(lines, places, strict=True))


class Eyes:
    """Looks at one screen; the other end of `letters`."""

    def __init__(self, display: str, letters: subprocess.Popen[str]) -> None:
        self._display = display
        self._letters = letters
        self._drawn: dict[str, list[_Drawing]] = {}

    def reads(self, text: str) -> bool:
        """Whether `text` stands on the screen, in as many lines as it takes."""
        screen = _Screen(self._display)
        return any(_stands_in(screen, drawing) for drawing in self._drawings(text))

    def wait_for(self, *sentences: str) -> None:
        """Until they all stand on the screen, and input counts there."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(map(self.reads, sentences)):
            assert time.monotonic() < deadline, f"not on the screen: {sentences}"
            time.sleep(0.1)
        Desktop(display=self._display).wait_for_window()

    def picture(self, path: Path) -> None:
        """A PNG of the screen, for whoever looks into a failure."""
        ImageGrab.grab(xdisplay=self._display).save(path)

    def _drawings(self, text: str) -> list[_Drawing]:
        if text not in self._drawn:
            assert self._letters.stdin is not None and self._letters.stdout is not None
            self._letters.stdin.write(json.dumps({"text": text}) + "\n")
            self._letters.stdin.flush()
            drawn = json.loads(self._letters.stdout.readline())
            self._drawn[text] = [
                _Drawing(
                    image=Image.frombytes("RGB", tuple(each["size"]), base64.b64decode(each["pixels"])),
                    ends=tuple(each["ends"]),
                )
                for each in drawn
            ]
        return self._drawn[text]


def wait_to_read(screen: Desktop, *keys: str) -> None:
    """Until the window shows these texts of `bridge.ui.texts`, in Japanese, and input counts there."""
    with eyes(screen.display) as looking:
        looking.wait_for(*map(Texts("ja"), keys))


@contextmanager
def eyes(display: str) -> Iterator[Eyes]:
    """Eyes for `display`, which is as `desktop()` makes it; the sentences are drawn on a screen like it."""
    command = [sys.executable, str(Path(__file__).parent / "letters.py")]
    with _drawing_screen() as drawing:
        env = {**os.environ, "DISPLAY": drawing}
        letters = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)
        try:
            yield Eyes(display, letters)
        finally:
            letters.kill()
            letters.wait()


@contextmanager
def _drawing_screen() -> Iterator[str]:
    """The name of an Xvfb display with nothing on it."""
    read_end, write_end = os.pipe()
    options = ["-screen", "0", "1400x1000x24", "-dpi", "96", "-nolisten", "tcp"]
    with os.fdopen(read_end) as names:
        command = ["Xvfb", "-displayfd", str(write_end), *options]
        server = subprocess.Popen(command, pass_fds=(write_end,), stderr=subprocess.DEVNULL)
        os.close(write_end)
        try:
            yield f":{names.readline().strip()}"
        finally:
            server.terminate()
            server.wait(60)


def _stands_in(screen: _Screen, drawing: _Drawing) -> bool:
    """Line by line: as much as is there, then the rest below it, at the same left edge."""
    begin, left, top = 0, -1, 0
    while begin < len(drawing.ends):
        found = _line(screen, drawing, begin, left, top)
        if found is None:
            return False
        begin, left, top = found
    return True


def _line(screen: _Screen, drawing: _Drawing, begin: int, left: int, top: int) -> tuple[int, int, int] | None:
    """The longest piece from character `begin` on: its end, and where the next line begins."""
    found: tuple[int, int, int] | None = None
    low, high = begin + 1, len(drawing.ends)
    end = low
    while low <= high:
        part = drawing.part(begin, end)
        place = screen.find(part, top)
        if place is not None and left in (-1, place[0]):
            found, low = (end, place[0], place[1] + part.height), end + 1
        else:
            high = end - 1
        end = (low + high + 1) // 2
    return found
