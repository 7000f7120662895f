"""The daemon's side of a window: what is left of one that is cancelled, and whose time runs when."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bridge import children
from bridge.core import plainjson
from bridge.core.consent import Approved, Open, Shown, ShownDocument, Site, WaitForCard
from bridge.core.document import SignerDocument
from bridge.core.errors import DocumentUnreadable, InternalError, UserTimeout
from bridge.ui import prompt
from bridge.ui.preview import process
from bridge.ui.preview.process import READ_ALL_TIMEOUT_S, Preview
from bridge.ui.prompt import DialogConsent

DOCUMENTS = tuple(
    SignerDocument(name=f"{number}.txt", media_type="text/plain", content=b"text") for number in (1, 2)
)
OPENING = Open(
    language="ja",
    site=Site(name="見本市", origin="https://a.jp"),
    purpose="sign",
    timeout_s=120,
    screen=WaitForCard(),
    documents=tuple(ShownDocument(name=d.name, media_type=d.media_type, size_bytes=4) for d in DOCUMENTS),
)


_NOT_OURS: set[str] = set()


@pytest.fixture(autouse=True)
def others() -> None:
    """Screens, portals and daemons of other tests' fixtures are children of this process too."""
    gc.collect()
    _NOT_OURS.clear()
    _NOT_OURS.update(child_processes())


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4242")


def child_processes() -> list[str]:
    """Those of this process since the test began, also dead ones that nobody has waited for."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            if int(rest.split()[1]) == os.getpid():
                found += [] if name in _NOT_OURS else [name]
    return found


def left_over() -> tuple[list[str], list[str], int]:
    """Child processes, threads of windows, and how many files are open."""
    threads = [t.name for t in threading.enumerate() if t.name.startswith(("dialog", "preview"))]
    return child_processes(), threads, len(os.listdir("/proc/self/fd"))


async def window(documents: tuple[SignerDocument, ...] = DOCUMENTS) -> None:
    """A window in vain: there is no display."""
    with suppress(InternalError):
        async with DialogConsent().window(OPENING, documents):
            raise AssertionError


async def cancelled(delay_s: float, documents: tuple[SignerDocument, ...]) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(window(documents))
        await asyncio.sleep(delay_s)
        task.cancel()


@pytest.mark.parametrize("documents", [(), DOCUMENTS], ids=["dialog", "dialog and preview"])
async def test_a_window_cancelled_while_it_starts_leaves_nothing(
    documents: tuple[SignerDocument, ...],
) -> None:
    await window(documents)
    before = left_over()
    assert before[:2] == ([], [])
    for _ in range(50):
        await cancelled(random.uniform(0, 0.03), documents)  # noqa: S311
    assert left_over() == before


async def test_a_window_cancelled_while_its_process_is_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the system takes for it."""
    may_go_on, is_starting, spawn = threading.Event(), asyncio.Event(), children.spawn
    loop = asyncio.get_running_loop()

    def slowly(
        child: str, connections: Sequence[Connection], arguments: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        loop.call_soon_threadsafe(is_starting.set)
        assert may_go_on.wait(30)
        return spawn(child, connections, arguments)

    monkeypatch.setattr(children, "spawn", slowly)
    before = left_over()[2]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(window())
        await is_starting.wait()
        task.cancel()
        loop.call_later(0.05, may_go_on.set)
    assert task.cancelled()
    assert left_over() == ([], [], before)


async def test_a_dialog_that_cannot_be_started_leaves_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = children.spawn

    def fail(
        child: str, connections: Sequence[Connection], arguments: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        if child == "dialog":
            raise OSError(12, "Cannot allocate memory")
        return spawn(child, connections, arguments)

    await window()
    before = left_over()
    monkeypatch.setattr(children, "spawn", fail)
    with pytest.raises(InternalError):
        async with DialogConsent().window(OPENING, DOCUMENTS):
            raise AssertionError
    assert left_over() == before


class _Hanging(Preview):
    """Its process stops at the second document. `at_second` is what happens then."""

    @staticmethod
    def at_second() -> None:
        """Nothing by default."""

    def _give(self, document: SignerDocument) -> None:
        if document is DOCUMENTS[1]:
            assert self.pid is not None
            os.kill(self.pid, signal.SIGSTOP)
            self.at_second()
        super()._give(document)


class _Clock:
    """The loop's, which a test can advance from any thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = asyncio.get_running_loop()
        self._ahead, time = 0.0, self._loop.time
        monkeypatch.setattr(self._loop, "time", lambda: time() + self._ahead)

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._loop.call_soon_threadsafe(lambda: None)


async def test_cancelled_while_documents_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    is_reading, loop = asyncio.Event(), asyncio.get_running_loop()
    monkeypatch.setattr(process, "Preview", _Hanging)
    monkeypatch.setattr(_Hanging, "at_second", lambda _: loop.call_soon_threadsafe(is_reading.set))
    before = left_over()[2]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(window())
        await is_reading.wait()
        task.cancel()
    assert task.cancelled()
    assert left_over() == ([], [], before)


async def test_all_documents_have_one_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty documents of 29 s each are not ten minutes in which nothing is on the screen."""
    clock = _Clock(monkeypatch)
    monkeypatch.setattr(_Hanging, "at_second", lambda _: clock.advance(READ_ALL_TIMEOUT_S))
    preview = _Hanging(DOCUMENTS, "ja", timeout_s=10 * READ_ALL_TIMEOUT_S)
    with preview.start():
        with pytest.raises(DocumentUnreadable) as caught:
            await preview.read()
        assert caught.value.data == {"document": "2.txt"}
    await preview.end()
    assert left_over()[:2] == ([], [])


class _Dialog:
    """In the place of a dialog process: shows its screen, and approves when it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.approves = threading.Event()
        self.opened_at: list[float] = []
        self.said = plainjson.encode(Approved())
        monkeypatch.setattr(children, "spawn", self._spawn)

    def _spawn(
        self, child: str, connections: Sequence[Connection], arguments: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        control = Connection(os.dup(connections[0].fileno()))

        def play() -> None:
            with control, suppress(EOFError, OSError):
                control.recv_bytes()
                self.opened_at.append(time.monotonic())
                control.send_bytes(plainjson.encode(Shown()))
                assert self.approves.wait(30)
                control.send_bytes(self.said)

        threading.Thread(target=play, daemon=True).start()
        return subprocess.Popen(["/bin/sleep", "60"])


class _Read(Preview):
    """Has read, when the clock has gone on."""

    clock: _Clock

    def start(self) -> Connection:
        return Connection(os.open(os.devnull, os.O_RDONLY), writable=False)

    async def read(self) -> None:
        self.clock.advance(READ_ALL_TIMEOUT_S * 5)


async def test_the_users_time_begins_when_there_is_something_to_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialog, loop = _Dialog(monkeypatch), asyncio.get_running_loop()
    _Read.clock = clock = _Clock(monkeypatch)
    monkeypatch.setattr(process, "Preview", _Read)
    async with DialogConsent().window(OPENING, DOCUMENTS) as shown:
        loop.call_soon(loop.call_soon, dialog.approves.set)
        assert await shown.answer() == Approved()
    dialog.approves.clear()
    async with DialogConsent().window(OPENING, DOCUMENTS) as shown:
        loop.call_soon(clock.advance, OPENING.timeout_s + prompt._BACKSTOP_S)
        with pytest.raises(UserTimeout):
            await shown.answer()
        dialog.approves.set()


@pytest.mark.parametrize(
    "said",
    [
        b'{"type":"approved","contact":"' + b"a" * prompt._MOST_BYTES + b'"}',
        b'{"type":"approved","contact":"\xbc"}',
        b'{"type":"approved","digests":' + b"[" * 100_000,
        b'{"type":"approved","more":1}',
        b"",
    ],
    ids=["too long", "not UTF-8", "too deep", "unknown", "nothing"],
)
async def test_an_answer_of_absurd_size(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """Or of another kind: the window is over, the daemon is not."""
    dialog = _Dialog(monkeypatch)
    dialog.said = said
    dialog.approves.set()
    async with DialogConsent().window(OPENING.__replace__(documents=())) as shown:
        with pytest.raises(InternalError):
            await shown.answer()


async def test_a_pause_between_two_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the first was dismissed, or its request cancelled."""
    dialog, consent = _Dialog(monkeypatch), DialogConsent()
    dialog.approves.set()
    opening = OPENING.__replace__(documents=())
    async with consent.window(opening):
        pass
    closed_at = time.monotonic()
    async with consent.window(opening):
        pass
    assert dialog.opened_at[1] - closed_at >= 0.99, "a second, less the clock's grain"
