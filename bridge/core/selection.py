"""Which certificates on the tokens fit a request."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bridge.core import certificate as x509
from bridge.core.algorithms import Algorithm, usable
from bridge.core.certificate import CertificateFacts
from bridge.core.messages import Filter
from bridge.core.ports import PlacedToken, Survey
from bridge.core.readers import public_name


class CertificateEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate on a token, with the CKA_ID that joins it to its key."""

    place: PlacedToken
    key_id: bytes
    facts: CertificateFacts
    chain: tuple[CertificateFacts, ...]

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        return usable(self.facts.key_type, self.facts.key_bits, self.place.token.mechanisms)

    @property
    def reader(self) -> str:
        return public_name(self.place.token.description)


def entries(survey: Survey) -> list[CertificateEntry]:
    """Every end entity's certificate on every token.

    A card that two drivers know is there once, through the driver that is configured first.
    """
    found: list[CertificateEntry] = []
    by_thumbprint: dict[str, str] = {}
    for place in survey.tokens:
        readable = [(c.id, facts) for c in place.token.certificates if (facts := _facts(c.der)) is not None]
        others = tuple(facts for _, facts in readable)
        found += [
            CertificateEntry(place=place, key_id=key_id, facts=facts, chain=x509.chain(facts, others))
            for key_id, facts in readable
            if not facts.is_authority
            and by_thumbprint.setdefault(facts.thumbprint, place.driver) == place.driver
        ]
    return found


def _facts(der: bytes) -> CertificateFacts | None:
    try:
        return x509.read(der)
    except x509.UnreadableCertificate:
        return None


def for_authentication(found: list[CertificateEntry]) -> list[CertificateEntry]:
    """Those with keyUsage digitalSignature."""
    return [entry for entry in found if entry.facts.signs_logins]


def for_signature(found: list[CertificateEntry]) -> list[CertificateEntry]:
    """Those with nonRepudiation; digitalSignature where the same token has no such certificate."""
    signing = [entry for entry in found if entry.facts.signs_documents]
    tokens = [entry.place for entry in signing]
    return signing + [e for e in found if e.facts.signs_logins and e.place not in tokens]


def matching(found: list[CertificateEntry], wanted: Filter | None) -> list[CertificateEntry]:
    """Those that fit the page's filter."""
    return found if wanted is None else [entry for entry in found if _fits(entry.facts, wanted)]


def _fits(facts: CertificateFacts, wanted: Filter) -> bool:
    rules: tuple[tuple[tuple[str, ...] | None, Callable[[str], bool]], ...] = (
        (wanted.issuers, lambda issuer: issuer == facts.issuer_rfc4514),
        (wanted.thumbprints, lambda thumbprint: thumbprint == facts.thumbprint),
        (wanted.key_usage, lambda usage: usage in facts.key_usage),
        (wanted.policies, lambda policy: policy in facts.policies),
    )
    return all(values is None or any(map(fits, values)) for values, fits in rules)
