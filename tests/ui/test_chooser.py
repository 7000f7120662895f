"""Choosing a certificate, and the screens on which there is nothing to choose but to wait."""

from __future__ import annotations

import tkinter as tk

import pytest

from bridge.core.consent import Approved, Cancelled, Choose, Chosen, WaitForReader
from cardbridge_demo.desktop import Desktop
from tests.ui.hands import click
from tests.ui.scenes import HOLDER, opened, scenes
from tests.ui.stage import Stage, open_stage

SCENES = scenes()
EXPIRED = HOLDER.__replace__(obstacle="expired")
SECOND = HOLDER.__replace__(common_name="見本　花子")
THIRD = HOLDER.__replace__(common_name="見本　三郎")


def label(shown: Stage, text: str) -> tk.Label:
    return next(w for w in shown.widgets() if isinstance(w, tk.Label) and text in str(w["text"]))


def is_marked(shown: Stage, text: str) -> bool:
    row = label(shown, text).master
    assert isinstance(row, tk.Frame)
    return str(row["highlightbackground"]) == "#12659c"


def test_rows_say_what_a_person_knows(screen: Desktop) -> None:
    with open_stage(screen, SCENES["choose"]) as shown:
        for text in (
            "株式会社見本建設 見本　太郎",
            "発行した認証局：カードブリッジ実演用認証局",
            "有効期間：2026年11月23日 ～ 2031年11月2",
            "ICカードリーダ：Virtual PCD 00 01",
            "有効期限が切れているため、選べません",
            "有効期間の前のため、選べません",
        ):
            assert text in shown.words()


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (("Return",), 1),
        (("KP_Enter",), 1),
        (("Down", "Return"), 2),
        (("Down", "Down", "Return"), 4),
        (("Down", "Down", "Down", "Return"), 1),
        (("Up", "Return"), 4),
        (("Down", "Up", "space"), 1),
    ],
)
def test_arrow_keys_pass_over_what_cannot_be_chosen(
    screen: Desktop, keys: tuple[str, ...], index: int
) -> None:
    rows = (EXPIRED, HOLDER, SECOND, EXPIRED, THIRD)
    with open_stage(screen, opened(Choose(certificates=rows), "chooseSignature")) as shown:
        shown.press(*keys)
        assert shown.awaited() == Chosen(index=index)


def test_mouse(screen: Desktop) -> None:
    with open_stage(screen, opened(Choose(certificates=(HOLDER, SECOND, EXPIRED)))) as shown:
        assert is_marked(shown, "太郎") and not is_marked(shown, "花子")
        click(screen, label(shown, "花子"))
        shown.pump()
        assert is_marked(shown, "花子") and not is_marked(shown, "太郎")
        click(screen, label(shown, "切れている"))
        shown.pump()
        assert is_marked(shown, "花子")
        click(screen, shown.button("選ぶ"))
        assert shown.answer() == Chosen(index=1)


def test_choice_is_sent_once(screen: Desktop) -> None:
    with open_stage(screen, SCENES["choose"]) as shown:
        shown.press("Return")
        assert shown.answer() == Chosen(index=0)
        assert shown.answer() is None


def test_nothing_to_choose(screen: Desktop) -> None:
    with open_stage(screen, opened(Choose(certificates=(EXPIRED, EXPIRED)))) as shown:
        shown.press("Down", "Return", "space")
        shown.pump(0.2)
        assert shown.answer() is None
        shown.press("Escape")
        assert shown.answer() == Cancelled()


def test_selected_row_is_in_sight(screen: Desktop) -> None:
    """Of more certificates than the window can show."""
    rows = tuple(HOLDER.__replace__(common_name=f"見本　{number}号") for number in range(12))
    with open_stage(screen, opened(Choose(certificates=rows))) as shown:
        shown.press("Up")
        row = label(shown, "見本　11号").master
        buttons = shown.button("選ぶ")
        assert row.winfo_rooty() + row.winfo_height() <= buttons.winfo_rooty()
        shown.press("Down")
        assert label(shown, "見本　0号").winfo_rooty() > shown.root.winfo_rooty()
        shown.press("Return")
        assert shown.answer() == Chosen(index=0)


def test_keys_of_the_chooser_end_with_it(screen: Desktop, capsys: pytest.CaptureFixture[str]) -> None:
    with open_stage(screen, SCENES["choose"]) as shown:
        shown.show(SCENES["give"].screen)
        shown.past_guard()
        shown.press("Down", "Up", "Return")
        assert shown.answer() == Approved()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["card", "in-use"])
def test_waiting_has_nothing_to_press_but_cancel(screen: Desktop, name: str) -> None:
    with open_stage(screen, SCENES[name]) as shown:
        shown.press("Return", "KP_Enter", "space")
        shown.pump(0.2)
        assert shown.answer() is None
        shown.press("Tab", "Return")
        assert shown.answer() == Cancelled()


def test_held_reader(screen: Desktop) -> None:
    """What is known is said; nothing is invented where nothing is known."""
    names = tuple(f"program-{number}" for number in range(7))
    with open_stage(screen, opened(WaitForReader(reader="Reader 00", programs=names))) as shown:
        assert "カードはほかのプログラムが使用中です" in shown.words()
        assert "ICカードリーダ：Reader 00" in shown.words()
        assert "program-4" in shown.words() and "program-5" not in shown.words()
        assert "ほか" in shown.words()
        shown.show(WaitForReader(reader="Reader 00"))
        assert "program" not in shown.words() and "可能性のある" not in shown.words()
        shown.past_guard()
        click(screen, shown.button("キャンセル"))
        assert shown.answer() == Cancelled()
