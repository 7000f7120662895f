"""SignedData with one signer (RFC 5652), as CAdES, PAdES and time stamps use it.

Own code over asn1crypto and cryptography, so that the portal does not judge with the library that the
daemon signs with.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import (
    cms,
    core,
    tsp,  # noqa: F401 - importing it teaches asn1crypto's cms the attribute signing_certificate_v2
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .algorithms import require_hash, verify_declared
from .chain import UNREADABLE, load_certificate
from .errors import (
    CertificateMalformed,
    DigestMismatch,
    SignatureInvalid,
    SignatureMalformed,
    SigningCertificateMismatch,
)
from .policy import Policy

MAX_SIGNATURE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """SignedData whose one signature holds over its content.

    `claimed` is the signer's own signing-time; `timestamps` are DER ContentInfos.
    """

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    claimed: datetime | None
    signature: bytes
    timestamps: tuple[bytes, ...]


def read(der: bytes, limit: int = MAX_SIGNATURE_BYTES) -> Any:
    """asn1crypto's SignedData of a ContentInfo.

    Raises:
        SignatureMalformed
    """
    if len(der) > limit:
        raise SignatureMalformed("too long")
    try:
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise SignatureMalformed("not SignedData")
        return info["content"]
    except UNREADABLE as error:
        raise SignatureMalformed("not readable as CMS") from error


def verify(
    signed: Any, content: bytes, policy: Policy, *, kind: str = "data", is_named: bool = True
) -> SignedData:
    """Verify the one signature of `signed` over `content`, of content type `kind`.

    `is_named`: the signing-certificate-v2 attribute is required, as in all of ETSI's formats.

    Raises:
        SignatureError, AlgorithmTooWeak
    """
    try:
        signer = _signer(signed, kind)
        attributes = _attributes(signer, kind)
        certificates = _certificates(signed)
        certificate = _signing_certificate(attributes, signer, certificates, policy, is_named)
        _require_digest(attributes, signer, content, policy)
        _require_protection(attributes, signer)
        # RFC 5652 section 5.4: the attributes are signed as an explicit SET OF, not as [0].
        verify_declared(
            certificate.public_key(),
            signer["signature"].native,
            signer["signed_attrs"].untag().dump(),
            signer["signature_algorithm"],
            policy,
            digest=signer["digest_algorithm"]["algorithm"].native,
        )
        return SignedData(
            certificate=certificate,
            others=tuple(other for other in certificates if other != certificate),
            claimed=attributes["signing_time"].native if "signing_time" in attributes else None,
            signature=signer["signature"].native,
            timestamps=tuple(_timestamps(signer)),
        )
    except UNREADABLE as error:
        raise SignatureMalformed("not readable as CMS") from error


def _signer(signed: Any, kind: str) -> Any:
    if signed["encap_content_info"]["content_type"].native != kind:
        raise SignatureMalformed("content type")
    if len(signed["signer_infos"]) != 1:
        raise SignatureMalformed("not one signer")
    signer = signed["signer_infos"][0]
    # Versions and digestAlgorithms stand outside the signature: judged by RFC 5652 5.1 and 5.3.
    version = "v1" if signer["sid"].name == "issuer_and_serial_number" else "v3"
    whole = version if kind == "data" else "v3"
    if signer["version"].native != version or signed["version"].native != whole:
        raise SignatureMalformed("version")
    bare = [*signed["digest_algorithms"], signer["digest_algorithm"]]
    if signer["signature_algorithm"].signature_algo != "rsassa_pss":
        bare.append(signer["signature_algorithm"])
    if any(entry["parameters"].native is not None for entry in bare):
        raise SignatureMalformed("algorithm parameters")
    declared = [entry["algorithm"].native for entry in signed["digest_algorithms"]]
    if declared != [signer["digest_algorithm"]["algorithm"].native]:
        raise SignatureMalformed("digest algorithms")
    return signer


def _attributes(signer: Any, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise SignatureMalformed("an attribute with more or less than one value")
        found[name] = attribute["values"][0]
    if "content_type" not in found or found["content_type"].native != kind:
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
    except CertificateMalformed as error:
        raise SignatureMalformed("certificates") from error


def _signing_certificate(
    attributes: dict[str, Any],
    signer: Any,
    certificates: tuple[x509.Certificate, ...],
    policy: Policy,
    is_named: bool,
) -> x509.Certificate:
    """The certificate that signing-certificate-v2 names (RFC 5035) and the signer id means."""
    algorithm, wanted = _named(attributes, policy)
    if wanted is None:
        meant = next((one for one in certificates if _is_signer(signer, one)), None)
        if is_named or meant is None:
            raise SigningCertificateMismatch("no signing-certificate-v2")
        return meant
    for certificate in certificates:
        if hmac.compare_digest(certificate.fingerprint(algorithm), wanted):
            if not _is_signer(signer, certificate):
                raise SigningCertificateMismatch("signer identifier")
            return certificate
    raise SigningCertificateMismatch("another certificate")


def _named(attributes: dict[str, Any], policy: Policy) -> tuple[hashes.HashAlgorithm, bytes | None]:
    """Hash algorithm and hash of the signer's certificate, as the signed attribute has it."""
    value = attributes.get("signing_certificate_v2")
    if value is not None:
        named = value["certs"][0]
        algorithm = require_hash(named["hash_algorithm"]["algorithm"].native, policy)
        return algorithm, named["cert_hash"].native
    older = attributes.get("signing_certificate")
    if older is not None and attributes["content_type"].native == "tst_info":
        # Many time-stamping authorities keep to RFC 3161 section 2.4.1. SHA-1 only names the certificate;
        # its key, issuer and serial number are checked besides.
        return hashes.SHA1(), older["certs"][0]["cert_hash"].native  # noqa: S303
    return hashes.SHA256(), None


def _is_signer(signer: Any, certificate: x509.Certificate) -> bool:
    identifier = signer["sid"]
    if identifier.name == "issuer_and_serial_number":
        same_issuer = identifier.chosen["issuer"].dump() == certificate.issuer.public_bytes()
        same_serial = identifier.chosen["serial_number"].native == certificate.serial_number
        return bool(same_issuer and same_serial)
    return any(
        isinstance(extension.value, x509.SubjectKeyIdentifier)
        and identifier.chosen.native == extension.value.digest
        for extension in certificate.extensions
    )


def _require_digest(attributes: dict[str, Any], signer: Any, content: bytes, policy: Policy) -> None:
    name = signer["digest_algorithm"]["algorithm"].native
    require_hash(name, policy)
    found = hashlib.new(name, content).digest()
    if not hmac.compare_digest(found, attributes["message_digest"].native):
        raise DigestMismatch("another document")


def _require_protection(attributes: dict[str, Any], signer: Any) -> None:
    """RFC 6211: what the attribute says of the algorithms is what stands beside the signature."""
    protection = attributes.get("cms_algorithm_protection")
    if protection is None:
        return
    same_digest = protection["digest_algorithm"].native == signer["digest_algorithm"].native
    if not same_digest or protection["signature_algorithm"].native != signer["signature_algorithm"].native:
        raise SignatureInvalid("algorithms exchanged")


def _timestamps(signer: Any) -> list[bytes]:
    """RFC 3161 appendix A, id-aa-timeStampToken."""
    unsigned = signer["unsigned_attrs"]
    if isinstance(unsigned, core.Void):
        return []
    return [
        value.dump()
        for attribute in unsigned
        if attribute["type"].native == "signature_time_stamp_token"
        for value in attribute["values"]
    ]
