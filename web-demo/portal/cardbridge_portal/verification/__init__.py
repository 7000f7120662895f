"""Verification of what the daemon returns, importable on its own: no web framework, no database.

    policy = Policy(authorities=Authorities(roots=(root,)))
    who = await verify_token(token, origin=…, nonce=…, policy=policy, moment=…)
    what = await verify_cades(signature, document, policy=policy, moment=…)
    what = await verify_xades(xml, policy=policy, moment=…)
    what = await verify_pades(pdf, policy=policy, moment=…)

VERIFICATION.md beside the package explains policy, results and every refusal.
"""

from . import errors
from .cades import verify_cades
from .chain import load_certificate
from .errors import VerificationError
from .pades import EarlierSignature, VerifiedPdf, verify_pades
from .policy import Authorities, Network, Policy, RevocationSource
from .revocation import Fetch
from .token import AuthenticationToken, VerifiedToken, parse_token, verify_token
from .verified import VerifiedSignature
from .xades import verify_xades

__all__ = [
    "AuthenticationToken",
    "Authorities",
    "EarlierSignature",
    "Fetch",
    "Network",
    "Policy",
    "RevocationSource",
    "VerificationError",
    "VerifiedPdf",
    "VerifiedSignature",
    "VerifiedToken",
    "errors",
    "load_certificate",
    "parse_token",
    "verify_cades",
    "verify_pades",
    "verify_token",
    "verify_xades",
]
