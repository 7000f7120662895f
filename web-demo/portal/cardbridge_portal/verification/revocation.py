"""Whether a path was revoked: OCSP first, then lists, for every certificate below the root."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from .crl import crl_addresses, read_crl
from .errors import (
    CertificateRevoked,
    ResponderUnauthorized,
    RevocationError,
    RevocationUnanswered,
    RevocationUnavailable,
    RevocationUnreachable,
)
from .ocsp import Question, read_answer
from .policy import Policy, RevocationSource

Checked = Literal["good", "unchecked", "off"]
MAX_ADDRESSES = 3


class Fetch(Protocol):
    """The network, as far as revocation needs it; a portal may give its own, with a cache for instance."""

    async def __call__(self, address: str, *, body: bytes | None, max_bytes: int) -> bytes:
        """GET `address`, or POST `body` as an OCSP request; the body of the answer.

        Raises:
            RevocationUnanswered
        """


async def require_not_revoked(
    path: Sequence[x509.Certificate],
    policy: Policy,
    moment: datetime,
    now: datetime,
    fetch: Fetch | None = None,
) -> Checked:
    """No certificate of `path` (root last) was revoked at `moment`, by what is published `now`.

    Returns "unchecked" where policy "soft" lets silence pass.

    Raises:
        CertificateRevoked, RevocationError
    """
    if policy.revocation == "off":
        return "off"
    silence: RevocationUnanswered | None = None
    try:
        async with asyncio.timeout(policy.network.total_s):
            for certificate, issuer in zip(path, path[1:], strict=False):
                try:
                    revoked = await _status(certificate, issuer, policy, now, fetch or _network(policy))
                except RevocationUnanswered as error:
                    silence = silence or error
                    continue
                if revoked is not None and revoked <= moment:
                    raise CertificateRevoked("revoked")
    except TimeoutError:
        silence = silence or RevocationUnreachable("time limit of all questions")
    if silence is not None and policy.revocation == "hard":
        raise silence
    return "good" if silence is None else "unchecked"


async def _status(
    certificate: x509.Certificate, issuer: x509.Certificate, policy: Policy, now: datetime, fetch: Fetch
) -> datetime | None:
    """When it was revoked, or None; the first conclusive answer counts, else the first failure is raised."""
    source = policy.source_of(issuer) or RevocationSource(
        issuer=issuer, ocsp=ocsp_addresses(certificate), crls=crl_addresses(certificate)
    )
    failures: list[RevocationError] = []
    for address in source.ocsp[:MAX_ADDRESSES]:
        try:
            return await _ask(address, certificate, source, policy, now, fetch)
        except RevocationError as error:
            failures.append(error)
    for address in source.crls[:MAX_ADDRESSES]:
        try:
            der = await fetch(address, body=None, max_bytes=policy.network.max_crl_bytes)
            return read_crl(der, certificate, issuer, policy, now)
        except RevocationError as error:
            failures.append(error)
    # What was answered says more than what was not.
    failures.sort(key=lambda error: isinstance(error, RevocationUnanswered))
    raise failures[0] if failures else RevocationUnavailable("no address is known")


async def _ask(
    address: str,
    certificate: x509.Certificate,
    source: RevocationSource,
    policy: Policy,
    now: datetime,
    fetch: Fetch,
) -> datetime | None:
    question = Question.about(certificate, source.issuer)
    der = await fetch(address, body=question.encode(), max_bytes=policy.network.max_ocsp_bytes)
    answer = read_answer(der, question, policy, now, source.responder)
    if answer.delegate is not None:
        await _require_delegate(answer.delegate, source, policy, now, fetch)
    return answer.revoked


async def _require_delegate(
    delegate: x509.Certificate, source: RevocationSource, policy: Policy, now: datetime, fetch: Fetch
) -> None:
    """Without id-pkix-ocsp-nocheck it is looked up in its list (RFC 6960 section 4.2.2.2.1)."""
    try:
        delegate.extensions.get_extension_for_class(x509.OCSPNoCheck)
        return
    except x509.ExtensionNotFound:
        addresses = crl_addresses(delegate)
    for address in addresses[:1]:
        der = await fetch(address, body=None, max_bytes=policy.network.max_crl_bytes)
        revoked = read_crl(der, delegate, source.issuer, policy, now)
        if revoked is not None and revoked <= now:
            raise ResponderUnauthorized("the responder's own certificate is revoked")


def ocsp_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """The OCSP responders that the certificate names (RFC 5280 section 4.2.2.1)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        entry.access_location.value
        for entry in found
        if entry.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(entry.access_location, x509.UniformResourceIdentifier)
    )


def _network(policy: Policy) -> Fetch:
    from .fetch import NetworkFetch  # aiohttp is heavy, and only needed here

    return NetworkFetch(policy.network)
