"""CAdES baseline B-B (ETSI EN 319 122-1, section 6) by pyHanko; the key stays a callable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asn1crypto import algos, x509
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from bridge.core.algorithms import DIGEST_SIZES, Algorithm
from bridge.core.certificate import ecdsa_der
from bridge.core.document import SignerDocument
from bridge.core.ports import RawSigner

MEDIA_TYPE = "application/pkcs7-signature"


async def sign(
    document: SignerDocument,
    certificate: bytes,
    chain: tuple[bytes, ...],
    algorithm: Algorithm,
    raw_signer: RawSigner,
    *,
    is_detached: bool,
    signing_time: datetime,
) -> bytes:
    """DER of a ContentInfo with SignedData (RFC 5652, section 5).

    Signed attributes: content type, message digest, signing time, signing-certificate-v2.

    Args:
        certificate: DER of the signer's certificate; `chain` those of its issuers.
        is_detached: without the content; else it is enveloped (eContent).
    """
    signer = _CardSigner(certificate, chain, algorithm, raw_signer)
    content_info = await signer.async_sign_general_data(
        document.content,
        algorithm.hash_name,
        detached=is_detached,
        use_cades=True,
        signed_attr_settings=PdfCMSSignedAttributes(
            signing_time=signing_time, cades_signed_attrs=CAdESSignedAttrSpec()
        ),
    )
    der: bytes = content_info.dump()
    return der


class _CardSigner(Signer):
    def __init__(
        self, certificate: bytes, chain: tuple[bytes, ...], algorithm: Algorithm, raw_signer: RawSigner
    ) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(x509.Certificate.load(der) for der in chain)
        super().__init__(
            signing_cert=x509.Certificate.load(certificate),
            cert_registry=store,
            signature_mechanism=_mechanism(algorithm),
        )
        self._algorithm = algorithm
        self._raw_signer = raw_signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return b"\0" * 512
        signature = await self._raw_signer(data)
        return ecdsa_der(signature) if self._algorithm.family == "ECDSA" else signature


def _mechanism(algorithm: Algorithm) -> Any:
    if algorithm.family == "ECDSA":
        return algos.SignedDigestAlgorithm({"algorithm": f"{algorithm.hash_name}_ecdsa"})
    if algorithm.family == "RSA-PKCS1":
        return algos.SignedDigestAlgorithm({"algorithm": f"{algorithm.hash_name}_rsa"})
    digest = algos.DigestAlgorithm({"algorithm": algorithm.hash_name})
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": digest,
            "mask_gen_algorithm": algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": digest}),
            "salt_length": DIGEST_SIZES[algorithm.hash_name],
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
