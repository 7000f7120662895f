"""Verification of a detached CAdES-B-B signature (RFC 5652, ETSI EN 319 122-1).

Own code over asn1crypto and cryptography, so that the portal does not judge with the library
that the daemon signs with. Revocation is not checked yet (a later issue).
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import (
    cms,
    tsp,  # noqa: F401 - importing it teaches asn1crypto's cms the attribute signing_certificate_v2
)
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .chain import Authorities, load_certificate, require_chain, require_period, require_signature
from .errors import (
    CertificateError,
    DigestMismatch,
    SignatureInvalid,
    SignatureMalformed,
    SigningCertificateMismatch,
)

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
MIN_RSA_BITS = 2048
MAX_SIGNATURE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """A signature that holds: the signer's certificate and the document's SHA-256 in hex."""

    certificate: x509.Certificate
    document_sha256: str


async def verify_cades(
    signature: bytes, document: bytes, *, authorities: Authorities, moment: datetime
) -> VerifiedSignature:
    """Verify `signature` (DER ContentInfo) over exactly the bytes of `document`.

    Raises:
        VerificationError: see errors.py.
    """
    try:
        signed, signer = _parse(signature)
        attributes = _attributes(signer)
        certificates = _certificates(signed)
        certificate = _signing_certificate(attributes, signer, certificates)
        _require_digest(attributes, signer, document)
        _require_signature(signer, certificate)
    except (ValueError, TypeError, KeyError) as error:
        # asn1crypto parses lazily and reports broken DER with these.
        raise SignatureMalformed("not a readable CAdES signature") from error
    require_signature(certificate)
    require_period(certificate, moment)
    await require_chain(certificate, authorities, moment, certificates)
    return VerifiedSignature(certificate=certificate, document_sha256=hashlib.sha256(document).hexdigest())


def _parse(signature: bytes) -> tuple[Any, Any]:
    if len(signature) > MAX_SIGNATURE_BYTES:
        raise SignatureMalformed("too long")
    info = cms.ContentInfo.load(signature, strict=True)
    if info["content_type"].native != "signed_data":
        raise SignatureMalformed("not SignedData")
    signed = info["content"]
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "data" or encapsulated["content"].native is not None:
        raise SignatureMalformed("not detached")
    if len(signed["signer_infos"]) != 1:
        raise SignatureMalformed("not one signer")
    signer = signed["signer_infos"][0]
    _require_consistent(signed, signer)
    return signed, signer


def _require_consistent(signed: Any, signer: Any) -> None:
    """Versions and digestAlgorithms: outside the signature, so judged by RFC 5652 5.1 and 5.3."""
    version = "v1" if signer["sid"].name == "issuer_and_serial_number" else "v3"
    if signer["version"].native != version or signed["version"].native != version:
        raise SignatureMalformed("version")
    declared = [entry["algorithm"].native for entry in signed["digest_algorithms"]]
    bare = [*signed["digest_algorithms"], signer["digest_algorithm"]]
    if signer["signature_algorithm"].signature_algo != "rsassa_pss":
        bare.append(signer["signature_algorithm"])
    if any(entry["parameters"].native is not None for entry in bare):
        raise SignatureMalformed("algorithm parameters")
    if declared != [signer["digest_algorithm"]["algorithm"].native]:
        raise SignatureMalformed("digest algorithms")


def _attributes(signer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise SignatureMalformed("an attribute with more or less than one value")
        found[name] = attribute["values"][0]
    if "content_type" not in found or found["content_type"].native != "data":
        raise SignatureMalformed("content-type")
    if "message_digest" not in found:
        raise SignatureMalformed("message-digest")
    return found


def _certificates(signed: Any) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(
            load_certificate(choice.chosen.dump())
            for choice in signed["certificates"]
            if choice.name == "certificate"
        )
    except CertificateError as error:
        raise SignatureMalformed("certificates") from error


def _signing_certificate(
    attributes: dict[str, Any], signer: Any, certificates: tuple[x509.Certificate, ...]
) -> x509.Certificate:
    """The certificate that signing-certificate-v2 names (RFC 5035) and the signer id means."""
    value = attributes.get("signing_certificate_v2")
    if value is None:
        raise SigningCertificateMismatch("no signing-certificate-v2")
    named = value["certs"][0]
    algorithm = named["hash_algorithm"]["algorithm"].native
    if algorithm not in HASHES:
        raise SigningCertificateMismatch("hash algorithm")
    wanted = named["cert_hash"].native
    for certificate in certificates:
        if hmac.compare_digest(certificate.fingerprint(HASHES[algorithm]), wanted):
            _require_same_signer(signer, certificate)
            return certificate
    raise SigningCertificateMismatch("another certificate")


def _require_same_signer(signer: Any, certificate: x509.Certificate) -> None:
    identifier = signer["sid"]
    if identifier.name == "issuer_and_serial_number":
        same_issuer = identifier.chosen["issuer"].dump() == certificate.issuer.public_bytes()
        if same_issuer and identifier.chosen["serial_number"].native == certificate.serial_number:
            return
    else:
        for extension in certificate.extensions:
            if isinstance(extension.value, x509.SubjectKeyIdentifier):
                if identifier.chosen.native == extension.value.digest:
                    return
    raise SigningCertificateMismatch("signer identifier")


def _require_digest(attributes: dict[str, Any], signer: Any, document: bytes) -> None:
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if algorithm not in HASHES:
        raise SignatureMalformed("digest algorithm")
    if not hmac.compare_digest(
        hashlib.new(algorithm, document).digest(), attributes["message_digest"].native
    ):
        raise DigestMismatch("another document")


def _require_signature(signer: Any, certificate: x509.Certificate) -> None:
    # RFC 5652 section 5.4: the attributes are signed as an explicit SET OF, not as [0].
    signed = signer["signed_attrs"].untag().dump()
    declared = signer["signature_algorithm"]
    digest = signer["digest_algorithm"]["algorithm"].native
    signature, key = signer["signature"].native, certificate.public_key()
    scheme = declared.signature_algo
    if scheme != "rsassa_pkcs1v15" or declared["algorithm"].native != "rsassa_pkcs1v15":
        # rsaEncryption alone (RFC 3370 section 3.2) leaves the hash to digestAlgorithm.
        if declared.hash_algo != digest:
            raise SignatureMalformed("two hash algorithms")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise SignatureMalformed("the RSA key is shorter than 2048 bits")
    try:
        if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(HASHES[digest]))
        elif scheme == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), HASHES[digest])
        elif scheme == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, _pss(declared["parameters"]), HASHES[digest])
        else:
            raise SignatureMalformed("the algorithm is not the key's")
    except InvalidSignature as error:
        raise SignatureInvalid("the signature is not this key's") from error


def _pss(parameters: Any) -> padding.PSS:
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    return padding.PSS(mgf=padding.MGF1(HASHES[mask]), salt_length=parameters["salt_length"].native)
