"""The signing process: what the daemon brings it, what it may not ask for, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from contextlib import suppress
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge import children
from bridge.core.algorithms import ALGORITHMS
from bridge.core.errors import (
    BridgeError,
    CardRemoved,
    DocumentUnreadable,
    InternalError,
    TimeStampFailed,
    UnsupportedFormat,
)
from bridge.core.order import Form, Stamp
from bridge.signing import wire
from bridge.signing.maker import SigningProcess, SigningProcesses
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import Hand, cades, identity, order_of, pades, to_be_signed, xades
from tests.unit.signatures.pdfverifiers import pdfsig_accepts
from tests.unit.signatures.test_cades import openssl_accepts
from tests.unit.signatures.tsa import OpensslTsa
from tests.unit.signatures.xmlverifiers import xmlsec_accepts

TEXT, XML, PDF = b"text", b"<a>1</a>", pdfs.plain()


def is_running(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_one_process_for_many_documents(tmp_path: Path, tsa: OpensslTsa) -> None:
    signer = identity("p256")
    hand = Hand(signer.key, ALGORITHMS["ES256"])
    async with SigningProcesses().maker(cades()) as maker:
        for content in (b"one", b"two", b""):
            signature = await maker.make(order_of(content, signer, "ES256", cades()), hand, None)
            assert openssl_accepts(tmp_path, signer, signature, content)
        order = order_of(XML, signer, "ES256", xades(level="B-T"), name="a.xml", media_type="text/xml")
        assert xmlsec_accepts(tmp_path, signer, await maker.make(order, hand, tsa.ask))
        form = pades("B-T", Stamp())
        order = order_of(PDF, signer, "ES256", form, name="a.pdf", media_type="application/pdf")
        assert pdfsig_accepts(tmp_path, await maker.make(order, hand, tsa.ask))
        pid = maker.pid
        assert is_running(pid)
    assert len(hand.messages) == 5
    assert not is_running(pid)


@pytest.mark.parametrize("error", [CardRemoved("gone"), TimeStampFailed("no")])
async def test_what_the_card_says_comes_through(error: BridgeError) -> None:
    async def refuse(_: bytes) -> bytes:
        raise error

    signer = identity("rsa")
    async with SigningProcesses().maker(cades()) as maker:
        with pytest.raises(type(error)) as raised:
            await maker.make(order_of(TEXT, signer, "RS256", cades()), refuse, None)
    assert raised.value is error


async def test_what_the_process_says_comes_through(tsa: OpensslTsa) -> None:
    """An error of the contract keeps its class and data."""
    signer = identity("rsa")
    hand = Hand(signer.key, ALGORITHMS["RS256"])

    async def wrong(query: bytes) -> bytes:
        return tsa.reply(query)[:-1]

    async with SigningProcesses().maker(cades()) as maker:
        order = order_of(TEXT, signer, "RS256", cades(level="B-T"))
        with pytest.raises(TimeStampFailed):
            await maker.make(order, hand, wrong)
        with pytest.raises(UnsupportedFormat):
            await maker.make(order, hand, None)
        order = order_of(b"<a", signer, "RS256", xades(), name="申請.xml", media_type="text/xml")
        with pytest.raises(DocumentUnreadable) as raised:
            await maker.make(order, hand, None)
        assert raised.value.data == {"document": "申請.xml"}
        await maker.make(order_of(TEXT, signer, "RS256", cades()), hand, None)


async def test_cancelled_while_the_card_signs() -> None:
    """The page withdraws its request: the process is gone, and so is what it would have made."""
    signing = asyncio.Event()

    async def wait(_: bytes) -> bytes:
        signing.set()
        await asyncio.Event().wait()
        raise AssertionError

    pids: list[int | None] = []

    async def request() -> None:
        async with SigningProcesses().maker(cades()) as maker:
            pids.append(maker.pid)
            await maker.make(order_of(TEXT, identity("rsa"), "RS256", cades()), wait, None)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(request())
        await signing.wait()
        task.cancel()
    assert task.cancelled()
    assert not is_running(pids[0])


async def test_cancelled_while_it_computes() -> None:
    document = b"<a>" + b"<b>1</b>" * 1_000_000 + b"</a>"
    pids: list[int | None] = []
    is_ready = asyncio.Event()

    async def request() -> None:
        async with SigningProcesses().maker(xades()) as maker:
            await maker.check(xades(), "a", XML)
            pids.append(maker.pid)
            is_ready.set()
            await maker.check(xades(), "a", document)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(request())
        await is_ready.wait()
        task.cancel()
    assert task.cancelled()
    assert not is_running(pids[0])


async def test_ends_with_the_daemon() -> None:
    """Its end of the pipe closes, also when the daemon is killed."""
    process = SigningProcess(cades())
    await process.start()
    await process.check(cades(), "a", TEXT)
    assert process._connection is not None and process.process is not None
    process._connection.close()
    assert await asyncio.to_thread(process.process.wait, 30) == 0
    await process.end()


async def test_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(children, "spawn", fail)
    with pytest.raises(InternalError):
        async with SigningProcesses().maker(cades()):
            raise AssertionError


class _Puppet:
    """In the place of a signing process: answers as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, replies: list[wire.Reply | bytes]) -> None:
        self.received: list[bytes] = []
        self._replies = replies
        monkeypatch.setattr(children, "spawn", self._spawn)

    def _spawn(self, child: str, connections: list[Connection], arguments: list[str]) -> Any:
        theirs = Connection(os.dup(connections[0].fileno()))

        def answer() -> None:
            with suppress(EOFError, OSError), theirs:
                for reply in self._replies:
                    self.received.append(theirs.recv_bytes())
                    theirs.send_bytes(reply if isinstance(reply, bytes) else wire.encode(reply))

        threading.Thread(target=answer, daemon=True).start()
        return subprocess.Popen(["/bin/sleep", "60"])


ORDERED = order_of(TEXT, identity("rsa"), "RS256", cades())
MESSAGE = asyncio.run(to_be_signed(ORDERED))
MADE = wire.Made(signature=b"s")


@pytest.mark.parametrize(
    "replies",
    [
        [wire.Sign(message=MESSAGE), wire.Sign(message=MESSAGE), MADE],
        [wire.TimeStamp(request=b"a"), MADE],
        [wire.Checked()],
        [b"\xc1 no message"],
    ],
    ids=["two signatures for one document", "time stamp not asked for", "another reply", "junk"],
)
async def test_it_may_not_ask_for_more(
    monkeypatch: pytest.MonkeyPatch, replies: list[wire.Reply | bytes]
) -> None:
    """Even taken over by a document, it gets one signature for each that was approved."""
    _Puppet(monkeypatch, replies)
    hand = Hand(identity("rsa").key, ALGORITHMS["RS256"])
    async with SigningProcesses().maker(cades()) as maker:
        with pytest.raises(InternalError):
            await maker.make(ORDERED, hand, None)
    assert hand.messages in ([], [MESSAGE])


@pytest.mark.parametrize(
    "form", [cades(), xades("detached"), xades("enveloped"), pades()], ids=lambda form: form.format
)
async def test_it_may_not_have_a_login_signed(monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    """What a document that has taken it over would want: the signature of a Web eID token of another site."""
    login = sha256(b"https://bank.example.jp").digest() + sha256(b"nonce").digest()
    _Puppet(monkeypatch, [wire.Sign(message=login), MADE])
    hand = Hand(identity("rsa").key, ALGORITHMS["RS256"])
    async with SigningProcesses().maker(form) as maker:
        with pytest.raises(InternalError):
            await maker.make(order_of(XML, identity("rsa"), "RS256", form), hand, None)
        assert maker.process is not None
        assert await asyncio.to_thread(maker.process.wait, 30) == -signal.SIGKILL
    assert hand.messages == []


async def test_cancelled_while_it_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on, is_starting, spawn = threading.Event(), asyncio.Event(), children.spawn
    loop, started = asyncio.get_running_loop(), []

    def slowly(child: str, connections: list[Connection], arguments: list[str]) -> subprocess.Popen[bytes]:
        loop.call_soon_threadsafe(is_starting.set)
        assert may_go_on.wait(30)
        started.append(spawn(child, connections, arguments))
        return started[0]

    async def request() -> None:
        async with SigningProcesses().maker(cades()):
            raise AssertionError

    monkeypatch.setattr(children, "spawn", slowly)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(request())
        await is_starting.wait()
        task.cancel()
        loop.call_later(0.05, may_go_on.set)
    assert task.cancelled()
    assert started[0].returncode == -signal.SIGKILL
    assert not any(thread.name.startswith("signing") for thread in threading.enumerate())


@pytest.mark.parametrize("error", ["NoSuchError", "BridgeError", "annotations", "RetriableError"])
async def test_unknown_error(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    _Puppet(monkeypatch, [wire.Failed(error=error, detail="x", data={})])
    async with SigningProcesses().maker(cades()) as maker:
        with pytest.raises(InternalError):
            await maker.make(ORDERED, Hand(identity("rsa").key, ALGORITHMS["RS256"]), None)


@pytest.mark.parametrize(
    "reply", [wire.Sign(message=bytes(65537)), wire.TimeStamp(request=bytes(65537))], ids=["sign", "stamp"]
)
async def test_absurd_wishes(monkeypatch: pytest.MonkeyPatch, reply: wire.Reply) -> None:
    _Puppet(monkeypatch, [reply])
    async with SigningProcesses().maker(cades()) as maker:
        with pytest.raises(InternalError):
            await maker.make(ORDERED, _never, _never)


@pytest.mark.parametrize("beyond", [0, 1])
async def test_a_reply_of_absurd_size(monkeypatch: pytest.MonkeyPatch, beyond: int) -> None:
    """As large as twice the request, and more: then the connection is closed, and nothing of it is read."""
    monkeypatch.setattr(wire, "MAX_OVERHEAD_BYTES", 1000)
    request = wire.encode(wire.Make(order=ORDERED, has_time_stamps=False))
    most = 2 * len(request) + 1000
    empty = len(wire.encode(wire.Made(signature=bytes(256))))
    _Puppet(monkeypatch, [wire.Made(signature=bytes(256 + most - empty + beyond))])
    async with SigningProcesses().maker(cades()) as maker:
        if beyond:
            with pytest.raises(DocumentUnreadable):
                await maker.make(ORDERED, _never, None)
        else:
            assert await maker.make(ORDERED, _never, None)


async def test_what_it_says_of_an_error_cannot_take_another_member_s_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {"document": "a.pdf", "reason": "pinLocked", "userMessage": "call this number", "detail": "x"}
    for error, kind in (("DocumentUnreadable", DocumentUnreadable), ("PinLocked", InternalError)):
        _Puppet(monkeypatch, [wire.Failed(error=error, detail="d", data=said)])
        async with SigningProcesses().maker(cades()) as maker:
            with pytest.raises(kind) as caught:
                await maker.make(ORDERED, _never, None)
        assert caught.value.data in ({"document": "a.pdf"}, {})


async def test_a_detached_document_never_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    puppet = _Puppet(monkeypatch, [MADE])
    content = b"secret of the document" * 100
    async with SigningProcesses().maker(cades()) as maker:
        await maker.make(order_of(content, identity("rsa"), "RS256", cades()), _never, None)
    assert b"secret" not in puppet.received[0]


async def _never(_: bytes) -> bytes:
    raise AssertionError


@pytest.mark.parametrize(
    "form", [cades("enveloping", "B-T"), xades("detached"), pades("B-T", Stamp(page=-1))]
)
def test_orders_survive_the_pipe(form: Form) -> None:
    order = order_of(TEXT, identity("rsa"), "PS512", form)
    request = wire.Make(order=order, has_time_stamps=True)
    assert wire.decode_request(wire.encode(request)) == request


def test_only_a_signature_may_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that has taken the process over says millions of small things: none is made."""
    made = wire.Made(signature=bytes(10**6))
    assert wire.decode_reply(wire.encode(made)) == made
    flood = wire.encode(wire.Failed(error="", detail="", data={str(n): "" for n in range(50_000)}))
    typed = wire.encode({"type": "made", "signature": [[]] * 200_000})
    with pytest.raises(msgspec.DecodeError, match="bytes"):  # at its first byte
        wire.decode_reply(typed)
    monkeypatch.setattr(wire, "_reply", lambda _: pytest.fail("each was made"))
    with pytest.raises(msgspec.DecodeError):
        wire.decode_reply(flood)
