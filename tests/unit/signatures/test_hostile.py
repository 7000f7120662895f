"""Over seventy documents that cannot be signed: each is refused by name, before anybody is asked."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Callable

import pytest

from bridge.core.algorithms import ALGORITHMS
from bridge.core.errors import DocumentUnreadable
from bridge.core.order import Form, Stamp
from bridge.signatures.making import check, make
from bridge.signing.maker import SigningProcess
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import Hand, identity, order_of, pades, xades
from tests.unit.signatures.hostile import GOOD, PDF, XML

ENVELOPED, PADES, STAMPED = xades("enveloped"), pades(), pades(stamp=Stamp())
ALL = [("XML", name) for name in XML] + [("PDF", name) for name in PDF]


def made(kind: str, name: str) -> tuple[Form, Callable[[], bytes]]:
    return (ENVELOPED, XML[name]) if kind == "XML" else (PADES, PDF[name])


def test_enough_of_them() -> None:
    assert len(ALL) >= 70


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_refused(kind: str, name: str) -> None:
    form, document = made(kind, name)
    with pytest.raises(DocumentUnreadable) as refused:
        check(form, "書類", document())
    assert refused.value.data == {"document": "書類"}


@pytest.mark.parametrize("name", ["encrypted for its readers", "encrypted without a password"])
def test_encryption_is_named(name: str) -> None:
    with pytest.raises(DocumentUnreadable) as refused:
        check(PADES, "書類", PDF[name]())
    assert "encrypted" in refused.value.detail


@pytest.mark.parametrize("name", PDF)
def test_refused_with_a_stamp(name: str) -> None:
    with pytest.raises(DocumentUnreadable):
        check(STAMPED, "書類", PDF[name]())


@pytest.mark.parametrize(("kind", "name"), [("XML", "DTD"), ("XML", "not closed"), ("PDF", "no pages")])
async def test_not_signed_without_having_been_checked(kind: str, name: str) -> None:
    form, document = made(kind, name)
    signer = identity("rsa")
    hand = Hand(signer.key, ALGORITHMS["RS256"])
    with pytest.raises(DocumentUnreadable):
        await make(order_of(document(), signer, "RS256", form, name="書類"), hand, None)
    assert hand.messages == []


async def test_all_in_one_signing_process() -> None:
    """The process outlives what it can refuse; what ends it is refused too, and good ones still pass."""
    for form, documents in ((ENVELOPED, XML), (PADES, PDF)):
        process = SigningProcess(form)
        await process.start()
        for name, document in documents.items():
            with pytest.raises(DocumentUnreadable):
                await process.check(form, name, document())
        await process.check(form, "good", GOOD if form is PADES else b"<a/>")
        await process.end()


@pytest.mark.parametrize(
    "stamp",
    [Stamp(page=2), Stamp(page=10**9), Stamp(page=-1)],
    ids=["beyond the last", "far beyond", "no page size"],
)
def test_stamp_without_a_place(stamp: Stamp) -> None:
    content = GOOD
    if stamp.page == -1:
        content = pdfs.plain({2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"})
    with pytest.raises(DocumentUnreadable):
        check(pades(stamp=stamp), "a.pdf", content)


@pytest.mark.parametrize(
    "box", [b"[0 0 100 100]", b"[0 0]", b"[(a) 0 1 1]", b"7", b"[1e400 0 1 1]", b"[0 0 1e38 1e38]"]
)
def test_stamp_on_an_odd_page(box: bytes) -> None:
    content = pdfs.plain({2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox %s >>" % box})
    try:
        check(STAMPED, "a.pdf", content)
    except DocumentUnreadable:
        return
    assert box == b"[0 0 1e38 1e38]"


async def test_a_document_that_hangs_its_reader() -> None:
    """Stopped in the middle, as an endless loop would: after the time limit it is killed and refused."""
    process = SigningProcess(PADES, timeout_s=0.5)
    await process.start()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(DocumentUnreadable) as refused:
        await process.check(PADES, "書類", GOOD)
    assert "too long" in refused.value.detail
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, 30) == -signal.SIGKILL
    await process.end()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_a_document_that_kills_its_reader() -> None:
    process = SigningProcess(PADES)
    await process.start()
    await process.check(PADES, "good", GOOD)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(DocumentUnreadable) as refused:
        await process.check(PADES, "書類", GOOD)
    assert refused.value.data == {"document": "書類"}
    await process.end()


async def test_a_document_that_takes_the_memory() -> None:
    """The process meets its own limit, here lowered, and not the PC's; it says so and goes on."""
    process = SigningProcess(ENVELOPED)
    await process.start()
    await process.check(ENVELOPED, "good", b"<a/>")
    assert process.pid is not None
    limit, _ = resource.prlimit(process.pid, resource.RLIMIT_AS)
    assert limit == 2 * 1024**3
    resource.prlimit(process.pid, resource.RLIMIT_AS, (300 * 1024**2, limit))
    with pytest.raises(DocumentUnreadable):
        await process.check(ENVELOPED, "書類", b"<a>" + b"<b>1</b>" * 1_500_000 + b"</a>")
    await process.check(ENVELOPED, "good", b"<a/>")
    await process.end()


async def test_the_loop_goes_on_meanwhile() -> None:
    """While a document of some MiB is read, the daemon's loop still turns."""
    process = SigningProcess(ENVELOPED)
    await process.start()
    turns = 0
    async with asyncio.TaskGroup() as group:
        document = b"<a>" + b"<b>1</b>" * 500_000 + b"</a>"
        task = group.create_task(process.check(ENVELOPED, "a", document))
        while not task.done():
            turns += 1
            await asyncio.sleep(0.001)
    assert turns > 10
    await process.end()
