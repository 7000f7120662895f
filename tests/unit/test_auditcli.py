"""`cardbridge audit` as a person types it: words, exit codes, and files."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge import cli, paths
from bridge.audit.files import AuditFiles
from bridge.core.audit_csv import BOM
from tests.unit.core.chains import CERTIFICATE, ENTRIES

HOSTILE = "見本\x1b]0;x\x07\n偽の行\u202e"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return paths.audit_folder()


@pytest.fixture
def log(folder: Path) -> AuditFiles:
    written = AuditFiles(folder)
    for number in range(6):
        written.append(ENTRIES[number % 3])
    return written


@pytest.fixture
def audit(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["audit", *arguments])
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


Audit = Callable[..., tuple[int, str, str]]


def edit(folder: Path) -> None:
    path = next(folder.glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"cardRemoved", b"ok", 1))


def test_nothing_yet(audit: Audit) -> None:
    assert audit("list") == (0, "記録はまだありません。 / There are no records yet.\n", "")
    code, out, err = audit("verify")
    assert code == 0 and "記録はまだありません。" in out and "There are no records yet." in out and err == ""


def test_list(audit: Audit, log: AuditFiles) -> None:
    code, out, err = audit("list", "--count", "3")
    rows = [row.split("\t") for row in out.splitlines()]
    assert (code, err, len(rows)) == (0, "", 3)
    assert rows[1][1:] == ["https://ebid.example.jp", "電子署名 3件", "カードが抜かれた", "見本　太郎"]
    assert audit("list", "--language", "en")[1].splitlines()[0].split("\t")[2] == "Login"


def test_a_name_does_nothing_to_the_terminal(audit: Audit, log: AuditFiles) -> None:
    log.append(replace(ENTRIES[0], certificate=replace(CERTIFICATE, common_name=HOSTILE)))
    _, out, _ = audit("list", "--count", "1")
    assert "\x1b" not in out and "\u202e" not in out and out.count("\n") == 1 and "⟦U+001B⟧" in out


def test_verify(audit: Audit, log: AuditFiles, folder: Path) -> None:
    head = str(log.append(ENTRIES[0]).head)
    code, out, err = audit("verify")
    assert (code, err) == (0, "") and head in out
    assert "異常はありません（7件）。" in out and "Nothing is wrong (7 records)." in out
    assert "記録の全体を作り直せます" in out and "write the whole log anew" in out
    for given in (head, head.partition(":")[2]):
        code, out, _ = audit("verify", "--head", given)
        assert code == 0 and "そこまで変わっていません" in out
    edit(folder)
    code, out, _ = audit("verify")
    assert code == 1 and "2 行目：記録 2 が書き換えられています。" in out and "Record 2 was edited." in out


def test_verify_finds_a_tail_that_was_cut_off(audit: Audit, log: AuditFiles, folder: Path) -> None:
    head = str(log.append(ENTRIES[0]).head)
    path = next(folder.glob("*.jsonl"))
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:-2]) + b"\n")
    assert audit("verify")[0] == 0
    code, out, _ = audit("verify", "--head", head)
    assert code == 1 and "末尾が切り取られた" in out and "the end was cut off" in out


@pytest.mark.parametrize("head", ["", "x", "12", "g" * 64])
def test_verify_with_what_is_no_head(head: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["audit", "verify", "--head", head])
    assert caught.value.code == cli.WRONG_USAGE and "64桁" in capsys.readouterr().err


def test_export(audit: Audit, log: AuditFiles, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "操作.csv"
    code, out, err = audit("export", str(path))
    assert (code, err) == (0, "") and str(path) in out
    content = path.read_text("utf-8")
    assert content.startswith(BOM) and stat.S_IMODE(path.stat().st_mode) == 0o600
    head = out.partition("head: ")[2].strip()
    assert head.startswith("6:") and head in content
    code, out, err = audit("export", str(path))
    assert code == 1 and "同じ名前のファイルがあります" in err and path.read_text("utf-8") == content
    code, out, err = audit("export", "-", "--language", "en")
    assert code == 0 and out.startswith(BOM) and "Nothing is wrong (6 records)." in out


def test_export_of_a_broken_log_says_so(audit: Audit, log: AuditFiles, folder: Path, tmp_path: Path) -> None:
    edit(folder)
    code, out, err = audit("export", str(tmp_path / "out.csv"))
    assert code == 1 and "cardbridge audit verify" in err
    assert "書き換えられています" in (tmp_path / "out.csv").read_text("utf-8")


def test_export_into_no_folder(audit: Audit, log: AuditFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = audit("export", str(tmp_path / "file" / "out.csv"))
    assert code == 1 and out == "" and "読み書きできません" in err


def test_a_log_that_cannot_be_read(audit: Audit, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "audit-000000000001.jsonl").symlink_to("/etc/passwd")
    for verb in ("list", "verify"):
        code, _, err = audit(verb)
        assert code == 1 and "読み書きできません" in err and "root:" not in err


def test_no_display(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    code, _, err = audit("show")
    assert code == 1 and "画面がない" in err


@pytest.mark.parametrize(
    "arguments", [(), ("delete",), ("list", "--count", "0"), ("list", "--count", "x"), ("export",)]
)
def test_wrong_usage(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["audit", *arguments])
    assert caught.value.code == cli.WRONG_USAGE


def test_as_a_process_in_a_plain_locale(log: AuditFiles) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "audit", "list"],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0 and "電子署名 3件" in done.stdout
