"""The proposed sites of this computer, and what a user has said to them."""

import os
from pathlib import Path

import pytest

from bridge import proposed
from bridge.cli import main
from bridge.core.proposals import NotProposals

A, B = "https://a.example.jp", "https://b.example.jp"
TEXT = f'[[site]]\norigin = "{A}"\nname = "市"\n[[site]]\norigin = "{B}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cardbridge-sites.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return tmp_path / "state" / "proposals.json"


def origins(file: Path, answers: Path, *allowed: str) -> list[str]:
    return [each.origin for each in proposed.pending(file, answers, allowed)]


def test_only_what_is_neither_allowed_nor_hidden(file: Path, answers: Path) -> None:
    assert origins(file, answers) == [A, B]
    assert origins(file, answers, A) == [B]
    proposed.hide(answers, B)
    assert origins(file, answers) == [A]
    proposed.unhide(answers, B)
    assert origins(file, answers) == [A, B]


def test_a_window_once_for_each_site(file: Path, answers: Path) -> None:
    assert proposed.are_news(file, answers, ())
    assert not proposed.are_news(file, answers, ())
    file.write_text(TEXT + '[[site]]\norigin = "https://c.example.jp"\n', encoding="utf-8")
    assert proposed.are_news(file, answers, ())
    assert not proposed.are_news(file, answers, ())


def test_no_window_where_nothing_is_new(file: Path, answers: Path) -> None:
    assert not proposed.are_news(file, answers, (A, B))
    file.unlink()
    assert not proposed.are_news(file, answers, ())


def test_no_window_again_and_again_where_nothing_can_be_kept(file: Path, tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    assert not proposed.are_news(file, tmp_path / "in the way" / "proposals.json", ())


def test_what_cannot_be_used_proposes_nothing(
    file: Path, answers: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("[[site]]\norigin = 'http://a.example.jp'\n")
    assert origins(file, answers) == []
    assert not proposed.are_news(file, answers, ())
    assert "must be https" in caplog.text


def test_a_link_or_a_pipe_in_its_place_is_not_followed(file: Path, answers: Path, tmp_path: Path) -> None:
    file.unlink()
    (tmp_path / "elsewhere").write_text(TEXT)
    file.symlink_to(tmp_path / "elsewhere")
    assert origins(file, answers) == []
    file.unlink()
    os.mkfifo(file)
    assert origins(file, answers) == []


@pytest.mark.parametrize("content", [b"{", b'{"hidden":["\xff"]}', b'{"x":' + b"[" * 100_000])
def test_answers_that_cannot_be_read_are_none(file: Path, answers: Path, content: bytes) -> None:
    answers.parent.mkdir()
    answers.write_bytes(content)
    assert origins(file, answers) == [A, B]


def test_whoever_makes_the_file_can_check_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sites", "proposed", str(file)]) == 0
    assert capsys.readouterr().out == f"{A}\t市\n{B}\t\n"
    file.write_text(TEXT + "pin = 'session'\n")
    assert main(["sites", "proposed", str(file)]) == 1
    assert "pin" in capsys.readouterr().err


def test_nothing_is_read_without_an_end(tmp_path: Path) -> None:
    file = tmp_path / "sites.toml"
    with file.open("wb") as opened:
        opened.truncate(1 << 32)
    with pytest.raises(NotProposals):
        proposed.read(file)
