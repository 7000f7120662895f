"""Time stamps (RFC 3161): from when on a signature existed for certain."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from . import cms
from .algorithms import require_hash
from .chain import UNREADABLE, build_path, require_period
from .errors import TimestampInvalid, TimestampMissing, VerificationError
from .policy import Policy
from .revocation import Fetch, require_not_revoked


async def signing_moment(
    tokens: Sequence[bytes],
    stamped: bytes,
    policy: Policy,
    moment: datetime,
    now: datetime,
    fetch: Fetch | None,
) -> datetime | None:
    """The earliest time stamp's genTime over `stamped`; None where the policy or the signature has none.

    `moment` is the receipt, after which no time stamp can be.

    Raises:
        TimestampMissing, TimestampInvalid
    """
    if policy.signing_time == "receipt":
        return None
    if not tokens:
        if policy.signing_time == "timestampRequired":
            raise TimestampMissing("no time stamp")
        return None
    try:
        return min([await _verify(token, stamped, policy, moment, now, fetch) for token in tokens])
    except TimestampInvalid:
        raise
    except VerificationError as error:
        raise TimestampInvalid(f"the time stamp: {error.reason}") from error
    except UNREADABLE as error:
        raise TimestampInvalid("not a readable time stamp") from error


async def _verify(
    token: bytes, stamped: bytes, policy: Policy, moment: datetime, now: datetime, fetch: Fetch | None
) -> datetime:
    signed = cms.read(token)
    content: bytes = signed["encap_content_info"]["content"].contents
    verified = cms.verify(signed, content, policy, kind="tst_info")
    info = signed["encap_content_info"]["content"].parsed
    _require_imprint(info["message_imprint"], stamped, policy)
    made: datetime = info["gen_time"].native
    if made > moment + policy.clock_skew:
        raise TimestampInvalid("from the future")
    _require_purpose(verified.certificate)
    require_period(verified.certificate, made, policy)
    if policy.timestamp_authorities is None:
        raise TimestampInvalid("no authority is accepted")
    path = await build_path(verified.certificate, policy.timestamp_authorities, made, policy, verified.others)
    await require_not_revoked(path, policy, made, now, fetch)
    return made


def _require_imprint(imprint: Any, stamped: bytes, policy: Policy) -> None:
    name = imprint["hash_algorithm"]["algorithm"].native
    require_hash(name, policy)
    if not hmac.compare_digest(hashlib.new(name, stamped).digest(), imprint["hashed_message"].native):
        raise TimestampInvalid("over another signature")


def _require_purpose(certificate: x509.Certificate) -> None:
    """RFC 3161 section 2.3: the extended key usage is critical and only timeStamping."""
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            if extension.critical and list(extension.value) == [ExtendedKeyUsageOID.TIME_STAMPING]:
                return
    raise TimestampInvalid("the certificate is not for time stamps")
