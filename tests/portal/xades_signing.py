"""XAdES signatures made by xmlsec1 from a template, and by signxml: nothing of the bridge's."""

import base64
import subprocess
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from tests.portal.pki import Identity

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED, BASE64 = DS + "enveloped-signature", DS + "base64"
SHA1, SHA256 = DS + "sha1", "http://www.w3.org/2001/04/xmlenc#sha256"
NS = {"ds": DS, "xades": XADES}
MORE = "http://www.w3.org/2001/04/xmldsig-more#"


def transform(*algorithms: str) -> str:
    """A ds:Transforms of these, each without content."""
    inside = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in algorithms)
    return f"<ds:Transforms>{inside}</ds:Transforms>" if algorithms else ""


def reference(uri: str, transforms: str = "", extra: str = "", digest: str = SHA256) -> str:
    return (
        f'<ds:Reference URI="{uri}" {extra}>{transforms}<ds:DigestMethod Algorithm="{digest}"/>'
        "<ds:DigestValue></ds:DigestValue></ds:Reference>"
    )


def properties_reference(**values: str) -> str:
    given: dict[str, str] = {"extra": 'Type="http://uri.etsi.org/01903#SignedProperties"'} | values
    return reference("#sp", given.pop("transforms", transform(EXCLUSIVE)), **given)


def template(
    who: Identity,
    references: str,
    *,
    method: str = MORE + "ecdsa-sha256",
    canonicalization: str = EXCLUSIVE,
    named: x509.Certificate | None = None,
    objects: str = "",
    signed_extra: str = "",
    attributes: str = "",
    signing_certificate: str | None = None,
) -> str:
    """ds:Signature without digests and value; `references` already in order."""
    certificate = named or who.certificate
    fingerprint = base64.b64encode(certificate.fingerprint(hashes.SHA256())).decode()
    naming = signing_certificate
    if naming is None:
        naming = (
            "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
            f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{fingerprint}</ds:DigestValue>'
            "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        )
    der = base64.b64encode(who.certificate.public_bytes(Encoding.DER)).decode()
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="s">'
        f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{canonicalization}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/>{references}</ds:SignedInfo>'
        '<ds:SignatureValue></ds:SignatureValue><ds:KeyInfo Id="k"><ds:X509Data>'
        f"<ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#s">'
        f'<xades:SignedProperties Id="sp" {attributes}><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>2026-11-01T00:00:00Z</xades:SigningTime>{naming}"
        f"</xades:SignedSignatureProperties>{signed_extra}</xades:SignedProperties>"
        f"</xades:QualifyingProperties></ds:Object>{objects}</ds:Signature>"
    )


def default_method(who: Identity) -> str:
    return MORE + ("rsa-sha256" if isinstance(who.key, rsa.RSAPrivateKey) else "ecdsa-sha256")


def put_in(document: str, signature: str) -> str:
    """The signature as the root's last child."""
    end = document.rindex("</")
    return document[:end] + signature + document[end:]


def xmlsec_sign(folder: Path, who: Identity, text: str) -> bytes:
    """Fill in a template; `folder` is where external references are looked for."""
    key, _ = who.write(folder, "signer")
    (folder / "template.xml").write_text(text, "utf-8")
    _xmlsec(folder, "--sign", "--privkey-pem", str(key), "--output", "signed.xml", "template.xml")
    return (folder / "signed.xml").read_bytes()


def xmlsec_verifies(folder: Path, who: Identity, signed: bytes) -> bool:
    """What xmlsec1 says of it, trusting the certificate's root."""
    (folder / "judged.xml").write_bytes(signed)
    (folder / "root.pem").write_bytes(who.chain[-1].public_bytes(Encoding.PEM))
    for index, link in enumerate(who.chain[:-1]):
        (folder / f"link{index}.pem").write_bytes(link.public_bytes(Encoding.PEM))
    links = [f"--untrusted-pem=link{index}.pem" for index in range(len(who.chain) - 1)]
    try:
        links = [part for link in links for part in link.split("=")]
        _xmlsec(folder, "--verify", "--trusted-pem", "root.pem", *links, "judged.xml")
    except subprocess.CalledProcessError:
        return False
    return True


def _xmlsec(folder: Path, verb: str, *arguments: str) -> None:
    ids = ["SignedProperties", "Object", "KeyInfo", "Signature"]
    spaces = {"SignedProperties": XADES}
    options = [f"{spaces.get(name, DS)}:{name}" for name in ids]
    flags = [part for option in (*options, "form", "sum") for part in ("--id-attr:Id", option)]
    command = ["xmlsec1", verb, *flags, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def signxml_sign(who: Identity, document: bytes, method: Any, **values: Any) -> bytes:
    """signxml's XAdESSigner with its defaults: three references, KeyValue beside X509Data."""
    from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

    form = XAdESDataObjectFormat(Description="form.xml", MimeType="application/xml")
    signer = XAdESSigner(method=method, data_object_format=form, **values)
    pem = [c.public_bytes(Encoding.PEM).decode() for c in (who.certificate, *who.chain)]
    signed = signer.sign(etree.fromstring(document), key=who.key, cert="".join(pem[:1]))
    return bytes(etree.tostring(signed))
