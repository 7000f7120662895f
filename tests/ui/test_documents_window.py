"""Documents in the window: lists, pages, keys, the large view, and what happens when one cannot be shown."""

from __future__ import annotations

import os
import select
import signal
import struct
import threading
import time
import tkinter as tk
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe

import pytest

from bridge.core.consent import Answer, Approved, Cancelled, Confirm, Open, PinEntry, Unshown
from bridge.core.document import SignerDocument, read_document
from bridge.core.language import Language
from bridge.core.pinentry import PinOutcome
from bridge.ui.preview import wire
from cardbridge_demo.desktop import Desktop
from tests.ui.conftest import Desktops
from tests.ui.fitting import faults
from tests.ui.hands import click
from tests.ui.hostile.others import NAMES
from tests.ui.hostile.test_hostile import SPECIMENS
from tests.ui.previews import previewed
from tests.ui.scenes import HOLDER, PIN, opened
from tests.ui.stage import Stage, open_stage, stage
from tests.unit.signatures import pdfs

FORM = read_document("申請書.txt", "text/plain", "\n".join(f"項目{n}：値{n}" for n in range(60)).encode())
SHORT = read_document("短い.txt", "text/plain", "金額：100".encode())
PDF = read_document("契約書.pdf", "application/pdf", pdfs.pages(3))
ARCHIVE = read_document("図面.zip", "application/zip", b"PK\3\4" + bytes(2000))
ACCEPTED = PinOutcome(verdict="accepted", pin_state="ok")


def signing(documents: Sequence[SignerDocument], pin: PinEntry | None = PIN) -> Open:
    return opened(Confirm(holder=HOLDER, pin=pin), "sign", documents=documents)


def view(shown: Stage) -> tk.Text:
    """The one in front."""
    return [widget for widget in shown.widgets() if isinstance(widget, tk.Text)][-1]


def text(shown: Stage) -> str:
    return view(shown).get("1.0", "end-1c")


def box(shown: Stage) -> tk.Listbox:
    return next(widget for widget in shown.widgets() if isinstance(widget, tk.Listbox))


def has_picture(shown: Stage) -> bool:
    return bool(view(shown).image_names())


def large(shown: Stage) -> tk.Toplevel | None:
    return next((widget for widget in shown.widgets() if isinstance(widget, tk.Toplevel)), None)


def enlarge(shown: Stage) -> None:
    click(shown.desktop, shown.button("大きく表示(L)"))
    shown.until(lambda: large(shown) and shown.focus() is view(shown))
    shown.past_guard()


def test_laid_out_with_field_names(screen: Desktop) -> None:
    with open_stage(screen, signing([FORM]), [FORM]) as shown:
        assert text(shown) == FORM.content.decode() if FORM.content else False
        assert view(shown).tag_nextrange("name", "2.0") == ("2.0", "2.4")
        assert f"申請書.txt（{FORM.size_bytes} バイト）" in shown.words()


def test_that_there_is_more_is_said(screen: Desktop) -> None:
    with open_stage(screen, signing([FORM]), [FORM]) as shown:
        assert "▼ 下に続きがあります" in shown.words()
        view(shown).focus_force()
        shown.press("End")
        shown.until(lambda: "ここで終わりです" in shown.words())
    with open_stage(screen, signing([SHORT]), [SHORT]) as shown:
        shown.until(lambda: "ここで終わりです" in shown.words())


def test_pages_by_their_keys(screen: Desktop) -> None:
    """Page Down goes to the end of a page, and from there to the next; Page Up comes back from below."""
    with open_stage(screen, signing([PDF]), [PDF]) as shown:
        assert has_picture(shown) and "1 / 3 ページ" in shown.words()
        view(shown).focus_force()
        for _ in range(20):
            shown.press("Next")
            if "2 / 3 ページ" in shown.words():
                break
        shown.until(lambda: has_picture(shown) and "2 / 3 ページ" in shown.words())
        assert view(shown).yview()[0] == 0.0
        shown.press("Prior")
        shown.until(lambda: has_picture(shown) and "1 / 3 ページ" in shown.words())
        shown.until(lambda: view(shown).yview()[1] == 1.0)
        assert "次のページに続きがあります" in shown.words()
        assert shown.sent() is None


def test_pages_by_their_buttons(screen: Desktop) -> None:
    with open_stage(screen, signing([PDF]), [PDF]) as shown:
        for page in (2, 3):
            click(screen, shown.button("次 ▶"))
            shown.until(lambda page=page: f"{page} / 3 ページ" in shown.words() and has_picture(shown))  # type: ignore[misc]
        assert shown.button("次 ▶")["state"] == "disabled"
        click(screen, shown.button("◀ 前"))
        shown.until(lambda: "2 / 3 ページ" in shown.words())


def test_a_document_of_10000_pages_opens_at_once(screen: Desktop) -> None:
    document = read_document("長い.pdf", "application/pdf", pdfs.pages(10_000))
    with open_stage(screen, signing([document]), [document]) as shown:
        assert has_picture(shown) and "1 / 10000 ページ" in shown.words()


def test_batch_is_listed(screen: Desktop) -> None:
    tricky = read_document("見積.txt", "text/plain", "1２0円\u200b".encode())
    documents = [FORM, tricky, ARCHIVE]
    with open_stage(screen, signing(documents), documents) as shown:
        rows = [str(box(shown).get(index)).strip() for index in range(3)]
        assert rows == [
            f"1. 申請書.txt  （{FORM.size_bytes} バイト）",
            f"2. 見積.txt  （{tricky.size_bytes} バイト） ※注意",
            "3. 図面.zip  （2,004 バイト） ※表示できません",
        ]
        colours = [str(box(shown).itemcget(index, "foreground")) for index in range(3)]
        assert colours[0] == "" and colours[1] == colours[2] != ""
        assert "電子署名（3件）" in shown.words()


def test_warnings_are_of_the_selected_document(screen: Desktop) -> None:
    tricky = read_document("見積.txt", "text/plain", "1２0円".encode())
    documents = [FORM, tricky, ARCHIVE]
    with open_stage(screen, signing(documents), documents) as shown:
        box(shown).focus_force()
        assert "全角と半角" not in shown.words()
        shown.press("Down")
        shown.until(lambda: text(shown) == "1２0円")
        assert "全角と半角が混ざった" in shown.words()
        shown.press("Down")
        shown.until(lambda: "application/zip" in text(shown))
        assert "表示できません" in shown.words() and "全角と半角" not in shown.words()
        assert ARCHIVE.digest in text(shown)


def test_500_documents_by_the_keyboard(screen: Desktop) -> None:
    """However quickly the list is gone through, content and name are of the same document."""
    documents = [read_document(f"{n}.txt", "text/plain", f"書類{n}".encode()) for n in range(1, 501)]
    with open_stage(screen, signing(documents), documents) as shown:
        assert "電子署名（500件）" in shown.words() and box(shown).size() == 500
        box(shown).focus_force()
        for _ in range(30):
            screen.press("Down")
        shown.until(lambda: text(shown) == "書類31")
        assert "31.txt（" in shown.words()
        shown.press("Control-End".replace("Control-", "ctrl+"))
        shown.until(lambda: text(shown) == "書類500")
        assert "500.txt（" in shown.words()
        shown.type_text("")
        next(iter(shown.entries())).focus_force()
        shown.enter("1234")
        assert shown.sent() == {"pin": "1234"}
        shown.say(ACCEPTED)
        assert shown.answer() == Approved(digests=tuple(document.digest for document in documents))


def test_long_names_keep_both_ends(screen: Desktop) -> None:
    document = read_document("長い名前" * 30 + "その１.txt", "text/plain", b"x")
    with open_stage(screen, signing([document, SHORT]), [document, SHORT]) as shown:
        row = str(box(shown).get(0))
        assert row.startswith(" 1. 長い名前") and "…" in row and "その１.txt  （1 バイト）" in row
        assert document.name in shown.words()


def test_large_view(screen: Desktop) -> None:
    documents = [FORM, PDF]
    with open_stage(screen, signing(documents), documents) as shown:
        enlarge(shown)
        shown.until(lambda: text(shown).startswith("項目0"))
        click(screen, shown.button("次の書類(N)"))
        shown.until(lambda: "2 / 2 件目" in shown.words() and has_picture(shown))
        click(screen, [w for w in shown.widgets() if isinstance(w, tk.Button) and w["text"] == "次 ▶"][-1])
        shown.until(lambda: "2 / 3 ページ" in shown.words())
        shown.press("Escape")
        shown.until(lambda: large(shown) is None)
        shown.until(lambda: has_picture(shown) and "2 / 3 ページ" in shown.words())
        assert box(shown).curselection() == (1,)  # type: ignore[no-untyped-call]
        assert shown.answer() is None, "Escape closes the large view, not the request"


def test_enter_in_the_large_view_approves_nothing(screen: Desktop) -> None:
    with open_stage(screen, signing([FORM], pin=None), [FORM]) as shown:
        enlarge(shown)
        shown.press("Return")
        shown.until(lambda: large(shown) is None)
        assert shown.answer() is None


def test_second_enter_in_the_large_view_does_not_sign(screen: Desktop) -> None:
    """The large view closes with the first; the second comes to the window, whose PIN is there already."""
    with stage(screen, signing([FORM]), [FORM]) as shown:
        shown.past_guard()
        shown.type_text("123456")
        shown.press("alt+l")
        shown.until(lambda: large(shown) and shown.focus() is view(shown))
        shown.past_guard()
        shown.press("Return")
        shown.until(lambda: large(shown) is None and shown.root.focus_displayof())
        screen.press("Return")
        shown.past_guard()
        assert shown.sent() is None and shown.typed() == ["123456"]
        shown.until(shown.root.focus_displayof)
        shown.entries()[0].focus_force()
        shown.press("Return")
        assert shown.sent() == {"pin": "123456"}


def test_access_keys(screen: Desktop) -> None:
    documents = [FORM, SHORT]
    with open_stage(screen, signing(documents), documents) as shown:
        assert shown.button("大きく表示(L)")["underline"] == "大きく表示(L)".index("L")
        shown.press("alt+l")
        shown.until(lambda: large(shown) and shown.focus() is view(shown))
        shown.past_guard()
        shown.press("alt+n")
        shown.until(lambda: "2 / 2 件目" in shown.words())
        shown.press("alt+p")
        shown.until(lambda: "1 / 2 件目" in shown.words())
        assert shown.sent() is None


def test_enter_on_the_views_buttons_approves_nothing(screen: Desktop) -> None:
    with open_stage(screen, signing([PDF], pin=None), [PDF]) as shown:
        shown.button("次 ▶").focus_force()
        shown.press("Return")
        shown.until(lambda: "2 / 3 ページ" in shown.words())
        shown.button("大きく表示(L)").focus_force()
        shown.press("KP_Enter")
        shown.until(lambda: large(shown))
        assert shown.answer() is None


@pytest.mark.parametrize(("size", "dpi"), [("1024x768", 96), ("1280x720", 96), ("2600x1900", 192)])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_fits_on_the_screen(desktops: Desktops, size: str, dpi: int, language: Language) -> None:
    """With a long list, many warnings, a picture; and so does the large view."""
    hidden = read_document(
        "見積" * 60, "text/plain", "\u202e1２\u200b葛\U000e0100pа".encode() + b" " * 99 + b"x"
    )
    desktop = desktops(size, dpi)
    for documents in ([hidden], [PDF, hidden, ARCHIVE, FORM, SHORT, PDF, FORM]):
        opening = opened(Confirm(holder=HOLDER, pin=PIN), "sign", documents=documents, language=language)
        with open_stage(desktop, opening, documents) as shown:
            for index in range(min(3, len(documents))):
                if index:
                    box(shown).focus_force()
                    shown.press("Down")
                shown.pump(0.2)
                assert faults(shown) == []
            next(
                b
                for b in shown.widgets()
                if isinstance(b, tk.Button) and b["text"] in ("大きく表示(L)", "Enlarge")
            ).invoke()
            window = large(shown)
            assert window is not None
            shown.pump(0.2)
            assert 0 <= window.winfo_rootx() <= window.winfo_screenwidth() - window.winfo_width()
            assert window.winfo_rooty() + window.winfo_height() <= window.winfo_screenheight()


def test_zoom(screen: Desktop) -> None:
    with open_stage(screen, signing([PDF]), [PDF]) as shown:
        enlarge(shown)
        shown.until(lambda: has_picture(shown))
        assert view(shown).xview() == (0.0, 1.0), "as wide as the view"
        click(screen, shown.button("＋ 拡大"))
        shown.until(lambda: has_picture(shown) and view(shown).xview()[1] < 0.8)
        click(screen, shown.button("－ 縮小"))
        shown.until(lambda: has_picture(shown) and view(shown).xview() == (0.0, 1.0))
        shown.press("plus")
        shown.until(lambda: has_picture(shown) and view(shown).xview()[1] < 0.8)
        shown.press("minus")
        shown.until(lambda: has_picture(shown) and view(shown).xview() == (0.0, 1.0))


def test_large_view_ends_with_the_time_limit(screen: Desktop) -> None:
    opening = opened(Confirm(holder=HOLDER, pin=PIN), "sign", documents=[FORM], timeout_s=6)
    with open_stage(screen, opening, [FORM]) as shown:
        shown.button("大きく表示(L)").invoke()
        shown.until(lambda: "残り時間 0:0" in shown.words())
        assert type(shown.awaited()).__name__ == "TimedOut"


def liar(*messages: object, sights: Sequence[wire.Sight]) -> tuple[Connection, Connection]:
    """A preview that says whatever it is made to; the dialog's end and its own."""
    dialog, own = Pipe()
    own.send_bytes(wire.encode(wire.Overview(documents=tuple(sights))))
    for message in messages:
        own.send_bytes(wire.encode(message) if not isinstance(message, bytes) else message)
    return dialog, own


def sight(document: SignerDocument, **changes: object) -> wire.Sight:
    values: dict[str, object] = {"digest": document.digest, "size_bytes": document.size_bytes}
    values |= {"kind": "text", "pages": 1, "cautions": (), **changes}
    return wire.Sight(**values)  # type: ignore[arg-type]


def lines(digest: str, *texts: str) -> wire.TextPage:
    return wire.TextPage(digest=digest, lines=tuple(wire.Line((wire.Run(text),)) for text in texts))


def pixels(digest: str, width: int, height: int, length: int) -> wire.PicturePage:
    return wire.PicturePage(digest=digest, width=width, height=height, pixels=bytes(length))


def answer_to(screen: Desktop, *messages: object, sights: Sequence[wire.Sight]) -> Answer | None:
    dialog, own = liar(*messages, sights=sights)
    with dialog, own, stage(screen, signing([SHORT]), preview=dialog, is_shown=False) as shown:
        return shown.awaited()


@pytest.mark.parametrize(
    "message",
    [
        lines("0" * 64, "金額：100"),
        pixels(SHORT.digest, 10, 10, 299),
        pixels(SHORT.digest, 10, 10, 301),
        pixels(SHORT.digest, 0, 10, 0),
        pixels(SHORT.digest, -1, -1, 3),
        pixels(SHORT.digest, 40_000, 1, 120_000),
        pixels(SHORT.digest, 1, 40_000, 120_000),
        wire.Failed(),
        b"nonsense",
        pytest.param(
            wire.encode(lines(SHORT.digest, "金額")).replace("金額".encode(), b"\xff" * 6), id="not UTF-8"
        ),
    ],
)
def test_a_page_that_is_none_of_the_document(screen: Desktop, message: object) -> None:
    assert answer_to(screen, message, sights=[sight(SHORT)]) == Unshown(document=0)


@pytest.mark.parametrize("sights", [[], [sight(SHORT)] * 2, [sight(SHORT, size_bytes=9)]])
def test_a_preview_of_other_documents(screen: Desktop, sights: list[wire.Sight]) -> None:
    assert answer_to(screen, lines(SHORT.digest, "x"), sights=sights) == Unshown(document=0)


def test_no_preview_no_question(screen: Desktop) -> None:
    dialog, own = Pipe()
    own.close()
    with dialog, stage(screen, signing([SHORT]), preview=dialog, is_shown=False) as shown:
        assert shown.awaited() == Unshown(document=0)


def test_what_the_preview_missed_is_revealed(screen: Desktop) -> None:
    dialog, own = liar(lines(SHORT.digest, "a\u202eb\nc\x00"), sights=[sight(SHORT)])
    with dialog, own, stage(screen, signing([SHORT]), preview=dialog) as shown:
        assert text(shown) == "a⟦U+202E⟧b⟦U+000A⟧c⟦U+0000⟧"


def test_the_approved_digests_are_the_previews(screen: Desktop) -> None:
    """The window says what was shown; whether that is what the daemon has, the daemon finds out."""
    other = sight(SHORT, digest="ab" * 32)
    dialog, own = liar(lines("ab" * 32, "金額：900"), sights=[other])
    with dialog, own, stage(screen, signing([SHORT], pin=None), preview=dialog) as shown:
        shown.past_guard()
        shown.press("Return")
        assert shown.answer() == Approved(digests=("ab" * 32,))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_preview_dies_or_hangs(
    screen: Desktop, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [SHORT, FORM]
    with (
        previewed(documents) as preview,
        stage(screen, signing(documents), preview=preview.connection) as shown,
    ):
        shown.past_guard()
        monkeypatch.setattr("bridge.ui.pages.PAGE_TIMEOUT_S", 0.5)
        os.kill(preview.pid, number)
        box(shown).focus_force()
        shown.press("Down")
        assert shown.awaited() == Unshown(document=1)
        os.kill(preview.pid, signal.SIGCONT)


def test_a_slow_page_does_not_stop_the_window(screen: Desktop) -> None:
    """While nothing has come, nothing of another document is in view, and Escape works."""
    dialog, own = liar(lines(SHORT.digest, "短い"), sights=[sight(SHORT), sight(FORM)])
    with dialog, own, stage(screen, signing([SHORT, FORM]), preview=dialog) as shown:
        shown.past_guard()
        box(shown).focus_force()
        shown.press("Down")
        assert text(shown) == "" and "表示しています…" in shown.words()
        own.send_bytes(wire.encode(lines(FORM.digest, "長い")))
        shown.until(lambda: text(shown) == "長い")


def test_half_a_page_does_not_stop_the_window(screen: Desktop) -> None:
    """Nor would the preview's end undo it: Escape counts while nothing more comes."""
    dialog, own = liar(lines(SHORT.digest, "短い"), sights=[sight(SHORT), sight(FORM)])
    rescue = threading.Timer(20, own.close)
    with dialog, own, stage(screen, signing([SHORT, FORM]), preview=dialog) as shown:
        rescue.start()
        shown.past_guard()
        box(shown).focus_force()
        shown.press("Down")
        os.write(own.fileno(), struct.pack("!i", 1000) + b"{")
        shown.until(lambda: not select.select([dialog], [], [], 0)[0])
        shown.press("Escape")
        assert shown.awaited() == Cancelled()
        rescue.cancel()


def test_everything_hostile_that_is_shown(screen: Desktop) -> None:
    """One after the other, in one window, which none of them ends or keeps busy for long."""
    documents = []
    for name, specimen in SPECIMENS.items():
        if specimen.verdict == "shown":
            documents.append(read_document(name.replace("/", "")[:250], specimen.media_type, specimen.make()))
    for name in NAMES.values():
        documents.append(read_document(name, "text/plain", b"x"))
    assert len(documents) > 100
    with open_stage(screen, signing(documents), documents) as shown:
        shown.dialog._frame._ends_at = time.monotonic() + 600
        for index, _ in enumerate(documents):
            box(shown).activate(index)
            shown.dialog._screen._documents._show(index)  # type: ignore[union-attr]
            shown.until(lambda: "表示しています…" not in shown.words())
            assert "\u202e" not in shown.words() + text(shown)
        assert not shown.control.poll(0)
