"""The audit log in words: nothing is missing in either language; and the CSV, which does nothing in Excel."""

from __future__ import annotations

import csv
import io
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.core.audit import START, AuditEntry, seal
from bridge.core.audit_check import Fault, Finding, Remark
from bridge.core.audit_csv import BOM, cell, table
from bridge.core.audit_words import FOUND, deed, finding, outcome, summary
from bridge.core.language import Language
from tests.unit.core.chains import CERTIFICATE, ENTRIES, chain, checked, text
from tests.unit.fuzz import quick

LANGUAGES: tuple[Language, ...] = ("ja", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_a_sentence(language: Language) -> None:
    for kind in (*get_args(Fault), *get_args(Remark)):
        said = finding(Finding(kind=kind, file="audit", line=3, sequence=12, count=5), language)
        assert "{" not in said and "audit" in said


def test_deeds() -> None:
    records = chain(3)
    assert [deed(record, "ja") for record in records] == [
        "ログイン（本人の確認）",
        "電子署名 3件",
        "許可していないサイトの接続",
    ]
    assert deed(records[1], "en") == "Signatures: 3"
    assert outcome(records[1], "ja") == "カードが抜かれた"
    assert outcome(replace(records[1], result="ofANewerVersion"), "ja") == "ofANewerVersion"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_limits_are_said_in_every_report(language: Language) -> None:
    for content in (text(chain(3)), text(chain(3)[1:])):
        assert FOUND[language]["limits"] in summary(checked(content), language)


def test_a_report_in_words() -> None:
    records = chain(6)
    whole = summary(checked(text(records), records[-1].head), "ja")
    assert whole[0] == "異常はありません（6件）。" and any(str(records[-1].head) in each for each in whole)
    assert FOUND["ja"]["head_found"] in whole
    broken = summary(checked(text([*records[:2], *records[4:]])), "ja")
    assert broken[0].startswith("異常があります（1か所）。") and "2件の記録がなくなっています" in broken[1]
    assert summary(checked(b""), "ja") == ["記録はまだありません。"]
    assert len(summary(checked(b"x\n" * 1000), "ja")) < 50


def parsed(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.removeprefix(BOM), newline="")))


def test_the_table_is_csv_with_the_head() -> None:
    records = chain(3)
    content = table(records, checked(text(records)), "ja")
    assert content.encode().startswith(b"\xef\xbb\xbf") and "\n" not in content.replace("\r\n", "")
    heading, *rows = parsed(content)
    assert len(heading) == 16 and heading[0] == "番号"
    assert rows[1][4] == "電子署名 3件" and rows[1][7] == "48211" and rows[1][-1] == records[1].hash
    assert all(len(row) == len(heading) for row in rows[:3])
    assert any(str(records[-1].head) in row[0] for row in rows[3:] if row)


HOSTILE = (
    '=HYPERLINK("http://evil.example","x")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1",
    " =1", "　=1", "＝1", "＋1", "＠x", "|x", "%x", "'=1", "\u202e=1",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_no_formula(name: str) -> None:
    certificate = replace(CERTIFICATE, common_name=name, issuer=name)
    records = [seal(replace(ENTRIES[0], certificate=certificate), START)]
    row = parsed(table(records, checked(text(records)), "ja"))[1]
    for value in row[9:11]:
        assert value[0] in "'⟦" and len(row) == 16


@quick
@given(st.builds(str.__add__, st.sampled_from(("", "=", "+", "－", " =", *HOSTILE)), st.text()))
def test_no_cell_begins_a_formula_or_breaks_out(content: str) -> None:
    (row,) = parsed(f"{cell(content)},{cell('x')}\r\n")
    assert len(row) == 2 and row[1] == "x"
    assert row[0].strip(" 　")[:1] not in tuple("=+-@|%＝＋－＠\t\r\n")


def test_a_plain_cell_is_as_it_was() -> None:
    assert cell("見本　太郎") == '"見本　太郎"'
    assert cell('a"b') == '"a""b"'
    entry = AuditEntry(time="x", what="sign", result="ok")
    assert parsed(table([seal(entry, START)], checked(b""), "en"))[1][1] == "x"
