"""Which keys and hashes are allowed, and the check of one signature value (RFC 3279, 4055, 5758)."""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .errors import AlgorithmTooWeak, SignatureInvalid, SignatureMalformed
from .policy import Policy

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def require_hash(name: str | None, policy: Policy) -> hashes.HashAlgorithm:
    """cryptography's hash of that name (`sha256`), or AlgorithmTooWeak."""
    if name not in policy.hashes:
        raise AlgorithmTooWeak("the hash is not allowed")
    return HASHES[name]


def require_key(key: object, policy: Policy) -> None:
    """RSA of enough bits or an allowed curve; AlgorithmTooWeak otherwise."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < policy.min_rsa_bits:
            raise AlgorithmTooWeak("the RSA key is too short")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in policy.curves:
        raise AlgorithmTooWeak("the key's type or curve is not allowed")


def verify_declared(
    key: Any, signature: bytes, data: bytes, declared: Any, policy: Policy, *, digest: str | None = None
) -> None:
    """Verify `signature` over `data` with an ASN.1 AlgorithmIdentifier (asn1crypto's SignedDigestAlgorithm).

    `digest` is the hash where the identifier names none (rsaEncryption, RFC 3370 section 3.2); where it
    names one, both have to agree.

    Raises:
        AlgorithmTooWeak, SignatureMalformed (not the key's), SignatureInvalid
    """
    scheme = declared.signature_algo
    if scheme == "rsassa_pkcs1v15" and declared["algorithm"].native == "rsassa_pkcs1v15":
        name = digest
    else:
        name = declared.hash_algo
        if digest is not None and name != digest:
            raise SignatureMalformed("two hash algorithms")
    algorithm = require_hash(name, policy)
    require_key(key, policy)
    if scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        _verify(lambda: key.verify(signature, data, ec.ECDSA(algorithm)))
    elif scheme == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
        _verify(lambda: key.verify(signature, data, padding.PKCS1v15(), algorithm))
    elif scheme == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
        scheme_pss = _pss(declared["parameters"], policy)
        _verify(lambda: key.verify(signature, data, scheme_pss, algorithm))
    else:
        raise SignatureMalformed("the algorithm is not the key's")


def verify_raw(key: Any, signature: bytes, data: bytes, family: str, name: str, policy: Policy) -> None:
    """Verify as XML signatures and tokens say it: `RS`, `PS` (salt as long as the hash) or `ES` (R || S).

    Raises:
        AlgorithmTooWeak, SignatureMalformed (not the key's), SignatureInvalid
    """
    algorithm = require_hash(name, policy)
    require_key(key, policy)
    if family == "ES" and isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.curve.key_size + 7) // 8
        if len(signature) != 2 * size:
            raise SignatureInvalid("not a raw R || S")
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        _verify(lambda: key.verify(encode_dss_signature(r, s), data, ec.ECDSA(algorithm)))
    elif family == "RS" and isinstance(key, rsa.RSAPublicKey):
        _verify(lambda: key.verify(signature, data, padding.PKCS1v15(), algorithm))
    elif family == "PS" and isinstance(key, rsa.RSAPublicKey):
        scheme = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)
        _verify(lambda: key.verify(signature, data, scheme, algorithm))
    else:
        raise SignatureMalformed("the algorithm is not the key's")


def _verify(check: Any) -> None:
    try:
        check()
    except InvalidSignature as error:
        raise SignatureInvalid("the signature is not this key's") from error


def _pss(parameters: Any, policy: Policy) -> padding.PSS:
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    return padding.PSS(
        mgf=padding.MGF1(require_hash(mask, policy)), salt_length=parameters["salt_length"].native
    )
