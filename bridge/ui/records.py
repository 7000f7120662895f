"""The audit log's records as the window shows them: lines of a table, and all of one record (no Tk here)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bridge.core import audit_words
from bridge.core.audit import OK, AuditRecord
from bridge.core.audit_csv import local_text
from bridge.core.language import Language
from bridge.core.sentences import SENTENCES
from bridge.ui.characters import line, origin_line
from bridge.ui.texts import Texts

Choice = Literal["all", "done", "undone"]
COLUMNS = ("time", "site", "what", "result", "certificate")


def matching(records: tuple[AuditRecord, ...], choice: Choice) -> list[AuditRecord]:
    """Those to be listed, the newest first."""
    return [
        record
        for record in reversed(records)
        if choice == "all" or (record.result == OK) == (choice == "done")
    ]


def cells(record: AuditRecord, language: Language) -> tuple[str, ...]:
    """A line of the table, in the order of `COLUMNS`; nothing in it hides or reorders anything."""
    certificate = record.certificate
    return (
        local_text(line(record.time)),
        origin_line(record.origin) or "－",
        audit_words.deed(record, language),
        line(audit_words.outcome(record, language)),
        "" if certificate is None else line(certificate.common_name),
    )


def details(record: AuditRecord, language: Language) -> list[tuple[str, str]]:
    """Names and values: all that the record holds, in words."""
    texts = Texts(language)
    time, site, what, result, _ = cells(record, language)
    sentence = SENTENCES[language].get(record.result, "")
    if record.what == "refused":
        sentence = texts("activity_refused")
    rows = [
        (texts("activity_time"), time),
        (texts("activity_site"), site if record.origin else texts("activity_no_site")),
        (texts("activity_what"), what),
        (
            texts("activity_result"),
            f"{result}　{sentence}".strip() if language == "ja" else _joined(result, sentence),
        ),
    ]
    if record.documents is not None:
        size = texts("bytes", size=record.documents.size_bytes)
        rows.append(
            (texts("activity_documents"), f"{size}  {', '.join(map(line, record.documents.media_types))}")
        )
    if record.certificate is not None:
        rows += [
            (texts("activity_certificate"), line(record.certificate.common_name)),
            (texts("issuer"), line(record.certificate.issuer)),
            (texts("activity_thumbprint"), line(record.certificate.thumbprint)),
        ]
    return rows


def _joined(result: str, sentence: str) -> str:
    return f"{result}. {sentence}" if sentence else result


def shortened(text: str, width: int, measure: Callable[[str], int], *, keeps_end: bool = False) -> str:
    """`text` in `width`, with an ellipsis for what is left out; of a site the end is what counts."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        kept = f"…{text[-middle:]}" if keeps_end else f"{text[:middle]}…"
        low, high = (middle, high) if measure(kept) <= width else (low, middle - 1)
    if low == 0:
        return "…"
    return f"…{text[-low:]}" if keeps_end else f"{text[:low]}…"
