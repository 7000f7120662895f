"""CSV as Excel writes it: encoding told by the header, rows with the numbers that Excel shows. Pure.

Shift_JIS here is what Windows means by it (code page 932). A file is accepted in the one encoding in which
it decodes without an error and its first row names the columns that are wanted; nothing else is guessed.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..text import Text

MAX_BYTES = 8 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 64
MAX_FIELD = 1_000
ENCODINGS = {"utf-8-sig": "UTF-8 (BOM)", "utf-8": "UTF-8", "cp932": "Shift_JIS (Windows)"}
RESAVE = Text(
    "Excelで「CSV（コンマ区切り）」または「CSV UTF-8（コンマ区切り）」を選んで保存し直してください。",
    "Save it again as CSV or CSV UTF-8.",
)
MIXED = Text(
    "この行だけ文字コードがUTF-8のようです。ファイル全体を1つの文字コードで保存し直してください。",
    "This row seems to be UTF-8, the others are Shift_JIS. Save the whole file in one encoding.",
)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class FileRefused(ValueError):
    """The file as a whole cannot be read; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record; `number` is its row as Excel counts (the header is 1), `cells` by column name.

    `wrong` is what is wrong with the row as such; then `cells` is empty.
    """

    number: int
    cells: dict[str, str]
    wrong: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file that was read: its encoding's name for a person, rows, and the columns left out."""

    encoding: str
    rows: tuple[Row, ...]
    ignored: tuple[str, ...] = ()


def read_table(content: bytes, required: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """Read a CSV file that has the columns `required`, and may have `optional` and others.

    Raises:
        FileRefused: empty, too large, another encoding or format, columns missing or twice.
    """
    _refuse_binary(content)
    codec, header, records = _decoded(content, required)
    known = {*required, *optional}
    columns = [name if name in known else "" for name in header]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileRefused(
            Text(f"同じ列が2つあります：{'、'.join(twice)}。", f"Columns given twice: {', '.join(twice)}.")
        )
    rows = tuple(_rows(records, columns, codec))
    if not rows:
        raise FileRefused(Text("データの行がありません。", "The file has a header, but no rows."))
    ignored = tuple(name[:40] for name in header if name and name not in known)
    return Table(encoding=ENCODINGS[codec], rows=rows, ignored=ignored)


def _refuse_binary(content: bytes) -> None:
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise FileRefused(Text("ファイルが空です。", "The file is empty."))
    if len(content) > MAX_BYTES:
        megabytes = MAX_BYTES // 1024**2
        raise FileRefused(
            Text(
                f"ファイルが大きすぎます（{megabytes}MBまで）。分けて取り込んでください。",
                f"The file is larger than {megabytes} MB. Split it.",
            )
        )
    if content.startswith(UTF_16):
        raise FileRefused(Text(f"文字コードがUTF-16です。{RESAVE.ja}", f"The file is UTF-16. {RESAVE.en}"))
    if content.startswith(b"PK\x03\x04"):
        raise FileRefused(
            Text(
                f"CSVではなく、Excelブックなどのファイルです。{RESAVE.ja}",
                f"This is an Excel workbook or another archive, not CSV. {RESAVE.en}",
            )
        )
    if b"\0" in content:
        raise FileRefused(
            Text(
                f"文字ではないデータ（NUL）が含まれています。CSVファイルか確かめてください。{RESAVE.ja}",
                "The file holds NUL octets: it is no CSV text.",
            )
        )


def _decoded(content: bytes, required: Sequence[str]) -> tuple[str, list[str], Iterator[list[str]]]:
    """The codec, the header's names and the records below it."""
    candidates = ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp932")
    missing, broken = list(required), Text("", "")
    familiar = content.isascii()
    for codec in candidates:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            name = ENCODINGS[codec]
            broken = Text(
                f"{broken.ja}{name}としては{line}行目が読めません。",
                f"{broken.en}As {name}, line {line} cannot be read. ",
            )
            continue
        records = _records(text)
        header = [name.strip() for name in next(records, [])]
        missing = [name for name in required if name not in header]
        if not missing:
            return codec, header, records
        familiar = familiar or any(name in "".join(header) for name in required)
        if familiar:
            break
    if not familiar:
        raise FileRefused(
            Text(
                f"文字コードを判定できません。{broken.ja}{RESAVE.ja}",
                f"The encoding is neither UTF-8 nor Shift_JIS. {broken.en}{RESAVE.en}",
            )
        )
    raise FileRefused(
        Text(
            f"1行目（見出し）に次の列がありません：{'、'.join(missing)}。列の区切りはコンマ（,）です。",
            f"The first row lacks these columns: {', '.join(missing)}. Columns are separated by commas.",
        )
    )


def _records(text: str) -> Iterator[list[str]]:
    """The records of RFC 4180 with CRLF, LF or CR.

    Raises:
        FileRefused: a quotation mark that is not closed, a field without end, too many columns.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        began = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise FileRefused(
                Text(
                    f'{began}行目から先を読めません。「"」の数が合わないか、項目が長すぎます。',
                    f"Line {began}: an unclosed quotation mark, or a field too long.",
                )
            ) from None
        if len(record) > MAX_COLUMNS:
            raise FileRefused(
                Text(
                    f"{began}行目の列が多すぎます（{MAX_COLUMNS}列まで）。",
                    f"Line {began} has more than {MAX_COLUMNS} columns.",
                )
            )
        yield record


def _rows(records: Iterator[list[str]], columns: list[str], codec: str) -> Iterator[Row]:
    given = 0
    for number, record in enumerate(records, 2):
        if not any(cell.strip() for cell in record):
            continue
        given += 1
        if given > MAX_ROWS:
            raise FileRefused(
                Text(
                    f"行が多すぎます（{MAX_ROWS:,}行まで）。分けて取り込んでください。",
                    f"More than {MAX_ROWS:,} rows. Split the file.",
                )
            )
        wrong = None
        if len(record) != len(columns):
            wrong = Text(
                f"列の数が見出しと違います（見出し{len(columns)}列、この行{len(record)}列）。",
                f"The header has {len(columns)} columns, this row {len(record)}.",
            )
        elif codec == "cp932" and any(map(_was_utf8, record)):
            wrong = MIXED
        cells = dict(zip(columns, record, strict=False)) if wrong is None else {}
        cells.pop("", None)
        yield Row(number=number, cells=cells, wrong=wrong)


def _was_utf8(cell: str) -> bool:
    """Whether a cell that was read as Shift_JIS is UTF-8 pasted from another file.

    Real Shift_JIS text is not valid UTF-8: its kana and common kanji begin with octets that cannot begin
    a character there. Pairs of half-width kana are; those are refused by name later.
    """
    if cell.isascii():
        return False
    try:
        text = cell.encode("cp932").decode("utf-8")
    except UnicodeError:
        return False
    return any(ord(character) >= 0x800 for character in text)
