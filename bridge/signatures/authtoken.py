"""The Web eID authentication token, format web-eid:1.0."""

from __future__ import annotations

import base64
import hashlib

from bridge.core.algorithms import Algorithm
from bridge.core.messages import AuthenticationToken
from bridge.core.origin import Origin
from bridge.core.ports import RawSigner

APP_VERSION = "https://github.com/cardbridge/cardbridge/releases/v{version}"


def signed_message(origin: Origin, challenge_nonce: str, algorithm: Algorithm) -> bytes:
    """H(origin) ‖ H(nonce), which the algorithm hashes once more (Web eID, "token signature").

    Args:
        challenge_nonce: the base64 text as it came, never decoded.
    """
    return b"".join(
        hashlib.new(algorithm.hash_name, text.encode()).digest() for text in (str(origin), challenge_nonce)
    )


async def make(
    certificate: bytes,
    algorithm: Algorithm,
    sign: RawSigner,
    *,
    origin: Origin,
    challenge_nonce: str,
    version: str,
) -> AuthenticationToken:
    """The token for `origin`, signed with the key of `certificate` (DER)."""
    signature = await sign(signed_message(origin, challenge_nonce, algorithm))
    return AuthenticationToken(
        unverified_certificate=base64.b64encode(certificate).decode(),
        algorithm=algorithm.jws,
        signature=base64.b64encode(signature).decode(),
        format="web-eid:1.0",
        app_version=APP_VERSION.format(version=version),
    )
