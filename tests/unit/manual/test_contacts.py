"""Whom to call: each with its source; above it the administrator's word, in a file only root can write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import cli, paths
from bridge.config import ConfigurationError
from bridge.core.language import Language
from bridge.manual import contacts, errorpages, page
from tests.unit.test_machine_config import needs_root

SHIPPED = contacts.load(None)
OWN = """
[helpdesk]
name = "電子入札ヘルプデスク"
phone = "099-000-0000"
hours = "平日 9:00-17:00"
[issuer.aosign]
phone = "0120-000-000"
[issuer.ours]
name = "試験認証局"
unlock.ja = "窓口で解除します"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    return folder / "config.toml"


@pytest.fixture
def beside(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "machine_config_file", lambda: machine)
    return machine.with_name("issuers.toml")


def locked(language: Language = "ja") -> str:
    pages = errorpages.load()
    loaded = contacts.load(paths.machine_config_file())
    return page.text("pinLocked", pages["pinLocked"], loaded, language)


def test_the_five_issuers_and_a_dated_source_for_each() -> None:
    assert list(SHIPPED.issuer) == ["aosign", "typea", "diacert-plus", "e-probatio", "toinx"]
    for issuer in SHIPPED.issuer.values():
        assert issuer.name and issuer.service and issuer.sources and issuer.seen
    assert SHIPPED.helpdesk is None


@needs_root
def test_the_administrator_changes_adds_and_names_the_help_desk(beside: Path) -> None:
    beside.write_text(OWN, encoding="utf-8")
    told = locked()
    for line in (
        "- 電子入札ヘルプデスク（このパソコンの管理者が設定）\n  - 電話: 099-000-0000\n",
        "電話: 0120-000-000（このパソコンの管理者が設定）",
        "- ours: 試験認証局（このパソコンの管理者が設定）",
        "ロックの解除: 窓口で解除します（このパソコンの管理者が設定）",
        "電話: 0570-011999\n",
    ):
        assert line in told
    assert "Ten wrong PINs" in locked("en")


@needs_root
@pytest.mark.parametrize("text", [
    "[issuer",
    "[issuer.aosign]\nfone = '1'",
    "[issuer.x]\npage = 'javascript:alert(1)'",
    "[edited]\naosign = []",
])  # fmt: skip
def test_a_broken_file_is_told_and_the_shipped_contacts_are_shown(
    beside: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    beside.write_text(text, encoding="utf-8")
    assert cli.main(["help", "pinLocked"]) == 0
    out, err = capsys.readouterr()
    assert "設定ファイルに誤りがあります" in err and str(beside) in err and "同梱の連絡先を使います" in err
    assert "0570-011999" in out


@needs_root
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_can_write_is_not_believed(beside: Path, mode: int) -> None:
    beside.write_text(OWN, encoding="utf-8")
    beside.chmod(mode)
    with pytest.raises(ConfigurationError):
        contacts.load(beside.with_name("config.toml"))


@needs_root
def test_the_text_of_a_file_does_not_command_the_terminal(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside.write_text('[helpdesk]\nname = "\\u001b[2J\\u202e"\n', encoding="utf-8")
    assert cli.main(["help", "pinLocked", "--language", "en"]) == 0
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().out)


def test_the_list_a_search_and_nothing_found(beside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(errorpages.load()) + 2
    assert cli.main(["help", "…03002"]) == 0
    assert "pinIncorrect\tPIN番号が違う\npinLocked\t" in capsys.readouterr().out
    assert cli.main(["help", "--language", "en", "nothing", "like", "it"]) == 1
    assert "no page on “nothing like it”" in capsys.readouterr().err
