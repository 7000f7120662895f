"""The dialog as the daemon starts it; the test plays the daemon, and the worker at the PIN pipe."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import send_handle
from typing import get_args

import msgspec

from bridge import children
from bridge.core import plainjson
from bridge.core.consent import Answer, Open, Screen, Shown
from bridge.core.document import SignerDocument
from bridge.core.pinentry import PinOutcome
from cardbridge_demo.desktop import Desktop
from tests.ui.previews import preview_of

PATIENCE_S = 60.0
_ANSWERS = get_args(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    process: subprocess.Popen[bytes]
    control: Connection
    pin_pipe: Connection

    def show(self, screen: Screen) -> None:
        self.control.send_bytes(plainjson.encode(screen))
        assert self.answer() == Shown()

    def answer(self) -> Answer:
        assert self.control.poll(PATIENCE_S), "the window says nothing"
        answer: Answer = plainjson.decode(self.control.recv_bytes(), *_ANSWERS)
        return answer

    def is_silent(self) -> bool:
        """Whether neither daemon nor worker has got anything so far."""
        return not self.control.poll(0) and not self.pin_pipe.poll(0)

    def entered(self) -> dict[str, str]:
        """What the user typed, as it comes to the worker."""
        assert self.pin_pipe.poll(PATIENCE_S), "the worker gets nothing"
        typed: dict[str, str] = msgspec.json.decode(self.pin_pipe.recv_bytes())
        return typed

    def say(self, outcome: PinOutcome) -> None:
        self.pin_pipe.send_bytes(plainjson.encode(outcome))

    def ends(self) -> int:
        """Wait for the end of the process; its exit code."""
        return self.process.wait(PATIENCE_S)


@contextmanager
def child(
    desktop: Desktop,
    opening: Open,
    documents: Sequence[SignerDocument] | None = None,
    *,
    is_shown: bool = True,
) -> Iterator[Child]:
    """A dialog process. With `is_shown` its window is there and takes input. See `preview_of`."""
    control, theirs = Pipe()
    pin_pipe, dialog_end = Pipe()
    with control, pin_pipe, preview_of(opening, documents) as preview:
        with theirs, dialog_end:
            process = children.spawn("dialog", [theirs, dialog_end])
        try:
            control.send_bytes(plainjson.encode(opening))
            if preview is not None:
                send_handle(control, preview.fileno(), process.pid)
            started = Child(process=process, control=control, pin_pipe=pin_pipe)
            if is_shown:
                assert started.answer() == Shown()
                desktop.wait_for_window()
            yield started
        finally:
            process.kill()
            process.wait()
