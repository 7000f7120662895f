"""Files that the authority's side gives out: findings of a check, numbers just issued. Pure."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

from .issuing import Issued
from .qualification import ADDRESS, FORMULA, NAME, NUMBER, Finding

# Some spreadsheets take the full-width signs for a formula's as well (OWASP, CSV injection).
RISKY = (*FORMULA, "＝", "＋", "－", "−", "＠", "\t", "\r")


def findings_csv(findings: Iterable[Finding]) -> bytes:
    """行, 項目, 理由, reason: UTF-8 with a byte order mark and CRLF, as Excel opens it right."""
    rows = [(str(each.row), each.field, each.reason.ja, each.reason.en) for each in findings]
    return _csv(("行", "項目", "理由", "Reason"), rows)


def numbers_csv(issued: Iterable[Issued]) -> bytes:
    """商号又は名称, 所在地, 利用者登録番号, in the same form."""
    return _csv((NAME, ADDRESS, NUMBER), [(each.company, each.address, each.number) for each in issued])


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


def _inert(cell: str) -> str:
    """With an apostrophe in front where a spreadsheet would take a cell for a formula."""
    return f"'{cell}" if cell.startswith(RISKY) else cell
