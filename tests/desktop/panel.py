"""Trays for the tests: a StatusNotifierItem host on a session bus of its own, and trayer for XEMBED."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cardbridge_demo.desktop import Desktop

SYSTEMS_PYTHON = "/usr/bin/python3"
_HOST = Path(__file__).with_name("panel_host.py")
PATIENCE_S = 60.0


def has_gi() -> bool:
    """Whether the system's Python has what the AppIndicator needs."""
    code = "import gi; gi.require_version('AyatanaAppIndicator3', '0.1'); gi.require_version('Gtk', '3.0')"
    return subprocess.run([SYSTEMS_PYTHON, "-I", "-c", code], capture_output=True).returncode == 0


def until(condition: Callable[[], Any], what: str | Callable[[], str]) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        is_late = time.monotonic() > deadline
        assert not is_late, f"waited in vain for {what if isinstance(what, str) else what()}"
        time.sleep(0.05)
    return value


class Panel:
    """A panel that shows the icon; `env` is where its session bus is."""

    def __init__(self, process: subprocess.Popen[str], env: dict[str, str]) -> None:
        self.env = env
        self._process = process
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.notifications: queue.Queue[dict[str, str]] = queue.Queue()
        self._serves = threading.Semaphore(0)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            match event.pop("event"):
                case "answer":
                    self._answers.put(event)
                case "notification":
                    self.notifications.put(event)
                case "serves":
                    self._serves.release()

    def started(self, services: int) -> None:
        for _ in range(services):
            assert self._serves.acquire(timeout=PATIENCE_S)

    def _order(self, **order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answers.get(timeout=PATIENCE_S)

    def look(self) -> dict[str, Any]:
        """What a person sees: `items` (icons), `icon`, `title`, `menu`."""
        return self._order(do="look")

    def labels(self) -> list[str]:
        return [entry["label"] for entry in self.look().get("menu", ())]

    def click(self, label: str) -> None:
        answer = self._order(do="click", label=label)
        assert "failed" not in answer, answer

    def has(self, *labels: str) -> dict[str, Any]:
        """What is seen as soon as all these entries are in the menu."""

        def seen() -> dict[str, Any] | None:
            look = self.look()
            there = [entry["label"] for entry in look.get("menu", ())]
            return look if all(any(label in each for each in there) for label in labels) else None

        found: dict[str, Any] = until(seen, lambda: f"{labels} in {self.look()}")
        return found


@contextmanager
def panel(*, notifies: bool = True) -> Iterator[Panel]:
    """A session bus with a panel on it."""
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert bus.stdout is not None
        env = {"DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip()}
        host = subprocess.Popen(
            [SYSTEMS_PYTHON, "-I", str(_HOST), *([] if notifies else ["--silent"])],
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            started = Panel(host, env)
            started.started(2 if notifies else 1)
            yield started
        finally:
            host.terminate()
            host.wait(10)
    finally:
        bus.terminate()
        bus.wait(10)


@contextmanager
def trayer(screen: Desktop) -> Iterator[None]:
    """An XEMBED tray in the upper right corner; an icon in it begins at `icon_place`."""
    command = "trayer --edge top --align right --widthtype request --height 28 --SetDockType true".split()
    process = subprocess.Popen(
        command,
        env={**os.environ, **screen.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def colours(screen: Desktop, folder: Path) -> set[str]:
    """The colours in the corner where trayer shows an icon, as ``#RRGGBB``."""
    from PIL import Image

    image = Image.open(screen.screenshot(folder / "corner.png")).convert("RGB")
    corner = image.crop((image.width - 28, 0, image.width, 28))
    counted = corner.getcolors(maxcolors=28 * 28)
    assert counted is not None
    return {f"#{bytes(pixel).hex()}" for _, pixel in counted if isinstance(pixel, tuple)}


def hand(screen: Desktop, *arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], env={**os.environ, **screen.env}, check=True)


def click_icon(screen: Desktop, button: int = 1) -> None:
    width = subprocess.run(
        ["xdotool", "getdisplaygeometry"],
        env={**os.environ, **screen.env},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[0]
    hand(screen, "mousemove", str(int(width) - 14), "14", "click", str(button))
