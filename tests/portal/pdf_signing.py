"""PDFs from nothing, and their signatures: by openssl in a file laid out here, and by pyHanko."""

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.portal.pki import Identity

PLACE = 12_000
TEXT = "Total 1000 yen"


def lay_out(objects: dict[int, str], *, root: int = 1) -> bytes:
    """A PDF of these objects, with its cross-reference table."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for number in range(1, len(objects) + 1):
        out += f"{places[number]:010d} 00000 n \n".encode()
    out += f"trailer\n<</Size {len(objects) + 1}/Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def objects(text: str = TEXT, *, signature: str | None = None, filled: str = "") -> dict[int, str]:
    """One page of text, a form with a text field, and a place for a signature."""
    shown = f"BT /F1 18 Tf 72 700 Td ({text}) Tj ET"
    fields = "7 0 R 6 0 R" if signature is not None else "7 0 R"
    found = {
        1: f"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{fields}]/SigFlags 3>>>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        f"/Resources<</Font<</F1 5 0 R>>>>/Annots[{fields}]>>",
        4: f"<</Length {len(shown)}>>\nstream\n{shown}\nendstream",
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        6: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/V 8 0 R/Rect[0 0 0 0]/F 132/P 3 0 R>>",
        7: f"<</Type/Annot/Subtype/Widget/FT/Tx/T(Note)/V({filled})/Rect[72 600 300 620]/F 4/P 3 0 R>>",
        8: signature or "null",
    }
    return (
        found
        if signature is not None
        else {key: found[key] for key in (1, 2, 3, 4, 5)} | {6: "null"} | {7: found[7]}
    )


def plain_pdf(text: str = TEXT) -> bytes:
    return lay_out(objects(text))


def openssl_pdf(
    folder: Path, who: Identity, *, options: tuple[str, ...] = ("-cades",), **values: str
) -> bytes:
    """A signed PDF of one revision. `values`: `text`; `filter` (SubFilter); `gap` (put behind /Contents);
    `shift`: how many bytes too early the byte range's gap begins and ends.
    """
    kind = values.get("filter", "/ETSI.CAdES.detached")
    held = f"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter{kind}/M(D:20261101000000Z)"
    held += f"/ByteRange[{'0' * 10} {'1' * 10} {'2' * 10} {'3' * 10}]/Contents<{'0' * PLACE}>"
    pdf = lay_out(objects(values.get("text", TEXT), signature=held + values.get("gap", "") + ">>"))
    first = pdf.index(b"<" + b"0" * PLACE)
    place, shift = first, int(values.get("shift", 0))
    second = first + PLACE + 2 + len(values.get("gap", "")) - shift
    first -= shift
    numbers = (0, first, second, len(pdf) - second)
    pattern = f"{'0' * 10} {'1' * 10} {'2' * 10} {'3' * 10}".encode()
    pdf = pdf.replace(pattern, " ".join(f"{number:010d}" for number in numbers).encode())
    der = openssl_cms(folder, who, pdf[:first] + pdf[second:], options)
    return pdf[: place + 1] + der.hex().encode().ljust(PLACE, b"0") + pdf[place + 1 + PLACE :]


def openssl_cms(folder: Path, who: Identity, content: bytes, options: tuple[str, ...] = ("-cades",)) -> bytes:
    """Detached SignedData in DER by `openssl cms`."""
    key, certificate = who.write(folder, "signer")
    (folder / "content").write_bytes(content)
    (folder / "chain.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in who.chain))
    command: list[str | Path] = ["openssl", "cms", "-sign", "-binary", "-in", "content", "-outform", "DER"]
    command += ["-signer", certificate, "-inkey", key, "-out", "signed.der"]
    command += ["-certfile", "chain.pem"] if who.chain else []
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
    return (folder / "signed.der").read_bytes()


def simple_signer(who: Identity) -> SimpleSigner:
    der = who.key.private_bytes(Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(asn1.Certificate.load(c.public_bytes(Encoding.DER)) for c in who.chain)
    return SimpleSigner(
        signing_cert=asn1.Certificate.load(who.der),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=store,
    )


def time_stamper(who: Identity) -> DummyTimeStamper:
    der = who.key.private_bytes(Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return DummyTimeStamper(tsa_cert=asn1.Certificate.load(who.der), tsa_key=keys.PrivateKeyInfo.load(der))


async def pyhanko_pdf(pdf: bytes, who: Identity, *, stamper: Identity | None = None, **values: Any) -> bytes:
    """An incremental update with a signature."""
    given: dict[str, Any] = {"field_name": "S1", "subfilter": SigSeedSubFilter.PADES} | values
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    clock = None if stamper is None else time_stamper(stamper)
    field = given.pop("new_field", None)
    metadata = PdfSignatureMetadata(md_algorithm="sha256", **given)
    signer = PdfSigner(metadata, signer=simple_signer(who), timestamper=clock, new_field_spec=field)
    out = await signer.async_sign_pdf(writer)
    return bytes(out.getvalue())


def update(pdf: bytes, change: Any) -> bytes:
    """An incremental update: `change` gets pyHanko's writer."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def revisions(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).total_revisions)
