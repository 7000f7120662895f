"""Which forms of a signature are offered, and which documents they suit."""

from __future__ import annotations

import re

from bridge.core.errors import InvalidParams, UnsupportedFormat
from bridge.core.order import Form, Format, Level, Packaging, Stamp

_OFFERED: dict[Format, tuple[Packaging | None, ...]] = {
    "cades": ("detached", "enveloping"),
    "xades": ("enveloped", "detached", "enveloping"),
    "pades": (None,),
}
"""The first packaging of each format is its default."""

PDF = "application/pdf"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
_XML = ("application/xml", "text/xml")


def packaging_of(format: Format, packaging: Packaging | None) -> Packaging | None:
    """The packaging, the format's default filled in.

    Raises:
        UnsupportedFormat: the pair is not offered.
    """
    offered = _OFFERED[format]
    if packaging is None:
        return offered[0]
    if packaging not in offered:
        raise UnsupportedFormat(f"{format} is not offered {packaging}.")
    return packaging


def form_of(format: Format, packaging: Packaging | None, level: Level, stamp: Stamp | None) -> Form:
    """The form that the params ask for.

    Raises:
        UnsupportedFormat: the pair of format and packaging is not offered.
        InvalidParams: a stamp where there is no PDF, or on a page that cannot be.
    """
    packaging = packaging_of(format, packaging)
    if stamp is not None and format != "pades":
        raise InvalidParams("A stamp can be seen in a PDF only.", member="stamp")
    if stamp is not None and stamp.page < 1 and stamp.page != -1:
        raise InvalidParams("Pages count from 1; -1 is the last one.", member="stamp.page")
    return Form(format=format, packaging=packaging, level=level, stamp=stamp)


def require_suitable(form: Form, name: str, media_type: str) -> None:
    """PAdES is for PDF, enveloped XAdES for XML; the other forms take any document.

    Raises:
        UnsupportedFormat: data `document` is `name`.
        InvalidParams: not a media type, which would stand in the signature.
    """
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidParams("Not a media type (RFC 6838, section 4.2).", member="documents.mediaType")
    if form.format == "pades" and media_type != PDF:
        raise UnsupportedFormat("PAdES signs PDF documents only.", document=name)
    if form.packaging == "enveloped" and not is_xml(media_type):
        raise UnsupportedFormat("Only an XML document can envelop its signature.", document=name)


def is_xml(media_type: str) -> bool:
    """RFC 7303, sections 3 and 4.2."""
    return media_type in _XML or media_type.endswith("+xml")


def result_name(form: Form, name: str) -> str:
    """What the result is called; a signed PDF or XML document keeps its extension."""
    if form.reads_document:
        stem, dot, extension = name.rpartition(".")
        return f"{stem}-signed{dot}{extension}" if stem else f"{name}-signed"
    if form.format == "xades":
        return f"{name}.xades.xml"
    return f"{name}.p7s" if form.packaging == "detached" else f"{name}.p7m"


def result_media_type(form: Form, media_type: str) -> str:
    """The media type of the result: RFC 8551, section 3.2.1; RFC 7303."""
    if form.reads_document:
        return media_type
    if form.format == "xades":
        return "application/xml"
    return "application/pkcs7-signature" if form.packaging == "detached" else "application/pkcs7-mime"
