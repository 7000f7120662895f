"""Verification of what the daemon returns, importable on its own: no web, no database.

    certificate = await verify_token(token, origin=…, nonce=…, authorities=…, moment=…)
    verified = await verify_cades(signature, document, authorities=…, moment=…)

Revocation is not checked yet; it comes with a later issue.
"""

from .cades import VerifiedSignature, verify_cades
from .chain import Authorities, load_certificate
from .errors import VerificationError
from .token import AuthenticationToken, parse_token, verify_token

__all__ = [
    "AuthenticationToken",
    "Authorities",
    "VerificationError",
    "VerifiedSignature",
    "load_certificate",
    "parse_token",
    "verify_cades",
    "verify_token",
]
