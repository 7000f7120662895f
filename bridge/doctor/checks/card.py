"""What the card says without a PIN: its certificates' purposes, ends and chain. Never whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bridge.core import certificate
from bridge.core.certificate import CertificateFacts, UnreadableCertificate, chain
from bridge.core.expiry import DAYS_BEFORE
from bridge.core.finding import Finding
from bridge.core.localtime import local
from bridge.core.token import Token
from bridge.doctor.place import Place
from bridge.pkcs11.wire import Inspected


def certificates(place: Place) -> Iterable[Finding]:
    """Of every card that a driver sees."""
    tokens = [
        token
        for seen in place.seen.inspected.values()
        if isinstance(seen, Inspected)
        for token in seen.tokens
    ]
    tokens = [token for token in tokens if token.certificates]
    if not tokens:
        yield Finding(id="certificate", code="certificate_no_card", state="skipped")
    for number, token in enumerate(tokens, start=1):
        yield from _of_token(token, f"{number}", place.now())


def facts_of(token: Token) -> list[CertificateFacts]:
    """Those that can be read."""
    found = []
    for each in token.certificates:
        try:
            found.append(certificate.read(each.der))
        except UnreadableCertificate:
            continue
    return found


def _of_token(token: Token, number: str, now: datetime) -> Iterator[Finding]:
    facts = facts_of(token)
    own = [each for each in facts if not each.is_authority]
    if token.pin_state in ("locked", "finalTry"):
        state = "failure" if token.pin_state == "locked" else "warning"
        yield _finding("certificate", f"pin_{token.pin_state}", state, number)
    if len(facts) < len(token.certificates):
        unread = str(len(token.certificates) - len(facts))
        yield _finding("certificate", "certificate_unreadable", "warning", number, count=unread)
    if not own:
        yield _finding("certificate.purpose", "certificate_none", "failure", number)
        return
    yield from _purposes(own, number)
    for each in own:
        yield _validity(each, number, now)
    yield _chain(own, facts, number)


def _purposes(own: Sequence[CertificateFacts], number: str) -> Iterator[Finding]:
    logins, documents = any(c.signs_logins for c in own), any(c.signs_documents for c in own)
    if logins and documents:
        yield _finding("certificate.purpose", "purposes_both", "ok", number)
    elif logins or documents:
        code = "purpose_logins" if logins else "purpose_documents"
        yield _finding("certificate.purpose", code, "warning", number)
    else:
        yield _finding("certificate.purpose", "purpose_neither", "failure", number)


def _validity(facts: CertificateFacts, number: str, now: datetime) -> Finding:
    start, end = local(facts.not_before), local(facts.not_after)
    days = (facts.not_after - now).days
    values = {"start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}", "days": str(days)}
    detail = f"{facts.key_type} {facts.key_bits}; {', '.join(facts.key_usage)}"
    obstacle = facts.obstacle(now)
    if obstacle == "expired":
        return _finding("certificate.validity", "certificate_expired", "failure", number, detail, **values)
    if obstacle == "notYetValid":
        return _finding("certificate.validity", "certificate_early", "failure", number, detail, **values)
    is_soon = days < max(DAYS_BEFORE)
    code = "certificate_soon" if is_soon else "certificate_valid"
    return _finding("certificate.validity", code, "warning" if is_soon else "ok", number, detail, **values)


def _chain(own: Sequence[CertificateFacts], facts: Sequence[CertificateFacts], number: str) -> Finding:
    """Up to a certificate that signs itself. A card needs not have one: portals bring their own."""
    others = tuple(each for each in facts if each.is_authority)
    for each in own:
        last = (each, *chain(each, others))[-1]
        if last.issuer_der != last.subject_der:
            return _finding("certificate.chain", "chain_short", "ok", number)
    return _finding("certificate.chain", "chain_whole", "ok", number)


def _finding(id: str, code: str, state: str, number: str, detail: str = "", **values: str) -> Finding:
    return Finding(id=id, code=code, state=state, values={"card": number, **values}, detail=detail)  # type: ignore[arg-type]
