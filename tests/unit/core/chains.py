"""Entries and whole chains of the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.core.audit import (
    START,
    AuditEntry,
    AuditRecord,
    Documents,
    Head,
    UsedCertificate,
    encode,
    seal,
)
from bridge.core.audit_check import Check, Line, Report

CERTIFICATE = UsedCertificate(
    common_name="見本　太郎", issuer="カードブリッジ実演用認証局", thumbprint="ab" * 32
)
DOCUMENTS = Documents(count=3, size_bytes=48211, media_types=("application/pdf", "application/xml"))
ENTRIES = (
    AuditEntry(
        time="2026-11-27T00:00:00.000Z",
        what="authenticate",
        result="ok",
        origin="https://ebid.example.jp",
        method="auth.getToken",
        certificate=CERTIFICATE,
    ),
    AuditEntry(
        time="2026-11-27T00:01:00.250Z",
        what="sign",
        result="cardRemoved",
        origin="https://ebid.example.jp",
        method="sign.documents",
        certificate=CERTIFICATE,
        documents=DOCUMENTS,
    ),
    AuditEntry(
        time="2026-11-27T00:02:00.000Z",
        what="refused",
        result="originNotPermitted",
        origin="https://evil.example",
        skipped=7,
    ),
)


def chain(count: int, entries: Sequence[AuditEntry] = ENTRIES) -> list[AuditRecord]:
    """So many records in a row."""
    records: list[AuditRecord] = []
    for number in range(count):
        after = records[-1].head if records else START
        records.append(seal(entries[number % len(entries)], after))
    return records


def text(records: Iterable[AuditRecord]) -> bytes:
    """As they stand in a file."""
    return b"".join(encode(record) + b"\n" for record in records)


def checked(content: bytes, head: Head | None = None) -> Report:
    """The report on a file."""
    check = Check(head)
    for number, piece in enumerate(_split(content), 1):
        line = piece.removesuffix(b"\n")
        check.read(Line(file="audit", number=number, text=line, is_ended=line != piece))
    return check.report()


def _split(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
