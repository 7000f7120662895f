"""What xmlsec1 and signxml say of an XAdES signature, and the altered copies that both must refuse."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from lxml import etree
from signxml.xades.xades import XAdESVerifier

from tests.unit.signatures.hand import other_identity

NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
}
Tampering = Callable[[Any], None]


class Trusted(Protocol):
    def write_authority(self, folder: Path) -> Path:
        """The authority's certificate as a PEM file in `folder`."""


def xmlsec_accepts(folder: Path, signer: Trusted, signature: bytes, document: bytes | None = None) -> bool:
    """`xmlsec1 --verify`; a detached document lies beside the signature under its own name."""
    (folder / "signature.xml").write_bytes(signature)
    if document is not None:
        reference = etree.fromstring(signature).find("ds:SignedInfo/ds:Reference", NAMES)
        (folder / unquote(reference.get("URI"))).write_bytes(document)
    command = ["xmlsec1", "--verify", "--trusted-pem", str(signer.write_authority(folder))]
    command += ["--id-attr:Id", f"{NAMES['xades']}:SignedProperties", "signature.xml"]
    done = subprocess.run(command, capture_output=True, cwd=folder)
    return done.returncode == 0 and b"SignedInfo References (ok/all): 3/3" in done.stderr


def signxml_accepts(folder: Path, signer: Trusted, signature: bytes, document: bytes | None = None) -> bool:
    """signxml's XAdES verifier, XML Schema of XAdES included."""
    try:
        XAdESVerifier().verify(
            signature,
            ca_pem_file=str(signer.write_authority(folder)),
            uri_resolver=None if document is None else lambda _: document,
        )
    except Exception:
        return False
    return True


def tampered(signature: bytes, tamper: Tampering) -> bytes:
    root = etree.fromstring(signature)
    tamper(root)
    octets: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return octets


def _find(root: Any, path: str) -> Any:
    found = root.find(f".//{path}", NAMES)
    return found if found is not None else root.find(path, NAMES)


def _flip_base64(path: str) -> Tampering:
    def tamper(root: Any) -> None:
        element = _find(root, path)
        value = bytearray(base64.b64decode(element.text))
        value[-1] ^= 1
        element.text = base64.b64encode(value).decode()

    return tamper


def _set_text(path: str, text: str) -> Tampering:
    def tamper(root: Any) -> None:
        _find(root, path).text = text

    return tamper


def _set(path: str, name: str, value: str) -> Tampering:
    def tamper(root: Any) -> None:
        _find(root, path).set(name, value)

    return tamper


def _remove(path: str) -> Tampering:
    def tamper(root: Any) -> None:
        element = _find(root, path)
        element.getparent().remove(element)

    return tamper


def _other_certificate(root: Any) -> None:
    """Another's certificate in KeyInfo, from the same authority."""
    element = _find(root, "ds:X509Data")
    for each in list(element):
        element.remove(each)
    other = etree.SubElement(element, f"{{{NAMES['ds']}}}X509Certificate")
    other.text = base64.b64encode(other_identity("rsa").der).decode()


def _swap_references(root: Any) -> None:
    info = _find(root, "ds:SignedInfo")
    first, second = info.findall("ds:Reference", NAMES)[:2]
    info.insert(info.index(first), second)


TAMPERINGS: dict[str, Tampering] = {
    "signature value": _flip_base64("ds:SignatureValue"),
    "document's digest": _flip_base64("ds:SignedInfo/ds:Reference/ds:DigestValue"),
    "document's reference": _set("ds:SignedInfo/ds:Reference", "URI", "#elsewhere"),
    "digest method": _set(
        "ds:SignedInfo/ds:Reference/ds:DigestMethod", "Algorithm", "http://www.w3.org/2001/04/xmlenc#sha512"
    ),
    "signature method": _set(
        "ds:SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    ),
    "canonicalisation": _set(
        "ds:SignedInfo/ds:CanonicalizationMethod", "Algorithm", "http://www.w3.org/2006/12/xml-c14n11"
    ),
    "references' order": _swap_references,
    "reference left out": _remove("ds:SignedInfo/ds:Reference"),
    "signing time": _set_text("xades:SigningTime", "2020-01-01T00:00:00Z"),
    "signing certificate's digest": _flip_base64("xades:CertDigest/ds:DigestValue"),
    "document's media type": _set_text("xades:MimeType", "text/html"),
    "document's name": _set_text("xades:DataObjectFormat/xades:Description", "another.txt"),
    "signed properties left out": _remove("xades:SignedProperties"),
    "certificate": _other_certificate,
}
