"""What a verified signature gives, and the judgment of its certificate that all formats share."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography import x509

from .chain import build_path, require_period, require_signature
from .policy import Policy
from .revocation import Checked, Fetch, require_not_revoked
from .timestamp import signing_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """A signature that holds.

    `content` is exactly what was signed, and all that a portal should go on with: the document of CAdES,
    detached XAdES and PAdES (up to the end of the signed revision); of enveloped XAdES the canonical XML
    without the signature; of enveloping XAdES what its ds:Object holds (xades.py).
    `moment` is when the certificate was judged: `stamped` (a trusted time stamp), else the receipt.
    `claimed` is what the signer's clock said, unproven. `revocation` is "unchecked" where policy "soft"
    let a silent authority pass.
    """

    form: Literal["cades", "xades", "pades"]
    packaging: Literal["detached", "enveloping", "enveloped"] | None
    certificate: x509.Certificate
    content: bytes = field(repr=False)
    moment: datetime
    stamped: datetime | None
    claimed: datetime | None
    revocation: Checked
    media_type: str | None = None

    @property
    def document_sha256(self) -> str:
        """SHA-256 of `content`, lower-case hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """When and how the signer's certificate was found good."""

    moment: datetime
    stamped: datetime | None
    revocation: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """When a signature was received and judged, by which rules, asking whom."""

    policy: Policy
    moment: datetime
    now: datetime
    fetch: Fetch | None

    @classmethod
    def of(cls, policy: Policy, moment: datetime, now: datetime | None, fetch: Fetch | None) -> "Receipt":
        """`now` defaults to the receipt; both are aware."""
        return cls(policy=policy, moment=moment, now=now or moment, fetch=fetch)

    async def judge(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        timestamps: Sequence[bytes],
        stamped: bytes,
    ) -> Trust:
        """The certificate is for signatures, valid, trusted and not revoked when it signed.

        Raises:
            CertificateError, TimestampMissing, TimestampInvalid
        """
        made = await signing_moment(timestamps, stamped, self.policy, self.moment, self.now, self.fetch)
        moment = made or self.moment
        require_signature(certificate)
        require_period(certificate, moment, self.policy)
        path = await build_path(certificate, self.policy.authorities, moment, self.policy, others)
        checked = await require_not_revoked(path, self.policy, moment, self.now, self.fetch)
        return Trust(moment=moment, stamped=made, revocation=checked)
