"""A dialog process with the daemon's ends of its pipes, and the one that is kept ready for a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge import children
from bridge.readiness import EarlyProcess, Ready

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class DialogProcess(EarlyProcess):
    """It knows no request and no secret until its window is opened."""

    def __init__(self) -> None:
        self.control: Connection | None = None
        self._pin_channel: Connection | None = None
        super().__init__()

    def take_pin_channel(self) -> Connection | None:
        """The worker's end of the PIN pipe, given once."""
        channel, self._pin_channel = self._pin_channel, None
        return channel

    def _start(self) -> None:
        self.control, theirs = children.pipe()
        dialog_end, self._pin_channel = children.pipe()
        with theirs, dialog_end:
            self.process = children.spawn("dialog", [theirs, dialog_end])

    def close(self) -> None:
        for connection in (self.control, self._pin_channel):
            if connection is not None:
                connection.close()


class ReadyDialog(Ready[DialogProcess]):
    """For a window that may soon be asked for: Tk needs as long as a person notices."""

    def __init__(self) -> None:
        super().__init__(DialogProcess)

    def prepare(self) -> None:
        if children.has_display():
            super().prepare()
