"""A driver's code is in its worker: whatever that says, the daemon gets a reply or an error of ours."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from bridge.arrivals import MAX_BYTES
from bridge.core import errors, jsonrpc
from bridge.core.settings import DriverSettings
from bridge.core.token import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_SLOTS, CertificateObject, Token
from bridge.pkcs11 import client, wire
from bridge.pkcs11.client import WorkerClient

GENEROUS_S = 20
DRIVER = DriverSettings(name="Rogue", path="/rogue.so")
TOKEN = Token(
    slot=0, description="R", is_hardware=False, model="", pin_state="ok", min_pin_length=4, max_pin_length=8,
    protected_authentication_path=False, mechanisms=frozenset({"ECDSA"}), certificates=(),
)  # fmt: skip
GOOD = CertificateObject(id=b"\1", der=b"d")

Says = Callable[[bytes], None]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """What the worker answers to whatever it is asked."""

    def saying(reply: bytes) -> None:
        def start(*_: object) -> tuple[Any, Connection]:
            ours, theirs = Pipe()
            threading.Thread(target=_answer, args=(theirs, reply), daemon=True).start()
            return SimpleNamespace(pid=0, kill=lambda: None, wait=lambda: 0), ours

        monkeypatch.setattr(client, "start", start)

    return saying


def _answer(connection: Connection, reply: bytes) -> None:
    with connection:
        connection.recv_bytes()
        try:
            connection.send_bytes(reply)
        except OSError:  # the daemon takes no more of it
            return


async def asked() -> wire.Inspected | errors.BridgeError:
    worker = WorkerClient(DRIVER, timeout_s=30)
    try:
        return await worker.inspect()
    except errors.BridgeError as error:
        return error
    finally:
        await worker.end()


def inspected(*tokens: Token, library: str = "L", unrecognised: tuple[str, ...] = ()) -> bytes:
    return wire.encode(wire.Inspected(tokens=tokens, unrecognised=unrecognised, library=library))


def changed(**values: Any) -> bytes:
    return inspected(TOKEN.__replace__(**values))


async def test_what_a_card_may_hold_comes_through(says: Says) -> None:
    full = CertificateObject(id=bytes(255), der=bytes(MAX_CERTIFICATE_BYTES))
    says(changed(certificates=(GOOD,) * (MAX_CERTIFICATES - 1) + (full,)))
    found = await asked()
    assert isinstance(found, wire.Inspected) and len(found.tokens[0].certificates) == MAX_CERTIFICATES
    says(inspected(*[TOKEN] * MAX_SLOTS))
    assert isinstance(await asked(), wire.Inspected)


ABSURD = {
    "too many slots": inspected(*[TOKEN] * (MAX_SLOTS + 1)),
    "too many unknown cards": inspected(unrecognised=("R",) * (MAX_SLOTS + 1)),
    "too many certificates": changed(certificates=(GOOD,) * (MAX_CERTIFICATES + 1)),
    "a certificate too large": changed(certificates=(CertificateObject(id=b"", der=bytes(65537)),)),
    "an ID too long": changed(certificates=(CertificateObject(id=bytes(256), der=b""),)),
    "a reader's name too long": changed(description="R" * 257),
    "a PIN of no length": changed(min_pin_length=-1),
    "a PIN that nobody can type": changed(max_pin_length=10**9),
    "too many mechanisms": changed(mechanisms=frozenset(map(str, range(1025)))),
    "a library's name too long": inspected(library="L" * 257),
    "more than a message may hold": b'{"type":"Inspected","library":"' + b"L" * wire.MAX_REPLY_BYTES + b'"}',
    "an unknown member": b'{"type":"Forgotten","x":1}',
    "an error too long": wire.encode(wire.Failed(reason="cardRemoved", detail="d" * 2001)),
    "not UTF-8": b'{"type":"Failed","reason":"\xbc","detail":""}',
    "nested too deeply": b'{"type":"Failed","reason":' + b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("reply", ABSURD.values(), ids=ABSURD.keys())
async def test_absurd(says: Says, reply: bytes) -> None:
    says(reply)
    error = await asked()
    assert isinstance(error, errors.DriverFailed) and error.data == {"driver": "Rogue"}


async def test_the_error_that_a_page_gets_is_of_the_daemon_s_making(says: Says) -> None:
    """A member of its data can't take the place of the reason, or of the sentence for the user."""
    says(b'{"type":"Failed","reason":"cardRemoved","detail":"d","data":{"reason":"pinLocked"}}')
    assert isinstance(await asked(), errors.DriverFailed)
    error = errors.CardRemoved("d", reason="pinLocked", userMessage="call this number", retriable=False)
    data = json.loads(jsonrpc.encode_error(1, error, "the card has gone"))["error"]["data"]
    assert data == {"reason": "cardRemoved", "userMessage": "the card has gone", "retriable": True}


async def test_another_reply_than_was_asked_for(says: Says) -> None:
    says(wire.encode(wire.Signed(signature=b"s")))
    assert isinstance(await asked(), errors.InternalError)
    says(wire.encode(wire.Failed(reason="noSuchReason", detail="")))
    assert isinstance(await asked(), errors.InternalError)


@pytest.mark.parametrize("who", ["driver", "user"])
async def test_where_there_is_no_window_there_are_no_phases(
    monkeypatch: pytest.MonkeyPatch, who: Literal["driver", "user"]
) -> None:
    """Each would set the time limit anew, or take it away."""
    monkeypatch.setattr(client, "start", _starting(wire.encode(wire.Phase(who=who))))
    async with asyncio.timeout(GENEROUS_S):
        assert isinstance(await asked(), errors.DriverFailed)


async def test_phases_come_to_an_end_at_a_window_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "start", _starting(wire.encode(wire.Phase(who="user"))))
    worker = WorkerClient(DRIVER, timeout_s=30)
    window, ours = Pipe()
    with ours, pytest.raises(errors.DriverFailed):
        async with asyncio.timeout(GENEROUS_S):
            await worker.login(wire.Login(slot=0, certificates=frozenset()), window)
    await worker.end()


def _starting(endless: bytes) -> Callable[..., tuple[Any, Connection]]:
    """Of a worker that says one thing again and again, until it is killed."""

    def start(*_: object) -> tuple[Any, Connection]:
        ours, theirs = Pipe()
        killed = threading.Event()

        def speak() -> None:
            with theirs, suppress(OSError):
                while not killed.is_set():
                    theirs.send_bytes(endless)

        threading.Thread(target=speak, daemon=True).start()
        return SimpleNamespace(pid=0, kill=killed.set, wait=lambda: 0), ours

    return start


async def test_no_second_request_goes_to_a_worker_that_breaks_the_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may be logged in, and the next that it says would answer another question."""
    ours, theirs = Pipe()
    killed = threading.Event()
    process = SimpleNamespace(pid=0, kill=killed.set, wait=lambda: 0)
    monkeypatch.setattr(client, "start", lambda *_: (process, ours))
    worker = WorkerClient(DRIVER, timeout_s=30)
    with theirs:
        theirs.send_bytes(inspected(TOKEN))
        await worker.inspect()
        theirs.send_bytes(bytes(MAX_BYTES // 4096 + 1))
        monkeypatch.setattr("bridge.arrivals.MAX_BYTES", MAX_BYTES // 4096)
        with pytest.raises(errors.DriverFailed):
            await worker.sign(wire.Sign(slot=0, key_id=b"", algorithm="ES256", digest=b""))
        assert killed.is_set()
        await worker.end()


async def test_a_worker_that_is_being_started_does_not_outlive_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, may_start, reaped = threading.Event(), threading.Event(), threading.Event()
    ours, theirs = Pipe()

    def start(*_: object) -> tuple[Any, Connection]:
        begun.set()
        may_start.wait()
        return SimpleNamespace(pid=0, kill=theirs.close, wait=reaped.set), ours

    monkeypatch.setattr(client, "start", start)
    worker = WorkerClient(DRIVER, timeout_s=30)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(worker.inspect())
        await asyncio.to_thread(begun.wait)
        asking.cancel()
    assert asking.cancelled()
    await worker.end()
    may_start.set()
    assert await asyncio.to_thread(reaped.wait, GENEROUS_S), "it runs on"
    assert theirs.closed


def test_the_longest_request_is_taken() -> None:
    thumbprints = frozenset(f"{number:064x}" for number in range(MAX_CERTIFICATES))
    request = wire.Login(slot=1, certificates=thumbprints, reset=("読" * 4096,) * 4)
    assert len(wire.encode(request)) < wire.MAX_REQUEST_BYTES
