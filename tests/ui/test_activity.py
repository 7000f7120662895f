"""The window 最近の操作, as a person sees and uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import tkinter as tk
from pathlib import Path
from tkinter import font

import pytest
from msgspec.structs import replace

from bridge import children, paths
from bridge.core.language import Language
from bridge.ui.records import shortened
from cardbridge_demo.desktop import Desktop
from tests.ui.activities import LONG, ODD, ORDINARY, Shown, activity_window, write
from tests.ui.conftest import Desktops
from tests.ui.fitting import faults
from tests.ui.hands import click

SCREENS = [("1400x1000", 96), ("2600x1900", 192), ("1024x768", 96), ("1280x720", 96), ("1024x768", 192)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


def cut_cells(shown: Shown) -> list[str]:
    """Texts that are wider than their column."""
    tree = shown.window.table.tree
    measure, margin = shown.window.theme.body.measure, shown.window.theme.px(10)
    return [
        text
        for row in shown.rows()
        for column, text in zip(tree["columns"], row, strict=True)
        if measure(text) > int(tree.column(column, "width")) - margin
    ]


def check(desktop: Desktop, folder: Path, language: Language) -> None:
    with activity_window(desktop, folder, language) as shown:
        assert faults(shown) == [] and cut_cells(shown) == []
        headings = [shown.window.table.tree.heading(column, "text") for column in range(5)]
        small: font.Font = shown.window.theme.small
        for column, heading in enumerate(headings):
            assert small.measure(heading) < int(shown.window.table.tree.column(column, "width"))
        shown.press("Down", "Down")
        assert shown.text() and faults(shown) == []


def test_fits(screen: Desktop, desktops: Desktops, folder: Path) -> None:
    write(folder)
    check(screen, folder, "ja")
    check(desktops("1280x720", 96), folder, "en")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dpi"), SCREENS)
@pytest.mark.parametrize("entries", [ORDINARY, LONG, ODD], ids=["ordinary", "long", "odd"])
def test_fits_on_every_screen(
    desktops: Desktops, folder: Path, size: str, dpi: int, entries: tuple[object, ...]
) -> None:
    write(folder, entries)  # type: ignore[arg-type]
    for language in ("ja", "en"):
        check(desktops(size, dpi), folder, "ja" if language == "ja" else "en")


def test_the_newest_stands_first_and_tells_more_when_it_is_chosen(screen: Desktop, folder: Path) -> None:
    write(folder)
    with activity_window(screen, folder) as shown:
        rows = shown.rows()
        assert len(rows) == len(ORDINARY) and rows[0][2:] == ("電子署名 3件", "完了", "見本　太郎")
        assert rows[-1][2] == "サイトの許可" and "10件" in shown.labels()
        assert "電子署名 3件" in shown.text(), "the first line is chosen"
        shown.press("Down", "Down")
        shown.until(lambda: "カードが抜かれた" in shown.text())
        text = shown.text()
        assert "カードを差し込み、もう一度お試しください。" in text and "7f7f" in text
        assert "1,905,600 バイト" in text and "application/pdf, application/xml" in text
        click(screen, shown.button("閉じる"))
        shown.until(lambda: not _exists(shown.root))


def _exists(root: tk.Tk) -> bool:
    try:
        return bool(root.winfo_exists())
    except tk.TclError:
        return False


def test_what_was_not_done_can_be_picked_out(screen: Desktop, folder: Path) -> None:
    write(folder)
    with activity_window(screen, folder) as shown:
        radios = [widget for widget in shown.widgets() if isinstance(widget, tk.Radiobutton)]
        click(screen, radios[2])
        shown.until(lambda: len(shown.rows()) == 5)
        assert all(row[3] != "完了" for row in shown.rows())
        radios[2].focus_set()
        shown.press("Left")
        shown.until(lambda: len(shown.rows()) == 5 and shown.rows()[0][3] == "完了")
        shown.press("Left")
        shown.until(lambda: len(shown.rows()) == len(ORDINARY))


def test_check(screen: Desktop, folder: Path) -> None:
    log = write(folder)
    with activity_window(screen, folder) as shown:
        click(screen, shown.button("点検"))
        shown.until(lambda: "異常はありません（10件）。" in shown.text())
        head = str(log.append(ORDINARY[0]).head)
        path = next(folder.glob("*.jsonl"))
        click(screen, shown.button("点検"))
        shown.until(lambda: head in shown.text())
        assert "記録の全体を作り直せます" in shown.text()
        path.write_bytes(path.read_bytes().replace(b"pinIncorrect", b"userCancelled"))
        shown.press("F5")
        shown.until(lambda: "記録に異常があります。" in shown.text())
        assert len(shown.rows()) == 10
        click(screen, shown.button("点検"))
        shown.until(lambda: "3 行目：記録 3 が書き換えられています。" in shown.text())


def test_save(screen: Desktop, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Documents").mkdir()
    log = write(folder)
    with activity_window(screen, folder) as shown:
        for count in (1, 2):
            click(screen, shown.button("CSVで保存"))
            shown.until(lambda count=count: len(list((tmp_path / "Documents").iterdir())) == count)  # type: ignore[misc]
            shown.until(lambda: "保存しました（10件）。" in shown.text())
        saved = sorted((tmp_path / "Documents").iterdir())
        assert str(saved[0]) in shown.text() or str(saved[1]) in shown.text()
        head = str(log.append(ORDINARY[0]).head).replace("11:", "10:")
        assert all("電子署名 120件" in path.read_text("utf-8-sig") for path in saved)
        assert head.partition(":")[0] + ":" in shown.text()


def test_save_where_nothing_can_be_saved(
    screen: Desktop, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(paths, "documents_folder", lambda: tmp_path / "file")
    write(folder)
    with activity_window(screen, folder) as shown:
        click(screen, shown.button("CSVで保存"))
        shown.until(lambda: "保存できません。ディスクの空き" in shown.text())


def test_a_new_record_is_there_when_one_comes_back(screen: Desktop, folder: Path) -> None:
    log = write(folder)
    with activity_window(screen, folder) as shown:
        shown.press("Down", "Down")
        chosen = shown.text()
        log.append(replace(ORDINARY[3], time="2026-11-27T09:00:00.000Z"))
        shown.root.event_generate("<FocusIn>")
        shown.until(lambda: len(shown.rows()) == len(ORDINARY) + 1)
        assert shown.text() == chosen, "what was chosen stays chosen"


def test_no_log_yet(screen: Desktop, folder: Path) -> None:
    with activity_window(screen, folder) as shown:
        assert shown.rows() == [] and "記録はまだありません。" in shown.text() and faults(shown) == []
        click(screen, shown.button("点検"))
        shown.until(lambda: shown.text() == "記録はまだありません。")


@pytest.mark.parametrize("is_link", [True, False])
def test_a_log_that_cannot_be_read(screen: Desktop, folder: Path, is_link: bool) -> None:
    if is_link:
        folder.mkdir()
        (folder / "audit-000000000001.jsonl").symlink_to("/etc/passwd")
    else:
        folder.write_text("a file in the place of the folder")
    with activity_window(screen, folder) as shown:
        assert "記録を読めません。" in shown.text() and shown.rows() == []


def test_names_hide_and_reorder_nothing(screen: Desktop, folder: Path) -> None:
    write(folder, ODD)
    with activity_window(screen, folder) as shown:
        shown.press("Down")
        everything = shown.text() + "".join("".join(row) for row in shown.rows())
        for hidden in "\u202e\u2066\u200b\x00":
            assert hidden not in everything
        assert "⟦U+202E⟧" in everything


@pytest.mark.parametrize("keeps_end", [True, False])
def test_shortened(keeps_end: bool) -> None:
    text = "https://long.name.example.jp"
    for width in range(1, 40):
        short = shortened(text, width, len, keeps_end=keeps_end)
        assert len(short) <= width and (short == text) == (width >= len(text))
        assert (text.endswith if keeps_end else text.startswith)(short.strip("…"))


def _closes(screen: Desktop, process: subprocess.Popen[bytes]) -> None:
    try:
        screen.wait_for_window()
        screen.press("Escape")
        assert process.wait(30) == 0
        screen.wait_until_gone()
    finally:
        process.kill()
        process.wait()


def test_as_a_process_of_its_own_without_a_daemon(screen: Desktop, folder: Path) -> None:
    write(folder)
    _closes(screen, children.spawn("activity", [], ["ja", str(folder)]))
    _closes(screen, subprocess.Popen([sys.executable, "-m", "bridge", "audit", "show"], env={**os.environ}))
