"""Words, and what is done to words of others, without a window."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ui.characters import contact_problem, half_width, line, may_be_typed, origin_line, revealed
from bridge.ui.folding import fold


@pytest.mark.parametrize(
    "text", ["1234", "abcXYZ", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "０１２３４５６７８９"]
)
def test_may_be_typed(text: str) -> None:
    assert may_be_typed(text)


@pytest.mark.parametrize(
    "text", [" ", "\u3000", "あ", "ａ", "１あ", "é", "\x00", "\x7f", "\n", "٣", "①", "🙂"]
)
def test_may_not_be_typed(text: str) -> None:
    assert not may_be_typed(text)


def test_half_width_changes_digits_only() -> None:
    assert half_width("０１２３４５６７８９ab~") == "0123456789ab~"


@pytest.mark.parametrize(
    "contact",
    ["1234", "１２３４", " 12 34 ", "12-34", "12\u200b34", "０９９－１２３", "①②", "٣٤٥", "12.34", "(1)2"],
)
def test_contact_of_digits(contact: str) -> None:
    assert contact_problem(contact, "9876") == "contact_digits"


@pytest.mark.parametrize(
    "contact", ["山田9876", "山田 ９８７６", "山田9 8 7 6", "山田9-8-7-6", "98\u200b76番"]
)
def test_contact_with_the_pin(contact: str) -> None:
    assert contact_problem(contact, "9876") == "contact_pin"


@pytest.mark.parametrize("contact", ["", "山田", "営業2課　山田", "山田987", "Yamada-2", "—"])
def test_contact_that_may_leave(contact: str) -> None:
    assert contact_problem(contact, "9876") is None
    assert contact_problem(contact, "") is None


def test_contact_with_a_pin_of_signs() -> None:
    assert contact_problem("a!#b", "!#") == "contact_pin"
    assert contact_problem("ab", "!#") is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("見本　太郎", "見本　太郎"),
        ("a\u202eb", "a⟦U+202E⟧b"),
        ("\u2066\u200b\ufeff\x00\x1b", "⟦U+2066⟧⟦U+200B⟧⟦U+FEFF⟧⟦U+0000⟧⟦U+001B⟧"),
        ("\u3164\u2800", "⟦U+3164⟧⟦U+2800⟧"),
        ("a\u0301\u0302\u0303", "a\u0301\u0302⟦U+0303⟧"),
        ("葛\U000e0100城が\u3099", "葛\U000e0100城が\u3099"),
        ("a\r\nb\tc\rd", "a\nb\tc⟦U+000D⟧d"),
        ("🙂", "🙂"),
    ],
)
def test_revealed(text: str, shown: str) -> None:
    assert revealed(text) == shown


@given(st.text())
def test_one_line_hides_nothing(text: str) -> None:
    shown = line(text, 50)
    assert len(shown) <= 51
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in shown)


def test_one_line_is_cut_visibly() -> None:
    assert line("長" * 60, 50) == "長" * 50 + "…"
    assert line("長" * 50, 50) == "長" * 50
    assert line("a\nb") == "a⟦U+000A⟧b"


def test_origin_is_shown_in_full() -> None:
    origin = f"https://{'a' * 249}.co.jp:28443"
    assert origin_line(origin) == origin
    longer = origin_line(f"https://{'a' * 5000}.evil.example")
    assert longer.endswith(".evil.example") and "…" in longer and len(longer) < 400


def measure(text: str) -> int:
    """A font in which Latin letters are half as wide."""
    return sum(1 if character < "\u0250" else 2 for character in text)


@given(st.text(alphabet="あ、。（）aB1 \n", max_size=60), st.integers(2, 12))
def test_folded_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    folded = fold(text, width, measure)
    assert all(measure(each) <= width for each in folded.split("\n"))
    assert "".join(folded.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width", "folded"),
    [
        ("入力してください。", 16, "入力してくださ\nい。"),
        ("入力（担当者）", 6, "入力\n（担当\n者）"),
        ("PIN番号 12345678", 12, "PIN番号\n12345678"),
        ("ab cd", 3, "ab\ncd"),
        ("abcdef", 4, "abcd\nef"),
        ("一\n二", 9, "一\n二"),
        ("", 9, ""),
    ],
)
def test_fold(text: str, width: int, folded: str) -> None:
    assert fold(text, width, measure) == folded
