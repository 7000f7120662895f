"""The command line: officials, import, issue-numbers, as the server's administrator runs them."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

import cardbridge_portal
from cardbridge_portal.authority import issue_card
from cardbridge_portal.cli import main
from cardbridge_portal.holder import issuer_sha256, serial_of
from tests.portal.authority.lists import company, csv_of
from tests.portal.authority.official import database_files
from tests.portal.clerk import read_samples
from tests.portal.companies import rows


@dataclass
class Done:
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


Portal = Callable[..., Done]


@pytest.fixture
def portal(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Portal]:
    """Runs `cardbridge-portal VERB …` in this process."""

    def run(verb: str, *options: str | Path, folder: Path = data) -> Done:
        monkeypatch.setattr(
            sys, "argv", ["cardbridge-portal", verb, *map(str, options), "--data", str(folder)]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    before = os.umask(0o022)
    yield run
    os.umask(before)


def test_first_official_is_enrolled_and_withdrawn(data: Path, portal: Portal) -> None:
    card = issue_card(data, "鹿児島市", "契約　係長", curve=True)
    certificate = card.directory / "authentication.crt.pem"
    added = portal("officials", "add", "--certificate", certificate, "--municipality", "462012")
    assert added.returncode == 0 and "契約　係長" in added.stdout
    again = portal("officials", "add", "--certificate", certificate, "--municipality", "462039")
    assert again.returncode == 1 and "登録済み" in again.stderr
    assert portal("officials", "remove", "--id", "3").returncode == 0
    listed = portal("officials", "list", "--municipality", "462012").stdout
    assert "3\t462012\twithdrawn\t契約　係長" in listed and "鹿屋　職夫" not in listed
    kinds = rows(data, "SELECT kind, actor FROM event ORDER BY id DESC LIMIT 2")
    assert kinds == [("officialWithdrawn", "system"), ("officialEnrolled", "system")]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["add"], "--certificate"),
        (["add", "--municipality", "462012", "--certificate", "samples.json"], "電子証明書を読めません"),
        (["add", "--municipality", "462012", "--certificate", "nothing.pem"], "No such file"),
        (["remove", "--id", "999"], "職員がいません"),
        (["remove"], "職員がいません"),
    ],
)
def test_officials_say_what_is_wrong(data: Path, portal: Portal, options: list[str], reason: str) -> None:
    given = [str(data / each) if each.endswith(("json", "pem")) else each for each in options]
    done = portal("officials", *given)
    assert done.returncode == 1 and reason in done.stderr and "Traceback" not in done.stderr


def test_companys_card_cannot_be_an_officials(data: Path, portal: Portal) -> None:
    rows(
        data,
        "INSERT INTO registration (company_id, registered, form, version) VALUES (1, '2026-11-27', '{}', 1)",
    )
    path = Path(read_samples(data)[0]["card"]) / "authentication.crt.pem"
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    rows(
        data,
        "INSERT INTO card (municipality, registration_id, issuer_sha256, serial, state, holder, issuer, "
        "not_after, registered, authentication, signature) "
        "VALUES ('462012', 1, ?, ?, 'active', '', '', '2030-01-01', '2026-11-27', x'', x'')",
        issuer_sha256(certificate),
        serial_of(certificate),
    )
    done = portal("officials", "add", "--certificate", path, "--municipality", "462012")
    assert done.returncode == 1 and "登録済み" in done.stderr


def test_import_checks_first_and_stores_all_or_nothing(data: Path, tmp_path: Path, portal: Portal) -> None:
    file, report = tmp_path / "list.csv", tmp_path / "errors.csv"
    file.write_bytes(csv_of(company(1), company(2, **{"代表者": "髙橋"})))
    wrong = portal("import", file, "--municipality", "462012", "--report", report)
    assert (
        wrong.returncode == 1 and "「髙」（U+9AD9）" in wrong.stdout and "Shift_JIS (Windows)" in wrong.stdout
    )
    assert report.read_bytes().decode("utf-8-sig").splitlines()[1].startswith("3,代表者,1文字目の「髙」")
    file.write_bytes(csv_of(company(1), company(2, **{"利用者登録番号": "24681357"}), encoding="utf-8-sig"))
    checked = portal("import", file, "--municipality", "462012", "--check")
    assert checked.returncode == 0 and rows(data, "SELECT count(*) FROM company") == [(2,)]
    done = portal("import", file, "--municipality", "462012")
    assert done.returncode == 0 and rows(data, "SELECT count(*) FROM company") == [(4,)]
    assert portal("import", file, "--municipality", "462012").returncode == 1
    numbers = tmp_path / "numbers.csv"
    issued = portal("issue-numbers", "--municipality", "462012", "--output", numbers)
    assert issued.returncode == 0 and stat.S_IMODE(numbers.stat().st_mode) == 0o600
    lines = numbers.read_bytes().decode("utf-8-sig").splitlines()
    number = lines[1].rsplit(",", 1)[1]
    assert lines[0] == "商号又は名称,所在地,利用者登録番号" and len(lines) == 2 and len(number) == 8
    for told in (done.stdout, issued.stdout, checked.stdout):
        assert number not in told and "24681357" not in told
    stored = database_files(data)
    assert number.encode() not in stored and b"24681357" not in stored
    again = portal("issue-numbers", "--municipality", "462012", "--output", numbers)
    assert again.returncode == 1 and "ファイルがすでにあります" in again.stderr


def test_numbers_that_cannot_be_written_are_not_issued(data: Path, tmp_path: Path, portal: Portal) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(csv_of(company(1)))
    assert portal("import", file, "--municipality", "462012").returncode == 0
    nowhere = tmp_path / "missing" / "numbers.csv"
    done = portal("issue-numbers", "--municipality", "462012", "--output", nowhere)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert rows(data, "SELECT count(*) FROM company WHERE number_mac IS NULL") == [(1,)]


def test_sample_list_is_a_list(data: Path, portal: Portal) -> None:
    sample = Path(cardbridge_portal.__file__).parent / "static" / "sample-list.csv"
    done = portal("import", sample, "--municipality", "462012", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_data_folder_is_a_sentence(tmp_path: Path, portal: Portal) -> None:
    done = portal("officials", "list", folder=tmp_path / "nothing")
    assert done.returncode == 1 and "データのフォルダーがありません" in done.stderr
