"""The audit log's records and their hash chain (pure; `bridge.audit` keeps them in files).

A record is one line: its canonical JSON (RFC 8785: members sorted, no white space, UTF-8) and a newline.
`hash` is SHA-256, in lowercase hex, of the canonical JSON without the member `hash`; `previous` is the
`hash` of the record before, 64 zeros for the first. `sequence` counts from 1, and over `lost` records.

What a record never holds, and why:

- PINs: nobody but the window and the worker has them.
- Names of documents and media types as the page wrote them: a portal may put a registration number or a
  person's name there. Of a document there are size and a media type from a closed list (`Documents`).
- Digests of documents: a form is short enough to be guessed from its digest.
- The contact (担当者), the request's own words, the error's details.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from bridge.core.certificate import CertificateFacts
from bridge.core.decoding import json_decoder
from bridge.core.document import SignerDocument, is_json, is_xml
from bridge.core.origin import THE_USER, Origin

What = Literal[
    "authenticate",
    "verifyPin",
    "changePin",
    "unblockPin",
    "sign",
    "signHash",
    "chooseAuthentication",
    "chooseSignature",
    "refused",
    "siteAllowed",
    "siteChanged",
    "siteRemoved",
    "driversChanged",
]
OK = "ok"
WITHDRAWN = "withdrawn"
"""The page took its request back, or was closed."""
OTHER_TYPE = "other"
_PLAIN_TYPES = ("application/pdf", "application/zip", "image/jpeg", "image/png", "text/plain")
_LONGEST_ORIGIN = 300
_LONGEST_NAME = 200
_HEAD = re.compile(r"(?:(?P<sequence>[0-9]{1,12}):)?(?P<hash>[0-9a-fA-F]{64})")

Count = Annotated[int, msgspec.Meta(ge=0)]
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True
):
    pass


class UsedCertificate(_Part, frozen=True, kw_only=True):
    """The certificate that an operation was about; `thumbprint` is SHA-256 of its DER, lowercase hex."""

    common_name: str
    issuer: str
    thumbprint: str


class Documents(_Part, frozen=True, kw_only=True):
    """How many documents, their size in all, and their media types: from a closed list, else `other`."""

    count: Count
    size_bytes: Count
    media_types: tuple[str, ...]


class AuditEntry(_Part, frozen=True, kw_only=True):
    """What happened, before it has its place in the chain.

    Args:
        time: when it ended; RFC 3339 in UTC, with milliseconds.
        origin: the site's; empty where it was no site (see `origin_text`).
        method: of the contract; empty where no method was called.
        result: `ok`, `withdrawn`, or the reason of the contract's error.
        skipped: as many before this one were not recorded, because there were too many (`core.throttle`).
    """

    time: str
    what: What
    result: str
    origin: str = ""
    method: str = ""
    certificate: UsedCertificate | None = None
    documents: Documents | None = None
    skipped: Count = 0


class AuditRecord(AuditEntry, frozen=True, kw_only=True):
    """An entry in its place in the chain.

    Args:
        lost: as many before this one could not be written (a full disk); they have used up their numbers.
        torn: before this line stand as many bytes, without newlines, of lines not written to their end.
        pruned: files with the records before this number were removed, because the log was full.
    """

    version: Literal[1]
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    previous: Hash
    lost: Count = 0
    torn: Count = 0
    pruned: Count = 0
    hash: str = ""

    @property
    def head(self) -> Head:
        return Head(sequence=self.sequence, hash=self.hash)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last record of a chain; who has written it down can tell later whether the chain was cut off."""

    sequence: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """What `str` gives, or the hash alone: the sequence is 0 then.

        Raises:
            ValueError
        """
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise ValueError("not the head of an audit log")
        return cls(sequence=int(match["sequence"] or 0), hash=match["hash"].lower())

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


START = Head(sequence=0, hash="0" * 64)
"""What the first record follows."""


class BrokenRecord(ValueError):
    """The line is no record; `is_edited`: it has the form of one, but not its hash."""

    def __init__(self, *, is_edited: bool, sequence: int = 0) -> None:
        super().__init__("the record was edited" if is_edited else "the line is no record")
        self.is_edited = is_edited
        self.sequence = sequence


_record = json_decoder(AuditRecord)


def seal(entry: AuditEntry, after: Head, *, lost: int = 0, torn: int = 0, pruned: int = 0) -> AuditRecord:
    """`entry` in its place behind `after`."""
    values = {name: getattr(entry, name) for name in AuditEntry.__struct_fields__}
    record = AuditRecord(
        **values,
        version=1,
        sequence=after.sequence + lost + 1,
        previous=after.hash,
        lost=lost,
        torn=torn,
        pruned=pruned,
    )
    return msgspec.structs.replace(record, hash=_hash(record))


def encode(record: AuditRecord) -> bytes:
    """The record's line, without its newline."""
    return msgspec.json.encode(record, order="sorted")


def decode(line: bytes) -> AuditRecord:
    """The record of a line, without its newline.

    Raises:
        BrokenRecord: any byte of it is not as it was written.
    """
    try:
        record: AuditRecord = _record(line)
    except msgspec.DecodeError:
        raise BrokenRecord(is_edited=False) from None
    if record.hash != _hash(record) or encode(record) != line:
        raise BrokenRecord(is_edited=True, sequence=record.sequence)
    return record


def _hash(record: AuditRecord) -> str:
    return hashlib.sha256(encode(msgspec.structs.replace(record, hash=""))).hexdigest()


def utc_text(time: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds. `time` is aware, in UTC."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


def origin_text(origin: Origin | None) -> str:
    """A site as the log names it. What is no web origin, or longer than one can be, is not written down:
    it would be the peer's own text. What the user does at this computer has no site."""
    text = "" if origin is None or origin == THE_USER else str(origin)
    return text if len(text) <= _LONGEST_ORIGIN else ""


def certificate_of(facts: CertificateFacts) -> UsedCertificate:
    return UsedCertificate(
        common_name=_text(facts.subject.get("commonName", "")),
        issuer=_text(facts.issuer_name),
        thumbprint=facts.thumbprint,
    )


def documents_of(documents: Sequence[SignerDocument]) -> Documents | None:
    if not documents:
        return None
    kinds = {_known_type(document.media_type) for document in documents}
    sizes = [document.size_bytes for document in documents]
    return Documents(count=len(sizes), size_bytes=sum(sizes), media_types=tuple(sorted(kinds)))


def _known_type(media_type: str) -> str:
    if is_json(media_type):
        return "application/json"
    if is_xml(media_type):
        return "application/xml"
    return media_type if media_type in _PLAIN_TYPES else OTHER_TYPE


def _text(text: str) -> str:
    """What a file can hold: UTF-8 has no lone surrogates, and no name is longer than a page of them."""
    return text[:_LONGEST_NAME].encode("utf-8", "replace").decode()
