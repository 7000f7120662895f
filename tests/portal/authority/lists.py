"""Qualification lists for the tests, as an official's Excel would write them."""

from collections.abc import Sequence

from cardbridge_portal.procuring.qualification import COLUMNS

COMPANY = (
    "462012",
    "",
    "株式会社南国建設",
    "なんごくけんせつ",
    "南国　一郎",
    "鹿児島県鹿児島市一番町１－２",
    "",
)


def company(index: int, **changes: str) -> tuple[str, ...]:
    """A row of its own for each `index`; `changes` by the column's name."""
    row = list(COMPANY)
    row[2], row[5] = f"株式会社見本{index}号", f"鹿児島県鹿児島市見本町{index}"
    for column, value in changes.items():
        row[COLUMNS.index(column)] = value
    return tuple(row)


def csv_of(*rows: Sequence[str], header: Sequence[str] = COLUMNS, encoding: str = "cp932") -> bytes:
    """CRLF, a field in quotation marks only where it has to be."""
    return "".join(f"{','.join(map(_field, row))}\r\n" for row in (header, *rows)).encode(encoding)


def _field(value: str) -> str:
    special = any(character in value for character in ',"\r\n')
    return '"' + value.replace('"', '""') + '"' if special else value
