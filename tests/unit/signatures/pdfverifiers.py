"""What pdfsig (Poppler) and pyHanko's validator say of a signed PDF."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from tests.unit.signatures.hand import Identity


@dataclass(frozen=True, slots=True)
class Poppler:
    """One signature as pdfsig sees it."""

    is_valid: bool
    covers_all: bool
    kind: str


def pdfsig(folder: Path, document: bytes) -> list[Poppler]:
    """The signatures, without a judgement of their certificates: Poppler asks NSS for that."""
    path = folder / "judged.pdf"
    path.write_bytes(document)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True)
    parts = re.split(r"^Signature #\d+:$", done.stdout, flags=re.MULTILINE)[1:]
    return [
        Poppler(
            is_valid="Signature is Valid." in part,
            covers_all="  - Total document signed" in part,
            kind="".join(re.findall(r"Signature Type: (\S+)", part)),
        )
        for part in parts
    ]


def pdfsig_accepts(folder: Path, document: bytes) -> bool:
    """At least one signature, all valid, the last one over the whole document."""
    found = pdfsig(folder, document)
    return bool(found) and all(each.is_valid for each in found) and found[-1].covers_all


async def pyhanko_statuses(signer: Identity, document: bytes) -> list[Any]:
    root = asn1.Certificate.load(signer.issuer.public_bytes(Encoding.DER))
    trust = ValidationContext(trust_roots=[root], allow_fetching=False)
    reader = PdfFileReader(BytesIO(document))
    return [
        await async_validate_pdf_signature(
            embedded, signer_validation_context=trust, ts_validation_context=trust
        )
        for embedded in reader.embedded_signatures
    ]


async def pyhanko_accepts(signer: Identity, document: bytes) -> bool:
    """All hold and are trusted; what came after one is allowed; the last one covers the whole document."""
    try:
        statuses = await pyhanko_statuses(signer, document)
    except Exception:
        return False
    return (
        bool(statuses)
        and all(status.bottom_line for status in statuses)
        and statuses[-1].coverage == SignatureCoverageLevel.ENTIRE_FILE
        and statuses[-1].modification_level == ModificationLevel.NONE
    )
