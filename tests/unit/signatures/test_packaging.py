"""Which forms the contract offers, and what the results are called."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bridge.core.errors import InvalidParams, UnsupportedFormat
from bridge.core.messages import SignDocumentsParams
from bridge.core.order import Format, Packaging, Stamp
from bridge.signatures.packaging import (
    form_of,
    packaging_of,
    require_suitable,
    result_media_type,
    result_name,
)
from tests.unit.signatures.hand import cades, pades, xades

OFFERED: list[tuple[Format, Packaging | None, Packaging | None]] = [
    ("cades", None, "detached"),
    ("cades", "detached", "detached"),
    ("cades", "enveloping", "enveloping"),
    ("xades", None, "enveloped"),
    ("xades", "detached", "detached"),
    ("xades", "enveloping", "enveloping"),
    ("xades", "enveloped", "enveloped"),
    ("pades", None, None),
]
REFUSED: list[tuple[Format, Packaging]] = [
    ("cades", "enveloped"),
    ("pades", "detached"),
    ("pades", "enveloping"),
    ("pades", "enveloped"),
]


@pytest.mark.parametrize(("format", "packaging", "meant"), OFFERED)
def test_offered(format: Format, packaging: Packaging | None, meant: Packaging | None) -> None:
    assert packaging_of(format, packaging) == meant
    for level in ("B-B", "B-T"):
        form = form_of(format, packaging, level, None)
        assert (form.format, form.packaging, form.level) == (format, meant, level)


@pytest.mark.parametrize(("format", "packaging"), REFUSED)
def test_refused(format: Format, packaging: Packaging) -> None:
    with pytest.raises(UnsupportedFormat):
        form_of(format, packaging, "B-B", None)


def test_stamp_in_pdf_only() -> None:
    assert form_of("pades", None, "B-B", Stamp()).stamp == Stamp(page=1, corner="topRight")
    for format in ("cades", "xades"):
        with pytest.raises(InvalidParams) as raised:
            form_of(format, None, "B-B", Stamp())
        assert raised.value.data == {"member": "stamp"}


@pytest.mark.parametrize("page", [0, -2, -100])
def test_pages_count_from_one(page: int) -> None:
    with pytest.raises(InvalidParams) as raised:
        form_of("pades", None, "B-B", Stamp(page=page))
    assert raised.value.data == {"member": "stamp.page"}


def params(**given: Any) -> SignDocumentsParams:
    document = {"name": "a", "mediaType": "application/pdf", "content": ""}
    return msgspec.convert({"documents": [document], "format": "pades", **given}, SignDocumentsParams)


def test_stamp_on_the_wire() -> None:
    assert params().stamp is None
    assert params(stamp={}).stamp == Stamp()
    assert params(stamp={"page": -1, "corner": "bottomLeft"}).stamp == Stamp(page=-1, corner="bottomLeft")


@pytest.mark.parametrize("stamp", [{"x": 1}, {"page": "1"}, {"corner": "middle"}, {"page": 1.5}, True])
def test_unknown_stamp_refused(stamp: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        params(stamp=stamp)


@pytest.mark.parametrize(
    ("form", "name", "media_type", "result", "result_type"),
    [
        (cades(), "入札書.txt", "text/plain", "入札書.txt.p7s", "application/pkcs7-signature"),
        (cades("enveloping"), "入札書.txt", "text/plain", "入札書.txt.p7m", "application/pkcs7-mime"),
        (xades("detached"), "a.bin", "application/octet-stream", "a.bin.xades.xml", "application/xml"),
        (xades("enveloping"), "a.bin", "application/octet-stream", "a.bin.xades.xml", "application/xml"),
        (xades(), "申請.xml", "image/svg+xml", "申請-signed.xml", "image/svg+xml"),
        (pades(), "書類.v2.pdf", "application/pdf", "書類.v2-signed.pdf", "application/pdf"),
        (pades(), "書類", "application/pdf", "書類-signed", "application/pdf"),
        (pades(), ".pdf", "application/pdf", ".pdf-signed", "application/pdf"),
    ],
)
def test_results(form: Any, name: str, media_type: str, result: str, result_type: str) -> None:
    assert result_name(form, name) == result
    assert result_media_type(form, media_type) == result_type


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml", "image/svg+xml"])
def test_xml_envelops(media_type: str) -> None:
    require_suitable(xades(), "a", media_type)


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        (xades(), "text/plain"),
        (xades(), "application/xmlx"),
        (xades(), "application/pdf"),
        (pades(), "application/xml"),
        (pades(), "application/pdfx"),
    ],
)
def test_unsuitable(form: Any, media_type: str) -> None:
    with pytest.raises(UnsupportedFormat) as raised:
        require_suitable(form, "書類", media_type)
    assert raised.value.data == {"document": "書類"}


@pytest.mark.parametrize(
    "media_type", ["", "text", "/", "text/", "/plain", "text/plain\r\nx: y", "text/pl ain", 'a/"', "テ/x"]
)
def test_not_a_media_type(media_type: str) -> None:
    """It would stand in the signature, in a header."""
    for form in (cades(), xades("detached"), xades(), pades()):
        with pytest.raises(InvalidParams) as raised:
            require_suitable(form, "a", media_type)
        assert raised.value.data == {"member": "documents.mediaType"}
