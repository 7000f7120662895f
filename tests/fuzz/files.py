"""Fuzz targets: certificates of a card, answers of a time-stamping authority, files of this computer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from bridge import config
from bridge.browsers.jsontext import drop, parsed, put
from bridge.core import certificate as x509
from bridge.core.audit_check import Check, Line
from bridge.core.audit_csv import table
from bridge.core.errors import TimeStampFailed
from bridge.core.localtime import local
from bridge.core.order import Form, SignatureOrder
from bridge.managed import preferences
from bridge.managed.registry import ROOT, RegistrySource
from bridge.signatures import timestamp
from bridge.signing import wanted
from tests.unit.browsers.memory import MemoryRegistry

_FILE = Path("/c.toml")
_NOW = datetime(2026, 11, 25, tzinfo=UTC)
DIGEST = hashlib.sha256(b"document").digest()
_CERTIFICATE = b"certificate"
FORMS = (
    Form(format="cades", packaging="detached"),
    Form(format="pades", packaging=None),
    Form(format="xades", packaging="detached"),
    Form(format="xades", packaging="enveloping"),
    Form(format="xades", packaging="enveloped"),
)


def certificate(data: bytes) -> None:
    """Whatever a card calls its certificate has facts or is unreadable."""
    try:
        facts = x509.read.__wrapped__(data)  # without its cache
    except x509.UnreadableCertificate:
        return
    assert facts.der == data and facts.key_bits > 0
    assert x509.chain(facts, (facts, facts)) in ((), (facts,))
    assert facts.obstacle(_NOW) in (None, "expired", "notYetValid")
    local(facts.not_after)


def wanted_signature(data: bytes) -> None:
    """What a signing process wants signed is refused, or holds what the order says; nothing is raised."""
    for form in FORMS:
        if wanted.is_of(order_of(form), data) and form.format != "xades":
            assert hashlib.sha256(_CERTIFICATE).digest() in data
            assert form.format == "pades" or DIGEST in data


def order_of(form: Form) -> SignatureOrder:
    return SignatureOrder(
        form=form,
        name="d.xml",
        media_type="application/xml",
        content=b"",
        digest=DIGEST,
        certificate=_CERTIFICATE,
        chain=(),
        algorithm="RS256",
        signing_time=_NOW,
    )


def time_stamp(data: bytes) -> None:
    """Nobody can sign this request's nonce: no answer may pass."""
    try:
        timestamp.token_of(data, DIGEST, "sha256", 1 << 63)
    except TimeStampFailed:
        return
    raise AssertionError("a time stamp of nothing")


def configuration(data: bytes) -> None:
    """A text is a configuration, or the error names the file and a line that is there."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    try:
        settings = config.parse(text, _FILE)
    except config.ConfigurationError as error:
        assert error.file == _FILE and (error.line is None or 1 <= error.line <= text.count("\n") + 1)
        return
    assert all(site.parsed_origin.is_permissible for site in settings.site)


def policies(data: bytes) -> None:
    """An edit of a browser's policies puts one member in and takes it out, and changes nothing else."""
    try:
        text = data.decode()
        before = parsed(text)
        edited = put(text, ("policies", "Ours", "List"), ["a.jp"])
    except (ValueError, RecursionError):
        return
    after = parsed(edited)
    assert after["policies"]["Ours"]["List"] == ["a.jp"]
    if "policies" in before and "Ours" not in before["policies"]:
        assert parsed(drop(edited, ("policies", "Ours"))) == before


def audit(data: bytes) -> None:
    """Any lines give a report; only what was sealed counts as a record."""
    check = Check()
    lines = data.split(b"\n")
    read = [
        check.read(Line(file="audit.jsonl", number=number, text=line, is_ended=number < len(lines)))
        for number, line in enumerate(lines, start=1)
        if line
    ]
    records = tuple(record for record in read if record is not None)
    report = check.report()
    assert report.records == len(records)
    table(records, report, "ja").encode()


def property_list(data: bytes) -> None:
    """macOS' preferences of any content are tables, or no property list."""
    try:
        preferences.document_of(data, _FILE)
    except ValueError:
        return


def registry(data: bytes) -> None:
    """Windows' policies of any content are tables, or an error that names the entry.

    Each line is a key, a name and a value, with tabs between them.
    """
    given = MemoryRegistry()
    for line in data.decode("utf-8", "replace").split("\n"):
        key, _, rest = line.partition("\t")
        name, _, value = rest.partition("\t")
        given.set(f"{ROOT}\\{key}", name, int(value) if value.isascii() and value.isdecimal() else value)
    source = RegistrySource(given)
    source.unknown()
    try:
        tables = source.tables()
    except ValueError:
        return
    assert set(tables) >= {"site", "driver", "server", "ui"}
