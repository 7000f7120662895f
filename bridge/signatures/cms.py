"""SignerInfo by pyHanko, its key a callable: what CAdES and PAdES share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1crypto import algos, x509
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from bridge.core.algorithms import DIGEST_OIDS, DIGEST_SIZES, Algorithm, HashName
from bridge.core.certificate import ecdsa_der
from bridge.core.ports import RawSigner

MAX_SIGNATURE_BYTES = 2048


class CardSigner(Signer):
    """pyHanko's signer whose signatures come from `raw_signer`.

    Args:
        certificate: the signer's, as DER; None only to try a document out.
        chain: those of its issuers, as DER.
    """

    def __init__(
        self,
        certificate: bytes | None,
        chain: Iterable[bytes],
        algorithm: Algorithm,
        raw_signer: RawSigner,
    ) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(x509.Certificate.load(der) for der in chain)
        super().__init__(
            signing_cert=None if certificate is None else x509.Certificate.load(certificate),
            cert_registry=store,
            signature_mechanism=mechanism(algorithm),
        )
        self._algorithm = algorithm
        self._raw_signer = raw_signer

    @property
    def hash_name(self) -> HashName:
        return self._algorithm.hash_name

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """See `pyhanko.sign.signers.pdf_cms.Signer`: ECDSA as Ecdsa-Sig-Value."""
        if dry_run:
            return b"\0" * MAX_SIGNATURE_BYTES
        return signature_value(self._algorithm, await self._raw_signer(data))


def signature_value(algorithm: Algorithm, signature: bytes) -> bytes:
    """A card's signature as SignerInfo holds it (RFC 5753, section 2.1.1: ECDSA as Ecdsa-Sig-Value)."""
    return ecdsa_der(signature) if algorithm.family == "ECDSA" else signature


def mechanism(algorithm: Algorithm) -> Any:
    """The AlgorithmIdentifier (RFC 5754, RFC 4056 with the hash for MGF1 and a salt of its size)."""
    if algorithm.family != "RSA-PSS":
        return algos.SignedDigestAlgorithm({"algorithm": algorithm.oid})
    digest = algos.DigestAlgorithm({"algorithm": DIGEST_OIDS[algorithm.hash_name]})
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": digest,
            "mask_gen_algorithm": algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": digest}),
            "salt_length": DIGEST_SIZES[algorithm.hash_name],
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": algorithm.oid, "parameters": parameters})
