"""The preview process, from the daemon's side: what it reads, what ends it, and that it ends nobody else."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

import pytest

from bridge.core.document import SignerDocument, read_document
from bridge.core.errors import DocumentUnreadable
from bridge.ui.preview import wire
from bridge.ui.preview.process import Preview
from tests.unit.signatures import pdfs

TEXT = read_document("入札書.txt", "text/plain", "金額：100".encode())
BROKEN = read_document("契約書.pdf", "application/pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF\n")
SLOW = read_document(
    "遅い.xml",
    "application/xml",
    ("<a " + " ".join(f'b{n}="{n}"' for n in range(150_000)) + "/>").encode(),
)
"""libxml2 compares each attribute with each other one."""


@asynccontextmanager
async def started(
    *documents: SignerDocument, timeout_s: float = 60.0
) -> AsyncIterator[tuple[Preview, Connection]]:
    """A process that is gone, whatever it was doing, when the context is left."""
    preview = Preview(documents, "ja", timeout_s=timeout_s)
    connection = preview.start()
    try:
        with connection:
            yield preview, connection
    finally:
        await preview.end()
    assert preview.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(preview.pid, 0)


def overview(connection: Connection) -> tuple[wire.Sight, ...]:
    assert connection.poll(30)
    found: wire.Overview = wire.decode_overview(connection.recv_bytes())
    return found.documents


def asked(connection: Connection, document: int, page: int = 0, width: int = 300) -> wire.Page | wire.Failed:
    connection.send_bytes(wire.encode(wire.Ask(document=document, page=page, width=width)))
    assert connection.poll(30)
    answer: wire.Page | wire.Failed = wire.decode_page(connection.recv_bytes())
    return answer


async def test_documents_are_read_in_order_and_shown_when_asked_for() -> None:
    documents = (TEXT, read_document("a.pdf", "application/pdf", pdfs.pages(3)))
    async with started(*documents) as (preview, connection):
        await preview.read()
        sights = overview(connection)
        assert [sight.digest for sight in sights] == [document.digest for document in documents]
        assert [(sight.kind, sight.pages) for sight in sights] == [("text", 1), ("picture", 3)]
        drawn = asked(connection, 1, 2)
        assert isinstance(drawn, wire.PicturePage) and drawn.width == 300
        assert drawn.digest == documents[1].digest
        shown = asked(connection, 0)
        assert isinstance(shown, wire.TextPage) and shown.digest == TEXT.digest
        assert isinstance(asked(connection, 1, 3), wire.Failed)


async def test_500_documents() -> None:
    documents = [read_document(f"{n}.txt", "text/plain", f"書類 {n}".encode() * 100) for n in range(500)]
    async with started(*documents) as (preview, connection):
        await preview.read()
        sights = overview(connection)
        assert [sight.digest for sight in sights] == [document.digest for document in documents]
        page = asked(connection, 499)
        assert isinstance(page, wire.TextPage) and page.lines[0].runs[0].text.startswith("書類 499")


async def test_large_contents_come_in_pieces_and_whole() -> None:
    large = read_document("a.txt", "text/plain", b"0123456789abcde\n" * 400_000)
    async with started(large, TEXT) as (preview, connection):
        await preview.read()
        assert [sight.digest for sight in overview(connection)] == [large.digest, TEXT.digest]


async def test_an_upload_is_not_there_to_be_shown() -> None:
    upload = SignerDocument(
        name="図面.zip", media_type="application/zip", content=None, size_bytes=2**28, digest="ab" * 32
    )
    async with started(TEXT, upload) as (preview, connection):
        await preview.read()
        sight = overview(connection)[1]
        assert (sight.kind, sight.digest, sight.size_bytes) == ("absent", "ab" * 32, 2**28)
        assert isinstance(asked(connection, 1), wire.TextPage)


async def test_an_unreadable_document_is_named() -> None:
    async with started(TEXT, BROKEN, TEXT) as (preview, connection):
        with pytest.raises(DocumentUnreadable) as refused:
            await preview.read()
        assert refused.value.data == {"document": "契約書.pdf"}
        assert "pdf" in refused.value.detail and "金額" not in refused.value.detail
        with pytest.raises(EOFError):
            overview(connection)


async def test_a_document_that_takes_too_long() -> None:
    async with started(TEXT, SLOW, timeout_s=5.0) as (preview, _):
        with pytest.raises(DocumentUnreadable) as refused:
            await preview.read()
        assert refused.value.data == {"document": "遅い.xml"} and "too long" in refused.value.detail


async def test_a_document_that_kills_its_reader() -> None:
    async with started(TEXT, SLOW) as (preview, _):
        await preview._in_time(preview._begin)
        await preview._read(TEXT)
        assert preview.pid is not None
        async with asyncio.TaskGroup() as group:
            task = group.create_task(refusal(preview, SLOW))
            await asyncio.sleep(0.5)
            os.kill(preview.pid, signal.SIGSEGV)
        assert task.result().data == {"document": "遅い.xml"}


async def refusal(preview: Preview, document: SignerDocument) -> DocumentUnreadable:
    with pytest.raises(DocumentUnreadable) as refused:
        await preview._read(document)
    return refused.value


async def test_a_document_that_takes_the_memory() -> None:
    """The process meets its own limit, here lowered after its start, and not the PC's."""
    document = read_document("大.json", "application/json", b"[" + b",".join([b"[]"] * 1_000_000) + b"]")
    async with started(document) as (preview, _):
        await preview._in_time(preview._begin)
        assert preview.pid is not None
        resource.prlimit(preview.pid, resource.RLIMIT_AS, (100 * 1024**2, 1024**3))
        with pytest.raises(DocumentUnreadable) as refused:
            await preview._read(document)
        assert refused.value.data == {"document": "大.json"}


async def test_its_limits() -> None:
    async with started(TEXT) as (preview, _):
        await preview.read()
        assert preview.pid is not None
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)
        assert [resource.prlimit(preview.pid, kind)[1] for kind in kinds] == [1024**3, 600, 0, 0]


async def test_it_ends_with_the_dialog() -> None:
    preview = Preview((TEXT,), "ja")
    with preview.start():
        await preview.read()
    assert preview.process is not None
    assert await asyncio.to_thread(preview.process.wait, 30) == 0
    await preview.end()


async def test_a_request_that_ends_meanwhile() -> None:
    async with started(TEXT, SLOW) as (preview, _):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await preview.read()


async def test_the_loop_goes_on_meanwhile() -> None:
    turns = 0
    large = read_document("a.txt", "text/plain", "金額：100\n".encode() * 300_000)
    async with started(large) as (preview, _), asyncio.TaskGroup() as group:
        task = group.create_task(preview.read())
        while not task.done():
            turns += 1
            await asyncio.sleep(0.001)
    assert turns > 10
