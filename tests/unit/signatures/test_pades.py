"""PAdES: pdfsig and pyHanko's validator accept what is good, and refuse what was tampered with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel

from bridge.core.algorithms import ALGORITHMS
from bridge.core.errors import TimeStampFailed
from bridge.core.order import Form
from bridge.signatures.making import make
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import (
    KINDS,
    NOW,
    Hand,
    Identity,
    algorithms_of,
    identity,
    order_of,
    other_identity,
    pades,
)
from tests.unit.signatures.pdfverifiers import pdfsig, pdfsig_accepts, pyhanko_accepts, pyhanko_statuses
from tests.unit.signatures.tsa import OpensslTsa

DOCUMENT = pdfs.plain()
EVERY = [(kind, name) for kind in KINDS for name in algorithms_of(kind)]
LAYOUTS = {
    "table": DOCUMENT,
    "xref stream": pdfs.with_xref_stream(),
    "pages": pdfs.pages(30),
    "10,000 pages": pdfs.pages(10_000),
}


async def signed(
    signer: Identity, algorithm: str, content: bytes = DOCUMENT, form: Form | None = None, *, days: int = 0
) -> bytes:
    order = order_of(
        content,
        signer,
        algorithm,
        form or pades(),
        name="入札書.pdf",
        media_type="application/pdf",
        signing_time=NOW + timedelta(days=days),
    )
    return await make(order, Hand(signer.key, ALGORITHMS[algorithm]), None)


@pytest.mark.parametrize(("kind", "algorithm"), EVERY)
async def test_accepted(tmp_path: Path, kind: str, algorithm: str) -> None:
    signer = identity(kind)
    document = await signed(signer, algorithm)
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(signer, document)
    assert [each.kind for each in pdfsig(tmp_path, document)] == ["ETSI.CAdES.detached"]
    assert document.startswith(DOCUMENT)


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_layouts(tmp_path: Path, layout: str) -> None:
    signer = identity("p256")
    document = await signed(signer, "ES256", LAYOUTS[layout])
    assert document.startswith(LAYOUTS[layout])
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(signer, document)


async def test_attributes() -> None:
    """Baseline B-B, ETSI EN 319 142-1, section 6.3: the time stands in /M, not among the attributes."""
    signer = identity("rsa")
    document = await signed(signer, "RS256")
    (embedded,) = PdfFileReader(BytesIO(document)).embedded_signatures
    assert embedded.self_reported_timestamp == NOW
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    (info,) = embedded.signed_data["signer_infos"]
    names = {each["type"].native for each in info["signed_attrs"]}
    assert names == {"content_type", "message_digest", "signing_certificate_v2"}
    assert {each.chosen.dump() for each in embedded.signed_data["certificates"]} >= {signer.der}


async def test_signed_again_leaves_the_first_signature_whole(tmp_path: Path) -> None:
    """Three people one after the other: every byte stays, and each signature holds."""
    first, second, third = identity("rsa"), other_identity("p256"), identity("p384")
    once = await signed(first, "RS256")
    twice = await signed(second, "ES256", once)
    thrice = await signed(third, "ES384", twice)
    assert thrice.startswith(twice) and twice.startswith(once)
    found = pdfsig(tmp_path, thrice)
    assert [(each.is_valid, each.covers_all) for each in found] == [
        (True, False),
        (True, False),
        (True, True),
    ]
    assert await pyhanko_accepts(first, thrice)
    levels = [status.modification_level for status in await pyhanko_statuses(first, thrice)]
    assert levels[-1] == ModificationLevel.NONE
    assert all(level <= ModificationLevel.FORM_FILLING for level in levels)


async def test_signed_again_with_an_xref_stream(tmp_path: Path) -> None:
    first = await signed(identity("rsa"), "PS256", pdfs.with_xref_stream())
    second = await signed(identity("p521"), "ES512", first)
    assert pdfsig_accepts(tmp_path, second) and len(pdfsig(tmp_path, second)) == 2
    assert await pyhanko_accepts(identity("rsa"), second)


def _flip(document: bytes, at: int) -> bytes:
    changed = bytearray(document)
    changed[at] ^= 1
    return bytes(changed)


def _contents(document: bytes) -> tuple[int, int]:
    """Where the signature's hexadecimal text begins and ends."""
    found = re.search(rb"/Contents <([0-9a-fA-F]+)>", document)
    assert found is not None
    return found.start(1), found.end(1)


def _replace_cms(change: Callable[[cms.ContentInfo], None]) -> Callable[[bytes], bytes]:
    def tamper(document: bytes) -> bytes:
        start, end = _contents(document)
        info = cms.ContentInfo.load(bytes.fromhex(document[start:end].decode()))
        change(info)
        text: bytes = info.dump(force=True).hex().encode()
        return document[:start] + text.ljust(end - start, b"0") + document[end:]

    return tamper


def _flip_signature(info: cms.ContentInfo) -> None:
    signer_info = info["content"]["signer_infos"][0]
    signer_info["signature"] = _flip(signer_info["signature"].native, -1)


def _flip_digest(info: cms.ContentInfo) -> None:
    for attribute in info["content"]["signer_infos"][0]["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"][0] = _flip(attribute["values"][0].native, 0)


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    assert len(old) == len(new)

    def tamper(document: bytes) -> bytes:
        assert old in document
        return document.replace(old, new, 1)

    return tamper


def _revised(document: bytes) -> bytes:
    """A revision after the signature that shows another text, with everything else correct."""
    at = len(document)
    page = b"4 0 obj\n%s\nendobj\n" % pdfs.text_page("Worthless")
    before = re.findall(rb"startxref\s+(\d+)", document)[-1]
    size = max(int(each) for each in re.findall(rb"/Size (\d+)", document))
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Prev %s >>\n" % (size, before)
    table = b"xref\n4 1\n%010d 00000 n \n" % at
    return document + page + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (at + len(page))


def _cut_before_signature(document: bytes) -> bytes:
    return DOCUMENT


def _wider_gap(document: bytes) -> bytes:
    """ByteRange that leaves the page's text out of what is signed."""
    found = re.search(rb"/ByteRange \[0 (\d+) ", document)
    assert found is not None
    old = found.group(1)
    return document.replace(b"[0 " + old, b"[0 " + b"100".rjust(len(old)), 1)


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "page text": _replaced(b"(Bid)", b"(Bit)"),
    "page size": _replaced(b"[0 0 595 842]", b"[0 0 595 100]"),
    "signing time": lambda document: _flip(document, document.rindex(b"/M ") + 16),
    "field name": lambda document: _flip(document, document.rindex(b"/T ") + 16),
    "header": lambda document: _flip(document, 7),
    "last byte but one": lambda document: document[:-4] + b"EOG\n",
    "byte after the signature": lambda document: _flip(document, _contents(document)[1] + 4),
    "signature value": _replace_cms(_flip_signature),
    "message digest": _replace_cms(_flip_digest),
    "byte range": _wider_gap,
    "another text in a later revision": _revised,
    "cut off": _cut_before_signature,
    "appended": lambda document: document + b"\n% a remark\n",
    "truncated": lambda document: document[:-200],
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampering_refused(tmp_path: Path, name: str) -> None:
    signer = identity("rsa")
    document = TAMPERINGS[name](await signed(signer, "RS256"))
    assert not pdfsig_accepts(tmp_path, document)
    assert not await pyhanko_accepts(signer, document)


async def test_written_again_is_still_accepted(tmp_path: Path) -> None:
    """The tampering of the CMS above is refused for what it changes, not for being encoded again."""
    signer = identity("rsa")
    document = _replace_cms(lambda _: None)(await signed(signer, "RS256"))
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(signer, document)


async def test_anothers_key_refused(tmp_path: Path) -> None:
    signer = identity("rsa")
    order = order_of(DOCUMENT, signer, "RS256", pades(), name="a.pdf", media_type="application/pdf")
    document = await make(order, Hand(other_identity("rsa").key, ALGORITHMS["RS256"]), None)
    assert not pdfsig_accepts(tmp_path, document)
    assert not await pyhanko_accepts(signer, document)


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa", "PS512"), ("p256", "ES256")])
async def test_time_stamp(tmp_path: Path, tsa: OpensslTsa, kind: str, algorithm: str) -> None:
    """Level B-T: both accept, pyHanko trusts the time stamp, openssl finds it over the signature value."""
    signer = identity(kind)
    order = order_of(DOCUMENT, signer, algorithm, pades("B-T"), name="a.pdf", media_type="application/pdf")
    document = await make(order, Hand(signer.key, ALGORITHMS[algorithm]), tsa.ask)
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(signer, document)
    (status,) = await pyhanko_statuses(signer, document)
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.intact and status.timestamp_validity.valid
    assert status.timestamp_validity.trusted
    (embedded,) = PdfFileReader(BytesIO(document)).embedded_signatures
    (info,) = embedded.signed_data["signer_infos"]
    (attribute,) = info["unsigned_attrs"]
    assert tsa.accepts(attribute["values"][0].dump(), info["signature"].native)


async def test_no_time_stamp_no_signature() -> None:
    signer = identity("rsa")
    order = order_of(DOCUMENT, signer, "RS256", pades("B-T"), name="a.pdf", media_type="application/pdf")

    async def refuse(_: bytes) -> bytes:
        raise TimeStampFailed("closed")

    with pytest.raises(TimeStampFailed):
        await make(order, Hand(signer.key, ALGORITHMS["RS256"]), refuse)
