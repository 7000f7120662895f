"""資格審査情報 as a CSV list: its columns and their rules. Pure; IMPORT.md describes it for officials."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ..characters import map_windows, offences
from ..check_digits import has_check_digit
from ..form import EMAIL
from ..municipalities import Municipality
from ..numbers import is_number
from ..text import Text
from .csvfile import MAX_FIELD, Row

CODE, NUMBER, NAME = "自治体コード", "利用者登録番号", "商号又は名称"
REPRESENTATIVE, ADDRESS = "代表者", "所在地"
READING, MAIL = "よみがな", "代表窓口メールアドレス"
REQUIRED = (CODE, NUMBER, NAME, REPRESENTATIVE, ADDRESS)
OPTIONAL = (READING, MAIL)
COLUMNS = (CODE, NUMBER, NAME, READING, REPRESENTATIVE, ADDRESS, MAIL)
LIMITS = {NAME: 120, REPRESENTATIVE: 120, ADDRESS: 240, READING: 120, MAIL: 100}
READINGS = re.compile(r"[ぁ-ゖァ-ヺーゝゞヽヾ・　 ]*")
HIRAGANA = {ord(" "): None, ord("\u3000"): None} | {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
# A spreadsheet takes what begins so for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is refused: `row` as Excel counts, `field` the column's name ('' for the row as such)."""

    row: int
    field: str
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A company as the list has it; `number` is '' where one is to be issued."""

    row: int
    number: str
    name: str
    reading: str
    representative: str
    address: str
    mail: str

    @property
    def identity(self) -> str:
        """Equal for one company written twice: width, case and spaces do not count."""
        return identity(self.name, self.address)


def identity(name: str, address: str) -> str:
    """What makes two entries the same company: 商号又は名称 and 所在地, whatever their width."""
    text = unicodedata.normalize("NFKC", f"{name}\n{address}".replace("\u2212", "-"))
    return "".join(text.casefold().split(" "))


def hiragana(text: str) -> str:
    """Full-width katakana as hiragana, spaces left out: how a reading is kept and looked for."""
    return text.translate(HIRAGANA)


def read_entries(rows: tuple[Row, ...], municipality: Municipality) -> tuple[list[Entry], list[Finding]]:
    """The entries that are right by themselves, and what is wrong with the others, in the rows' order."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    for row in rows:
        refused = list(_refused(row, municipality))
        findings += refused
        if not refused:
            entries.append(_entry(row))
    findings += _duplicates(entries)
    return entries, sorted(findings, key=lambda finding: finding.row)


def _entry(row: Row) -> Entry:
    value = {column: _cell(row, column) for column in COLUMNS}
    return Entry(
        row=row.number,
        number=value[NUMBER],
        name=value[NAME],
        reading=hiragana(value[READING]),
        representative=value[REPRESENTATIVE],
        address=value[ADDRESS],
        mail=value[MAIL],
    )


def _cell(row: Row, column: str) -> str:
    return map_windows(row.cells.get(column, "")).strip(" \u3000")


def _refused(row: Row, municipality: Municipality) -> Iterator[Finding]:
    if row.wrong is not None:
        yield Finding(row=row.number, field="", reason=row.wrong)
        return
    for column in COLUMNS:
        value = _cell(row, column)
        wrong = _wrong_text(column, value) or _wrong_value(column, value, municipality)
        if wrong:
            yield Finding(row=row.number, field=column, reason=wrong)


def _wrong_text(column: str, value: str) -> Text | None:
    """Rules of every column: there, not too long, no formula, JIS X 0201 and X 0208 only."""
    if not value:
        if column in {CODE, NAME, REPRESENTATIVE, ADDRESS}:
            return Text("空欄です。入力してください。", "Empty, but required.")
        return None
    limit = LIMITS.get(column, MAX_FIELD)
    if len(value) > limit:
        return Text(
            f"{limit}文字以内にしてください（現在{len(value)}文字）。",
            f"At most {limit} characters, not {len(value)}.",
        )
    if value.startswith(FORMULA):
        return Text(
            f"「{value[0]}」で始まる値は、表計算ソフトの数式になるため取り込めません。",
            f"Begins with {value[0]}: a spreadsheet would take it for a formula.",
        )
    refused = offences(value)
    if refused:
        return refused[0].message
    if "?" in value and column in {NAME, REPRESENTATIVE, ADDRESS, READING}:
        return Text(
            "「?」があります。保存したときに、元の文字が「?」に置き換わっていないか確かめてください。",
            "A question mark: perhaps it stands for a character that was lost when saving.",
        )
    return None


def _wrong_value(column: str, value: str, municipality: Municipality) -> Text | None:
    if column == CODE and value != municipality.code:
        return Text(
            f"{municipality.name}の自治体コードは{municipality.code}です。",
            f"The code of this municipality is {municipality.code}.",
        )
    if column == NUMBER and value:
        return _wrong_number(value, municipality)
    if column == READING and not READINGS.fullmatch(value):
        return Text("ひらがなまたは全角カタカナで入力してください。", "Hiragana or full-width katakana only.")
    if column == MAIL and value and not EMAIL.fullmatch(value):
        return Text("メールアドレスの形ではありません（半角）。", "Not a mail address (half-width).")
    return None


def _wrong_number(value: str, municipality: Municipality) -> Text | None:
    """Never quotes the number."""
    length = municipality.number_length
    if not is_number(value, length):
        zeros = (
            "先頭の0がExcelで消えていないか確かめてください。" if value.isascii() and value.isdigit() else ""
        )
        return Text(f"半角数字{length}桁ではありません。{zeros}", f"Not {length} half-width digits.")
    if not has_check_digit(value, municipality.number_check):
        return Text("検査数字（最後の1桁）が合いません。", "The check digit (the last one) is wrong.")
    return None


def _duplicates(entries: list[Entry]) -> Iterator[Finding]:
    numbers: dict[str, int] = {}
    companies: dict[str, int] = {}
    for entry in entries:
        first = numbers.setdefault(entry.number, entry.row) if entry.number else entry.row
        if first != entry.row:
            yield Finding(
                row=entry.row,
                field=NUMBER,
                reason=Text(f"{first}行目と同じ番号です。", f"The same number as in row {first}."),
            )
        first = companies.setdefault(entry.identity, entry.row)
        if first != entry.row:
            yield Finding(
                row=entry.row,
                field=NAME,
                reason=Text(
                    f"{first}行目と同じ会社です（商号又は名称と所在地が同じ）。",
                    f"The same company as in row {first} (name and address).",
                ),
            )
