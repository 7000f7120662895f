"""The daemon's side of a window with documents: real processes, which may die, while the daemon does not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import force_setattr

from bridge.core.consent import Approved, Confirm, WaitForCard
from bridge.core.document import SignerDocument, approved, read_document
from bridge.core.errors import BridgeError, DocumentUnreadable, InternalError, UserCancelled
from bridge.ui.prompt import DialogConsent, DialogWindow
from cardbridge_demo.desktop import Desktop
from tests.ui.child import child
from tests.ui.hands import xdotool
from tests.ui.hostile.marked_up import XMLS
from tests.ui.hostile.others import NAMES
from tests.ui.hostile.pictures import PICTURES
from tests.ui.hostile.portable import PDFS
from tests.ui.hostile.specimen import Specimen
from tests.ui.hostile.test_hostile import SPECIMENS
from tests.ui.hostile.texts import JSONS
from tests.ui.scenes import HOLDER, opened
from tests.unit.signatures import pdfs

FORM = read_document("申請書.txt", "text/plain", "金額：100".encode())
PDF = read_document("契約書.pdf", "application/pdf", pdfs.pages(3))
CONFIRM = Confirm(holder=HOLDER)
UNREADABLE: dict[str, Specimen] = {
    "billion laughs": XMLS["billion laughs"],
    "too deep": XMLS["too deep"],
    "half a surrogate": JSONS["a little too deep"],
    "encrypted PDF": PDFS["for its readers"],
    "PDF without an end": PDFS["header and trailer"],
    "bomb": PICTURES["bomb"],
}


@asynccontextmanager
async def window(*documents: SignerDocument) -> AsyncIterator[DialogWindow]:
    opening = opened(CONFIRM, "sign", documents=documents)
    async with DialogConsent().window(opening, documents) as shown:
        yield shown


def pids(shown: DialogWindow) -> tuple[int, int]:
    """Of the dialog and the preview."""
    assert shown._dialog.process is not None and shown._preview is not None and shown._preview.pid is not None
    return shown._dialog.process.pid, shown._preview.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def press(screen: Desktop, *keys: str) -> None:
    await asyncio.to_thread(screen.wait_for_window)
    for key in keys:
        await asyncio.to_thread(screen.press, key)


async def refusal(shown: DialogWindow) -> BridgeError:
    with pytest.raises(BridgeError) as refused:
        async with asyncio.timeout(60):
            await shown.answer()
    return refused.value


async def test_what_is_approved_is_what_the_daemon_has(screen: Desktop) -> None:
    async with window(FORM, PDF) as shown:
        dialog, preview = pids(shown)
        await press(screen, "Return")
        answer = await shown.answer()
    assert isinstance(answer, Approved)
    assert [pair.name for pair in approved((FORM, PDF), answer.digests)] == ["申請書.txt", "契約書.pdf"]
    assert not is_alive(dialog) and not is_alive(preview)


async def test_what_is_approved_is_not_another_document(screen: Desktop) -> None:
    """The daemon comes to have other bytes while the window is open."""
    document = read_document("申請書.txt", "text/plain", "金額：100".encode())
    async with window(document) as shown:
        force_setattr(document, "content", "金額：900".encode())
        await press(screen, "Return")
        answer = await shown.answer()
    assert isinstance(answer, Approved)
    (pair,) = approved((document,), answer.digests)
    with pytest.raises(InternalError):
        pair.content()
    with pytest.raises(InternalError):
        approved((read_document("申請書.txt", "text/plain", "金額：900".encode()),), answer.digests)


@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_unreadable_document_opens_no_window(screen: Desktop, name: str) -> None:
    document = read_document("あやしい書類", UNREADABLE[name].media_type, UNREADABLE[name].make())
    with pytest.raises(DocumentUnreadable) as refused:
        async with window(FORM, document):
            raise AssertionError("a window is open")
    assert refused.value.data == {"document": "あやしい書類"}
    assert screen.windows() == []


async def test_before_the_card_is_asked_for_as_well(screen: Desktop) -> None:
    document = read_document("あやしい書類", "text/xml", XMLS["too deep"].make())
    opening = opened(WaitForCard(), "sign", documents=[document])
    with pytest.raises(DocumentUnreadable):
        async with DialogConsent().window(opening, (document,)):
            raise AssertionError("a window is open")
    assert screen.windows() == []


async def test_documents_are_shown_after_the_card_has_come(screen: Desktop) -> None:
    opening = opened(WaitForCard(), "sign", documents=[FORM])
    async with DialogConsent().window(opening, (FORM,)) as shown:
        await shown.show(CONFIRM)
        await press(screen, "Return")
        assert await shown.answer() == Approved(digests=(FORM.digest,))


async def test_the_dialog_dies(screen: Desktop) -> None:
    """That is no cancellation by the user, and nothing is approved."""
    async with window(FORM) as shown:
        dialog, preview = pids(shown)
        os.kill(dialog, signal.SIGKILL)
        assert isinstance(await refusal(shown), InternalError)
    assert not is_alive(preview)


async def test_the_dialog_dies_between_two_screens(screen: Desktop) -> None:
    opening = opened(WaitForCard(), "sign", documents=[FORM])
    async with DialogConsent().window(opening, (FORM,)) as shown:
        assert shown._dialog.process is not None
        os.kill(shown._dialog.process.pid, signal.SIGKILL)
        shown._dialog.process.wait()
        with pytest.raises(InternalError):
            await shown.show(CONFIRM)


async def test_the_preview_dies(screen: Desktop) -> None:
    """The document that was to be shown next is named."""
    async with window(FORM, PDF) as shown:
        os.kill(pids(shown)[1], signal.SIGKILL)
        await press(screen, "Tab", "Down")
        refused = await refusal(shown)
        assert isinstance(refused, DocumentUnreadable) and refused.data == {"document": "契約書.pdf"}


async def test_the_user_cancels(screen: Desktop) -> None:
    async with window(FORM) as shown:
        await press(screen, "Escape")
        assert isinstance(await refusal(shown), UserCancelled)


async def test_the_request_ends_while_the_documents_are_read(screen: Desktop) -> None:
    """Withdrawn in the middle: no process is left."""
    slow = read_document(
        "遅い.xml", "text/xml", ("<a " + " ".join(f'b{n}="{n}"' for n in range(150_000)) + "/>").encode()
    )
    windows: list[DialogWindow] = []
    original = DialogWindow.__init__

    def remembered(self: DialogWindow, *arguments: Any, **named: Any) -> None:
        windows.append(self)
        original(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DialogWindow, "__init__", remembered)
        opening = asyncio.get_running_loop().create_task(never_open(slow))
        while not (windows and have_started(windows[0])):
            assert not opening.done()
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        opening.cancel()
        await asyncio.wait([opening])
    assert opening.cancelled()
    (shown,) = windows
    assert [is_alive(pid) for pid in pids(shown)] == [False, False]


async def never_open(document: SignerDocument) -> None:
    async with window(document):
        raise AssertionError("a window is open")


def have_started(shown: DialogWindow) -> bool:
    """Dialog and preview."""
    return shown._dialog.process is not None and shown._preview is not None and shown._preview.pid is not None


def test_everything_hostile_in_a_dialog_process(screen: Desktop) -> None:
    """The process, with its limits, comes through all of them, and answers for each."""
    documents = [
        read_document(f"{number}", specimen.media_type, specimen.make())
        for number, specimen in enumerate(SPECIMENS.values())
        if specimen.verdict == "shown"
    ]
    documents += [read_document(name, "text/plain", b"x") for name in NAMES.values()]
    opening = opened(CONFIRM, "sign", documents=documents, timeout_s=600)
    with child(screen, opening, documents) as dialog:
        screen.press("Tab")
        xdotool(screen, "key", "--delay", "60", *["Down"] * len(documents))
        assert dialog.is_silent()
        screen.press("Return")
        assert dialog.answer() == Approved(digests=tuple(document.digest for document in documents))
