"""The audit log's records: what they hold, how they are written, and that anybody can check the chain."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import certificate as x509
from bridge.core.audit import (
    START,
    AuditEntry,
    BrokenRecord,
    Head,
    certificate_of,
    decode,
    documents_of,
    encode,
    origin_text,
    seal,
    utc_text,
)
from bridge.core.document import SignerDocument
from bridge.core.origin import Origin
from tests.unit.certificates import certificate
from tests.unit.core.chains import ENTRIES, chain
from tests.unit.fuzz import quick

NUMBER = "46201-0012345"


def by_hand(line: bytes, previous: str) -> str:
    """The check as the documentation says it, without a line of ours: the record's hash."""
    record: dict[str, Any] = json.loads(line)
    claimed = record.pop("hash")
    assert record["previous"] == previous
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(canonical).hexdigest() == claimed
    return str(claimed)


def test_anybody_can_check_the_chain() -> None:
    previous = "0" * 64
    for record in chain(12):
        previous = by_hand(encode(record), previous)


@quick
@given(st.text(max_size=40), st.integers(0, 2**53))
def test_anybody_can_check_any_text(name: str, skipped: int) -> None:
    entry = AuditEntry(time="", what="sign", result=name, origin=name, method=name, skipped=skipped)
    record = seal(entry, START)
    by_hand(encode(record), "0" * 64)
    assert decode(encode(record)) == record


def test_a_record_is_one_line_and_knows_its_place() -> None:
    first, second = chain(2)
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous == first.hash != START.hash
    assert b"\n" not in encode(second)
    assert decode(encode(second)) == second
    names = "version sequence time what result origin method certificate previous hash"
    assert json.loads(encode(first)).keys() == set(names.split())


def test_lost_entries_use_up_their_numbers() -> None:
    assert seal(ENTRIES[0], chain(2)[-1].head, lost=3).sequence == 6


@quick
@given(st.data())
def test_any_other_byte_is_no_record(data: st.DataObject) -> None:
    line = encode(chain(3)[-1])
    place = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    with pytest.raises(BrokenRecord):
        decode(line[:place] + bytes([byte]) + line[place + 1 :])


@pytest.mark.parametrize("change", ["space", "order", "unknown", "twice", "escape", "type", "number"])
def test_the_same_in_other_words_is_no_record(change: str) -> None:
    line = encode(chain(1)[0])
    fields = json.loads(line)
    other_order = dict(reversed(fields.items()))
    changed = {
        "space": line.replace(b",", b", ", 1),
        "order": json.dumps(other_order, separators=(",", ":"), ensure_ascii=False).encode(),
        "unknown": line[:-1] + b',"zzz":1}',
        "twice": line[:-1] + b',"version":1}',
        "escape": json.dumps(fields, sort_keys=True, separators=(",", ":")).encode(),
        "type": line.replace(b'"sequence":1', b'"sequence":"1"'),
        "number": line.replace(b'"sequence":1', b'"sequence":1.0'),
    }[change]
    assert changed != line
    with pytest.raises(BrokenRecord):
        decode(changed)


def test_a_broken_record_says_whether_it_was_edited() -> None:
    line = encode(chain(2)[-1])
    with pytest.raises(BrokenRecord) as edited:
        decode(line.replace(b"cardRemoved", b"ok"))
    assert edited.value.is_edited and edited.value.sequence == 2
    for torn in (b"", b"{", line[:-1], b"\0" * 100, b"[" * 100_000, b"\xff\xfe"):
        with pytest.raises(BrokenRecord) as unreadable:
            decode(torn)
        assert not unreadable.value.is_edited


def test_time_is_utc_with_milliseconds() -> None:
    assert utc_text(datetime(2026, 11, 27, 1, 2, 3, 4999, UTC)) == "2026-11-27T01:02:03.004Z"


def test_a_head_is_kept_as_text() -> None:
    head = chain(3)[-1].head
    assert Head.parse(str(head)) == Head.parse(f"  {str(head).upper()}\n") == head
    assert Head.parse(head.hash) == Head(sequence=0, hash=head.hash)
    for wrong in ("", "3:", head.hash[1:], f"{head.hash}0", f"x:{head.hash}", "٣:" + head.hash):
        with pytest.raises(ValueError, match="head"):
            Head.parse(wrong)


def document(name: str, media_type: str, content: bytes = b"x") -> SignerDocument:
    return SignerDocument(name=name, media_type=media_type, content=content)


@pytest.mark.parametrize(
    ("media_type", "kept"),
    [
        ("application/pdf", "application/pdf"),
        ("text/plain", "text/plain"),
        ("text/xml", "application/xml"),
        (f"application/vnd.{NUMBER}+xml", "application/xml"),
        (f"application/{NUMBER}+json", "application/json"),
        (f"text/{NUMBER}", "other"),
        (NUMBER, "other"),
        ("image/png", "image/png"),
    ],
)
def test_of_a_document_there_is_nothing_in_the_pages_own_words(media_type: str, kept: str) -> None:
    written = documents_of([document(f"申請書 {NUMBER}.xml", media_type, f"番号 {NUMBER}".encode())])
    assert written is not None and written.media_types == (kept,)
    entry = AuditEntry(time="", what="sign", result="ok", documents=written)
    assert NUMBER.encode() not in encode(seal(entry, START))


def test_documents_are_counted() -> None:
    written = documents_of([document("a", "text/plain", b"abc"), document("b", "application/pdf", b"de")])
    assert written is not None
    assert (written.count, written.size_bytes) == (2, 5)
    assert written.media_types == ("application/pdf", "text/plain")
    assert documents_of([]) is None


def test_a_certificate_is_named_and_no_more() -> None:
    facts = x509.read(certificate())
    written = certificate_of(facts)
    assert written.common_name == facts.subject["commonName"] and written.thumbprint == facts.thumbprint
    assert written.issuer == facts.issuer_name


@pytest.mark.parametrize(
    ("origin", "written"),
    [
        (None, ""),
        (Origin.parse("https://Ebid.example.jp:443"), "https://ebid.example.jp"),
        (Origin.parse("https://" + "a" * 5000 + ".example"), ""),
    ],
)
def test_only_web_origins_are_written(origin: Origin | None, written: str) -> None:
    assert origin_text(origin) == written
