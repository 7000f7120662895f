"""The Web eID authentication token, format web-eid:1.0."""

from __future__ import annotations

import base64
from functools import lru_cache

from bridge.core.algorithms import HASHES, Algorithm
from bridge.core.messages import AuthenticationToken
from bridge.core.origin import Origin
from bridge.core.ports import RawSigner

APP_VERSION = "https://github.com/cardbridge/cardbridge/releases/v{version}"


def signed_message(origin: Origin, challenge_nonce: str, algorithm: Algorithm) -> bytes:
    """H(origin) ‖ H(nonce), which the algorithm hashes once more (Web eID, "token signature").

    Args:
        challenge_nonce: the base64 text as it came, never decoded.
    """
    hashed = HASHES[algorithm.hash_name]
    return b"".join(hashed(text.encode()).digest() for text in (str(origin), challenge_nonce))


@lru_cache(maxsize=16)
def _base64(certificate: bytes) -> str:
    return base64.b64encode(certificate).decode()


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
        unverified_certificate=_base64(certificate),
        algorithm=algorithm.jws,
        signature=base64.b64encode(signature).decode(),
        format="web-eid:1.0",
        app_version=APP_VERSION.format(version=version),
    )
