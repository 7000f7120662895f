"""The audit log as CSV (RFC 4180) that Excel opens in Japanese and that does nothing there (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.core import audit_words
from bridge.core.audit import AuditRecord
from bridge.core.audit_check import Report
from bridge.core.language import Language

BOM = "\ufeff"
_FORMULA_STARTS = "=+-@|%＝＋－＠"
HEADINGS: dict[Language, str] = {
    "ja": "番号,日時,日時（UTC）,サイト,操作,結果,書類の数,書類の大きさ（バイト）,書類の種類,"
    "電子証明書の名義,認証局,証明書の拇印（SHA-256）,操作の名前,結果の名前,直前の値,値（head）",
    "en": "Number,Time,Time (UTC),Site,What,Result,Documents,Size (bytes),Media types,"
    "Certificate's holder,Issuer,Thumbprint (SHA-256),Method,Result's name,Previous value,Value (head)",
}


def table(records: Iterable[AuditRecord], report: Report, language: Language) -> str:
    """The whole file with its byte order mark; below the records stands what the check said, and the head."""
    rows = [tuple(HEADINGS[language].split(",")), *(_row(record, language) for record in records), ()]
    rows += [(sentence,) for sentence in audit_words.summary(report, language)]
    return BOM + "".join(",".join(map(cell, row)) + "\r\n" for row in rows)


def cell(text: str) -> str:
    """`text` in quotes. What a spreadsheet would take for a formula becomes text by an apostrophe before it
    (OWASP, "CSV Injection"), and a control character becomes visible."""
    shown = "".join(map(_visible, text))
    if shown.lstrip(" \u3000'").startswith(tuple(_FORMULA_STARTS)):
        shown = f"'{shown}"
    return '"' + shown.replace('"', '""') + '"'


def _visible(character: str) -> str:
    is_plain = character.isprintable() or character == "\u3000"
    return character if is_plain else f"⟦U+{ord(character):04X}⟧"


def local_text(time: str) -> str:
    """A record's time as the clock on the wall shows it, to the second."""
    try:
        return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return time


def _row(record: AuditRecord, language: Language) -> tuple[str, ...]:
    documents, certificate = record.documents, record.certificate
    return (
        str(record.sequence),
        local_text(record.time),
        record.time,
        record.origin,
        audit_words.deed(record, language),
        audit_words.outcome(record, language),
        "" if documents is None else str(documents.count),
        "" if documents is None else str(documents.size_bytes),
        "" if documents is None else " ".join(documents.media_types),
        "" if certificate is None else certificate.common_name,
        "" if certificate is None else certificate.issuer,
        "" if certificate is None else certificate.thumbprint,
        record.method,
        record.result,
        record.previous,
        record.hash,
    )
