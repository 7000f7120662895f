"""Verification of XAdES baseline B-B and B-T (ETSI EN 319 132-1): enveloped, enveloping, detached."""

import hmac
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from .algorithms import require_hash, verify_raw
from .chain import load_certificate
from .errors import (
    AlgorithmTooWeak,
    CertificateMalformed,
    DocumentTooLarge,
    ReferenceRefused,
    SignatureMalformed,
    SigningCertificateMismatch,
    TransformRefused,
)
from .policy import Policy
from .revocation import Fetch
from .verified import Receipt, VerifiedSignature
from .xml import C14N, DS, XADES, canonical, parse
from .xmldsig import BASE64, CANONICALIZATIONS, Parts, decode, digest_name, find_parts, verify_references

# RFC 9231 section 2.3.
METHODS = {
    f"http://www.w3.org/2001/04/xmldsig-more#{name}-{hashed}": (family, hashed)
    for name, family in (("rsa", "RS"), ("ecdsa", "ES"))
    for hashed in ("sha256", "sha384", "sha512")
} | {
    f"http://www.w3.org/2007/05/xmldsig-more#{hashed}-rsa-MGF1": ("PS", hashed)
    for hashed in ("sha256", "sha384", "sha512")
}
MAX_SIGNATURE_BYTES = 256 * 1024


async def verify_xades(
    signature: bytes,
    document: bytes | None = None,
    *,
    policy: Policy,
    moment: datetime,
    now: datetime | None = None,
    fetch: Fetch | None = None,
) -> VerifiedSignature:
    """Verify an XML document that holds one XAdES signature.

    `document` goes with a detached signature and no other. The result's `content` is what was signed:

    - enveloped: the canonical XML of the document without its signature (comments are not signed and gone)
    - enveloping: what the ds:Object holds, base64 undone where it is declared; else its canonical XML
    - detached: `document`, or its canonical XML where the reference says so

    `moment` is the receipt and `now` the present (defaults to `moment`), aware.

    Raises:
        VerificationError: see errors.py.
    """
    receipt = Receipt.of(policy, moment, now, fetch)
    limit = MAX_SIGNATURE_BYTES + (2 * policy.max_document_bytes if document is None else 0)
    if len(signature) > limit or len(document or b"") > policy.max_document_bytes:
        raise DocumentTooLarge("over max_document_bytes")
    tree = parse(signature)
    parts = find_parts(tree)
    if (document is None) == (parts.packaging == "detached"):
        raise SignatureMalformed("document and packaging do not go together")
    certificates = _certificates(parts.key_info)
    certificate = _signing_certificate(parts.properties, certificates, policy)
    signed_octets, method = _signed_info(parts)
    stamped, timestamps = _timestamps(parts)
    value = decode(parts.value.text)
    octets = verify_references(parts, tree, document, policy)
    verify_raw(certificate.public_key(), value, signed_octets, *method, policy)
    others = [other for other in certificates if other != certificate]
    trust = await receipt.judge(certificate, others, timestamps, stamped)
    return VerifiedSignature(
        form="xades",
        packaging=parts.packaging,
        certificate=certificate,
        content=_content(parts, octets),
        moment=trust.moment,
        stamped=trust.stamped,
        claimed=_claimed(parts.properties),
        revocation=trust.revocation,
        media_type=_media_type(parts),
    )


def _signed_info(parts: Parts) -> tuple[bytes, tuple[str, str]]:
    """SignedInfo's canonical octets, and family and hash of the signature method."""
    tags = [child.tag for child in parts.signed_info]
    if tags[:2] != [DS + "CanonicalizationMethod", DS + "SignatureMethod"] or set(tags[2:]) != {
        DS + "Reference"
    }:
        raise SignatureMalformed("SignedInfo")
    canonicalization, method = parts.signed_info[0], parts.signed_info[1]
    algorithm = canonicalization.get("Algorithm", "")
    if algorithm not in CANONICALIZATIONS or len(canonicalization) or len(method):
        raise TransformRefused("canonicalization of SignedInfo")
    found = METHODS.get(method.get("Algorithm", ""))
    if found is None:
        raise AlgorithmTooWeak("signature method")
    return canonical(parts.signed_info, algorithm), found


def _certificates(key_info: Any) -> tuple[x509.Certificate, ...]:
    found = key_info.findall(f"{DS}X509Data/{DS}X509Certificate")
    try:
        return tuple(load_certificate(decode(element.text)) for element in found)
    except CertificateMalformed as error:
        raise SignatureMalformed("certificates") from error


def _signing_certificate(
    properties: Any, certificates: tuple[x509.Certificate, ...], policy: Policy
) -> x509.Certificate:
    """The certificate that SigningCertificateV2 names first (ETSI EN 319 132-1 section 5.2.2)."""
    found = properties.findall(f"{XADES}SignedSignatureProperties/{XADES}SigningCertificateV2")
    if len(found) != 1 or found[0].find(XADES + "Cert") is None:
        raise SigningCertificateMismatch("no SigningCertificateV2")
    digest = found[0].find(f"{XADES}Cert/{XADES}CertDigest")
    if digest is None:
        raise SigningCertificateMismatch("no digest")
    algorithm = require_hash(digest_name(digest), policy)
    wanted = decode(digest.findtext(DS + "DigestValue"))
    for certificate in certificates:
        if hmac.compare_digest(certificate.fingerprint(algorithm), wanted):
            return certificate
    raise SigningCertificateMismatch("another certificate")


def _timestamps(parts: Parts) -> tuple[bytes, list[bytes]]:
    """What a time stamp is over (the canonical SignatureValue), and the time stamps."""
    place = f"{XADES}UnsignedProperties/{XADES}UnsignedSignatureProperties/{XADES}SignatureTimeStamp"
    found, tokens, algorithms = parts.qualifying.findall(place), [], {C14N}
    if found:
        methods = [element.find(DS + "CanonicalizationMethod") for element in found]
        algorithms = {C14N if method is None else method.get("Algorithm", "") for method in methods}
        tokens = [decode(element.findtext(XADES + "EncapsulatedTimeStamp")) for element in found]
    if len(algorithms) != 1:
        raise SignatureMalformed("time stamps over different octets")
    return canonical(parts.value, algorithms.pop()), tokens


def _content(parts: Parts, octets: bytes) -> bytes:
    """base64 undone that the object declares and no transform has undone yet."""
    if parts.object is None or parts.object.get("Encoding") != BASE64:
        return octets
    transform = f"{DS}Transforms/{DS}Transform[@Algorithm='{BASE64}']"
    if parts.document.find(transform) is not None or len(parts.object):
        return octets
    return decode(parts.object.text)


def _claimed(properties: Any) -> datetime | None:
    text = properties.findtext(f"{XADES}SignedSignatureProperties/{XADES}SigningTime")
    try:
        moment = None if text is None else datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SignatureMalformed("signing time") from error
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _media_type(parts: Parts) -> str | None:
    """DataObjectFormat's, which has to mean the document's reference (section 5.2.4)."""
    place = f"{XADES}SignedDataObjectProperties/{XADES}DataObjectFormat"
    for element in parts.properties.findall(place):
        if element.get("ObjectReference") != "#" + parts.document.get("Id", ""):
            raise ReferenceRefused("a data object format of something else")
        return str(element.findtext(XADES + "MimeType") or "") or None
    return None
