"""What a signature is to be made of: one document in one form, by one certificate."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Format = Literal["cades", "xades", "pades"]
Packaging = Literal["detached", "enveloping", "enveloped"]
Level = Literal["B-B", "B-T"]
Corner = Literal["topLeft", "topRight", "bottomLeft", "bottomRight"]


class Stamp(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A visible mark in a signed PDF: the signer's name and the date, in a corner of one page.

    Args:
        page: from 1; -1 is the last one.
    """

    page: int = 1
    corner: Corner = "topRight"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """Format, packaging and level of a signature (ETSI EN 319 122-1, 132-1, 142-1).

    Args:
        packaging: None for PAdES, where the PDF holds its signature.
    """

    format: Format
    packaging: Packaging | None
    level: Level = "B-B"
    stamp: Stamp | None = None

    @property
    def reads_document(self) -> bool:
        """Whether the document's own structure is read, not only its bytes."""
        return self.format == "pades" or self.packaging == "enveloped"


class SignatureOrder(msgspec.Struct, frozen=True, kw_only=True):
    """All that a signature is made of, but for the key and the time stamp.

    Args:
        media_type: without parameters.
        content: the document; empty where the form is detached.
        digest: of the document, by the algorithm's hash.
        certificate: the signer's, as DER; `chain` holds those of its issuers, nearest first.
        algorithm: its JWS name, as in `bridge.core.algorithms`.
        signing_time: aware, in UTC.
    """

    form: Form
    name: str
    media_type: str
    content: bytes
    digest: bytes
    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: str
    signing_time: datetime


class FontFile(msgspec.Struct, frozen=True, kw_only=True):
    """A font on this machine; `face` counts from 0 within a collection (.ttc)."""

    path: str
    face: int = 0
