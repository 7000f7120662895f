"""When certificates end, and when that is said. Pure: the clock is the caller's.

Of a card is kept what this needs and no more: two keyed hashes and a time. The first hash (issuer and serial
number) tells one card from another; the second (issuer and subject) tells that a new card has taken the
place of an old one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bridge.core.certificate import CertificateFacts

DAYS_BEFORE = (60, 30, 14, 3)
_KEPT_AFTER = timedelta(days=30)
_MOST_CARDS = 64
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Ends are kept between these. Beyond `LAST` a certificate has no end: 9999-12-31 says so (RFC 5280, section
4.1.2.5), and the calendar has no days after that to count with.
"""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The end was announced at `at`, this many days before or at the first chance after that."""

    days: int
    at: datetime


class KnownCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card by its first certificate to end."""

    id: str
    holder: str
    ends: datetime
    said: tuple[Said, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered; `key` is random and makes the hashes meaningless elsewhere (hex)."""

    key: str
    cards: tuple[KnownCard, ...] = ()


def card_of(certificates: Sequence[CertificateFacts], key: str) -> KnownCard:
    """What is kept of a card with these certificates, of which there is at least one."""
    first = min(certificates, key=lambda facts: facts.not_after)
    return KnownCard(
        id=_hash(key, first.issuer_rfc4514, first.serial_number),
        holder=_hash(key, first.issuer_rfc4514, *(f"{k}={v}" for k, v in sorted(first.subject.items()))),
        ends=min(max(first.not_after.astimezone(UTC), FIRST), LAST),
    )


def _hash(key: str, *parts: str) -> str:
    joined = "\x1f".join(parts).encode()
    return hmac.new(bytes.fromhex(key), joined, hashlib.sha256).hexdigest()


def with_card(known: Known, card: KnownCard, now: datetime) -> Known:
    """`known` after this card was seen. The last of a holder's cards counts: the renewed one."""
    if any(other.id == card.id for other in known.cards):
        return known
    if any(other.holder == card.holder and other.ends >= card.ends for other in known.cards):
        return known
    kept = [
        other
        for other in known.cards
        if other.holder != card.holder and other.ends + _KEPT_AFTER > now and other.id != card.id
    ]
    cards = sorted([*kept, card], key=lambda each: each.ends)
    return msgspec.structs.replace(known, cards=tuple(cards[-_MOST_CARDS:]))


def ends(known: Known, now: datetime) -> tuple[datetime, ...]:
    """The ends that still matter, the nearest first."""
    return tuple(card.ends for card in known.cards if now < card.ends + _KEPT_AFTER and card.ends < LAST)


def due(known: Known, now: datetime) -> KnownCard | None:
    """A card whose end is to be announced now.

    An announcement that was missed is made up for once, not once for each that was missed. What was said at a
    time that has not come yet was said by a clock that was wrong.
    """
    return next((card for card in known.cards if _stage(card, now) is not None), None)


def _stage(card: KnownCard, now: datetime) -> int | None:
    if now >= card.ends:
        return None
    reached = [days for days in DAYS_BEFORE if now >= card.ends - timedelta(days=days)]
    said = [each.days for each in card.said if each.at <= now]
    if not reached or said and min(said) <= min(reached):
        return None
    return min(reached)


def announced(known: Known, card: KnownCard, now: datetime) -> Known:
    """`known` after what was `due` has been said."""
    days = _stage(card, now)
    if days is None:
        return known
    said = [each for each in card.said if each.at <= now]
    after = msgspec.structs.replace(card, said=(*said, Said(days=days, at=now)))
    cards = tuple(after if other.id == card.id else other for other in known.cards)
    return msgspec.structs.replace(known, cards=cards)


def next_due(known: Known, now: datetime) -> datetime | None:
    """When there will be something to say again; None: never, as far as is known."""
    moments = [
        card.ends - timedelta(days=days)
        for card in known.cards
        for days in DAYS_BEFORE
        if card.ends - timedelta(days=days) > now
    ]
    return now if due(known, now) else min(moments, default=None)
