"""The dialog process: what goes over its two pipes, and what ends it."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bridge.core import plainjson
from bridge.core.consent import (
    Approved,
    Cancelled,
    Chosen,
    Confirm,
    Shown,
    TimedOut,
    WaitForCard,
    WaitForReader,
)
from bridge.core.pinentry import PinOutcome
from cardbridge_demo.desktop import Desktop
from tests.bounds import BOUNDED, bounds
from tests.card.lab.eyes import wait_to_read
from tests.memory import holds
from tests.ui.child import PATIENCE_S, child
from tests.ui.hands import held, properties, stacking, xdotool
from tests.ui.scenes import HOLDER, PIN, opened, scenes

SCENES = scenes()
TYPED = "90817263"
_BROWSER = """
import tkinter as tk
root = tk.Tk(className="browser")
root.geometry("700x700+300+100")
entry = tk.Entry(root)
entry.pack()
root.wait_visibility()
entry.focus_force()
root.update()
print("ready", flush=True)
root.bind("<Key-F9>", lambda _: (root.lift(), print(entry.get(), flush=True)))
root.mainloop()
"""


@contextmanager
def browser() -> Iterator[subprocess.Popen[str]]:
    """Another program, which has the keyboard's focus."""
    process = subprocess.Popen([sys.executable, "-c", _BROWSER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_pin_is_accepted(screen: Desktop) -> None:
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text("90817")
        screen.press("Return")
        assert dialog.entered() == {"pin": "90817"}
        assert dialog.is_silent(), "approved before the card has spoken"
        dialog.say(PinOutcome(verdict="accepted", pin_state="ok"))
        assert dialog.answer() == Approved()
        assert dialog.ends() == 0
    screen.wait_until_gone()


def test_it_runs_within_bounds(screen: Desktop) -> None:
    """What they are, tests/unit/confine tries."""
    with child(screen, SCENES["pin"]) as dialog:
        assert bounds(dialog.process.pid) == BOUNDED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into its memory")
def test_what_was_typed_is_not_in_its_memory_once_it_is_sent(screen: Desktop) -> None:
    """Nor is a part of it, in what Python and Tcl have freed: the window stays until all is signed."""
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text(TYPED)
        wait_until(lambda: holds(dialog.process.pid, TYPED), "the PIN is typed")
        screen.press("Return")
        assert dialog.entered() == {"pin": TYPED}
        wait_until(lambda: not holds(dialog.process.pid, TYPED[1:]), "the PIN is gone")
        dialog.say(PinOutcome(verdict="incorrect", pin_state="countLow"))
        wait_to_read(screen, "incorrect")
        screen.type_text(TYPED)
        wait_until(lambda: holds(dialog.process.pid, TYPED), "the PIN is typed again")
        screen.press("Return")
        assert dialog.entered() == {"pin": TYPED}
        wait_until(lambda: not holds(dialog.process.pid, TYPED[1:]), "the PIN is gone again")


def test_nothing_in_the_home_folder_runs_in_it(
    screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tkinter runs such files (Tk.readprofile), unless the interpreter is isolated."""
    home, ran = tmp_path / "home", tmp_path / "ran"
    home.mkdir()
    for name in (".cardbridge.py", ".Tk.py"):
        (home / name).write_text(f"open({str(ran)!r}, 'a').write('{name}')")
    for name in (".cardbridge.tcl", ".Tk.tcl", ".wishrc", ".tclshrc"):
        (home / name).write_text(f"close [open {ran} w]")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TCLLIBPATH", str(home))
    code = "import tkinter; tkinter.Tk(className='cardbridge').destroy()"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | screen.env)
    assert ran.exists(), "such files do nothing at all"
    ran.unlink()
    with child(screen, SCENES["pin"]):
        assert not ran.exists()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends_at, what
        time.sleep(0.1)


def test_new_pin_is_accepted(screen: Desktop) -> None:
    with child(screen, SCENES["change"]) as dialog:
        for pin in ("1234", "5678", "5678"):
            screen.type_text(pin)
            screen.press("KP_Enter")
        assert dialog.entered() == {"current": "1234", "new": "5678"}
        dialog.say(PinOutcome(verdict="accepted", pin_state="ok"))
        assert dialog.answer() == Approved()
        assert dialog.ends() == 0


def test_one_window_shows_every_screen(screen: Desktop) -> None:
    """No screen waits for a change that the display need not make: each is `Shown`."""
    with child(screen, SCENES["card"]) as dialog:
        window = screen.windows()
        dialog.show(WaitForReader(reader="Reader", programs=("other",)))
        dialog.show(WaitForReader(reader="Reader", programs=("other",)))
        dialog.show(WaitForCard())
        dialog.show(SCENES["choose"].screen)
        screen.wait_for_window()
        screen.press("Down")
        screen.press("Return")
        assert dialog.answer() == Chosen(index=1)
        dialog.show(Confirm(holder=HOLDER, pin=PIN))
        assert screen.windows() == window
        screen.wait_for_window()
        screen.press("Down")
        screen.type_text("1234")
        screen.press("Return")
        assert dialog.entered() == {"pin": "1234"}


@pytest.mark.parametrize("name", ["card", "choose", "sign", "change", "pin-keypad"])
def test_escape_cancels(screen: Desktop, name: str) -> None:
    with child(screen, SCENES[name]) as dialog:
        screen.press("Escape")
        assert dialog.answer() == Cancelled()
        assert dialog.ends() == 0


def test_close_box_cancels(screen: Desktop) -> None:
    with child(screen, SCENES["pin"]) as dialog:
        screen.press("alt+F4")
        assert dialog.answer() == Cancelled()


def test_time_limit(screen: Desktop) -> None:
    with child(screen, opened(SCENES["pin"].screen, timeout_s=1), is_shown=False) as dialog:
        assert [dialog.answer(), dialog.answer()] == [Shown(), TimedOut()]
        assert dialog.ends() == 0


def test_time_limit_counts_over_all_screens(screen: Desktop) -> None:
    with child(screen, opened(WaitForCard(), timeout_s=4), is_shown=False) as dialog:
        assert dialog.answer() == Shown()
        dialog.show(SCENES["pin"].screen)
        assert dialog.answer() == TimedOut()


@pytest.mark.parametrize("name", ["card", "pin"])
def test_ends_with_the_daemon(screen: Desktop, name: str) -> None:
    with child(screen, SCENES[name]) as dialog:
        dialog.control.close()
        assert dialog.ends() == 0
    screen.wait_until_gone()


def test_killed_worker_is_no_wrong_pin(screen: Desktop) -> None:
    """Nothing is approved; the window stays to be read until it is closed."""
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text("1234")
        screen.press("Return")
        assert dialog.entered() == {"pin": "1234"}
        dialog.pin_pipe.close()
        wait_to_read(screen, "failed")
        assert not dialog.control.poll(0.2)
        screen.close_window("Return")
        assert dialog.answer() == Cancelled()


def test_worker_that_speaks_nonsense(screen: Desktop) -> None:
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text("1234")
        screen.press("Return")
        dialog.entered()
        dialog.pin_pipe.send_bytes(b'{"verdict":"accepted","pinState":"ok","extra":1}')
        wait_to_read(screen, "failed")
        assert dialog.is_silent()
        screen.close_window("Return")
        assert dialog.answer() == Cancelled()


def test_half_a_word_of_the_worker_holds_nobody_up(screen: Desktop) -> None:
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text("90817")
        screen.press("Return")
        dialog.entered()
        said = struct.pack("!i", 1000) + b"{"
        assert os.write(dialog.pin_pipe.fileno(), said) == len(said)
        wait_until(lambda: unread(dialog.pin_pipe) == 0, "the window reads it")
        screen.press("Escape")
        assert dialog.answer() == Cancelled()
        assert dialog.ends() == 0


def unread(pipe: Connection) -> int:
    """Bytes that the other end has not read yet: SIOCOUTQ, unix(7)."""
    found = fcntl.ioctl(pipe.fileno(), termios.TIOCOUTQ, bytes(4))
    return int.from_bytes(found, sys.byteorder)


def test_an_outcome_in_pieces_is_one(screen: Desktop) -> None:
    with child(screen, SCENES["pin"]) as dialog:
        screen.type_text("90817")
        screen.press("Return")
        dialog.entered()
        said = plainjson.encode(PinOutcome(verdict="accepted", pin_state="ok"))
        for piece in (struct.pack("!i", len(said))[:2], struct.pack("!i", len(said))[2:], said[:5], said[5:]):
            os.write(dialog.pin_pipe.fileno(), piece)
            wait_until(lambda: unread(dialog.pin_pipe) == 0, "the window reads it")
        assert dialog.answer() == Approved()


def test_no_display(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4242")
    with child(screen, SCENES["pin"], is_shown=False) as dialog:
        assert dialog.ends() == 1


def test_has_the_keyboard_at_once(screen: Desktop) -> None:
    """The focus goes from the browser into the entry without a click."""
    with browser() as other, child(screen, SCENES["pin"]) as dialog:
        screen.type_text("246813")
        screen.press("Return")
        assert dialog.entered() == {"pin": "246813"}
        assert other.poll() is None


def test_stays_on_top(screen: Desktop) -> None:
    with browser(), child(screen, SCENES["pin"]):
        (window,) = screen.windows()
        assert "_NET_WM_STATE_ABOVE" in properties(screen, window)
        other = xdotool(screen, "search", "--class", "browser").split()[-1]
        xdotool(screen, "windowactivate", "--sync", other)
        order = stacking(screen)
        assert order.index(int(other)) < order.index(int(window))


def test_key_held_since_before_does_not_approve(screen: Desktop) -> None:
    """Somebody leans on Enter in the browser while the consent comes up."""
    with browser(), held(screen, "Return"), child(screen, SCENES["give"], is_shown=False) as dialog:
        assert dialog.control.poll(PATIENCE_S)
        dialog.answer()
        screen.wait_for_window()
        time.sleep(1.5)  # the key repeats all the time
        assert dialog.is_silent()
        xdotool(screen, "keyup", "Return")
        screen.press("Return")
        assert dialog.answer() == Approved()
