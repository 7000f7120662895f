"""What a card and the daemon do, for tests: tokens by `cryptography`, CAdES by pyHanko."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


@cache
def load(directory: Path, purpose: str) -> tuple[Any, x509.Certificate]:
    """Key and certificate of a DemoCard's folder."""
    key = serialization.load_pem_private_key((directory / f"{purpose}.key.pem").read_bytes(), None)
    pem = (directory / f"{purpose}.crt.pem").read_bytes()
    return key, x509.load_pem_x509_certificate(pem)


def make_token(
    key: Any, certificate: x509.Certificate, origin: str, nonce: str, algorithm: str | None = None
) -> dict[str, Any]:
    """A web-eid:1.0 token over origin and nonce."""
    algorithm = algorithm or ("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
    bits = algorithm[2:]
    hashed = HASHES.get(bits, hashes.SHA256())
    message = b"".join(hashlib.new(hashed.name, part.encode()).digest() for part in (origin, nonce))
    return {
        "unverifiedCertificate": b64(certificate.public_bytes(serialization.Encoding.DER)),
        "algorithm": algorithm,
        "signature": b64(_sign(key, message, algorithm, hashed)),
        "format": "web-eid:1.0",
        "appVersion": "https://cardbridge.invalid/0.1.0",
    }


def _sign(key: Any, message: bytes, algorithm: str, hashed: hashes.HashAlgorithm) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashed)))
        size = (key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    assert isinstance(key, rsa.RSAPrivateKey)
    if algorithm.startswith("PS"):
        scheme = padding.PSS(mgf=padding.MGF1(hashed), salt_length=hashed.digest_size)
        return key.sign(message, scheme, hashed)
    return key.sign(message, padding.PKCS1v15(), hashed)


async def make_cades(
    key: Any,
    certificate: x509.Certificate,
    document: bytes,
    *,
    pss: bool = False,
    detached: bool = True,
) -> bytes:
    """A CAdES signature as pyHanko makes it."""
    pem = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    mechanism = None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        mechanism = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    signer = SimpleSigner(
        signing_cert=asn1.Certificate.load(der),
        signing_key=keys.PrivateKeyInfo.load(pem),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        signature_mechanism=mechanism,
        prefer_pss=pss,
    )
    info = await signer.async_sign_general_data(document, "sha256", detached=detached, use_cades=True)
    return bytes(info.dump())


def b64(data: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(data).decode()
