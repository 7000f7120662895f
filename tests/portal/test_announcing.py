"""Whatever the history says of a card, its company hears; addresses that requests count for."""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cardbridge_portal.addresses import client_of, parse_networks
from cardbridge_portal.context import DATABASE
from cardbridge_portal.database import Card, Company, Event, OutgoingMail, Refusal, Registration
from cardbridge_portal.mail.announcing import ANNOUNCED
from cardbridge_portal.mail.texts import WORDINGS, Kind
from tests.portal.clerk import FORM, Clerk, Clock


@pytest.fixture
async def registered(clerk: Clerk) -> str:
    """A registration; its receipt."""
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    answer = await clerk.complete(transaction, await clerk.sign(document))
    return str((await answer.json())["receipt"])


async def letters(db: AsyncSession) -> list[OutgoingMail]:
    return list(await db.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


async def add_event(db: AsyncSession, clock: Clock, kind: str) -> None:
    """An event of the one registration, as whoever writes events does."""
    card = (await db.scalars(select(Card))).one()
    registration = await db.get_one(Registration, card.registration_id)
    db.add(
        Event(
            moment=clock(),
            municipality="462012",
            kind=kind,
            actor="system",
            company_id=registration.company_id,
            registration_id=registration.id,
            card_id=card.id,
            detail={},
        )
    )
    await db.flush()


async def test_a_registration_is_told_with_its_receipt(registered: str, server: TestServer) -> None:
    async with server.app[DATABASE]() as db:
        told = await letters(db)
    assert [(each.kind, each.recipient) for each in told] == [(Kind.CARD_ADDED, FORM["contact_email"])]
    for word in (registered, "見本　太郎", "カードブリッジ実演用認証局", "株式会社見本建設　御中"):
        assert word in told[0].body


@pytest.mark.parametrize("kind", sorted(ANNOUNCED))
async def test_every_kind_of_event(registered: str, server: TestServer, clock: Clock, kind: str) -> None:
    async with server.app[DATABASE]() as db:
        await add_event(db, clock, kind)
        await db.commit()
        told = await letters(db)
    assert len(told) == 2 and told[-1].kind == ANNOUNCED[kind]
    assert WORDINGS[ANNOUNCED[kind]].alarm and registered not in told[-1].body


async def test_other_events_are_not_told(registered: str, server: TestServer, clock: Clock) -> None:
    async with server.app[DATABASE]() as db:
        for kind in ("lookupReleased", "imported"):
            await add_event(db, clock, kind)
        await db.commit()
        assert len(await letters(db)) == 1


async def test_an_event_that_is_taken_back_is_not_told(
    registered: str, server: TestServer, clock: Clock
) -> None:
    async with server.app[DATABASE]() as db:
        await add_event(db, clock, "revoked")
        await db.rollback()
        await add_event(db, clock, "changed")
        await db.commit()
        assert [each.kind for each in await letters(db)] == [Kind.CARD_ADDED, Kind.REGISTRATION_CHANGED]


async def test_a_changed_address_is_told_at_both(registered: str, server: TestServer, clock: Clock) -> None:
    """Or who has got hold of a card changes the address first, and nobody hears of it."""
    async with server.app[DATABASE]() as db:
        registration = (await db.scalars(select(Registration))).one()
        registration.form = registration.form | {"contact_email": "new@example.jp"}
        await add_event(db, clock, "changed")
        await db.commit()
        told = [each.recipient for each in await letters(db)]
    assert told == [FORM["contact_email"], "new@example.jp", FORM["contact_email"]]


async def test_a_second_card_is_told_at_the_first_ones_address(
    registered: str, server: TestServer, clock: Clock
) -> None:
    """A foreign card's registration names an address of its own; the company's has to hear as well."""
    async with server.app[DATABASE]() as db:
        company = (await db.scalars(select(Company).where(Company.municipality == "462012"))).one()
        form = FORM | {"contact_email": "evil@example.jp"}
        db.add(Registration(company_id=company.id, registered=clock(), form=form))
        await add_event(db, clock, "registered")
        await db.commit()
        assert {each.recipient for each in await letters(db)} == {FORM["contact_email"], "evil@example.jp"}


async def test_the_first_card_is_told_at_the_lists_address_too(
    registered: str, server: TestServer, clock: Clock
) -> None:
    """Who registers a foreign card before the company does is not the only one to hear of it."""
    async with server.app[DATABASE]() as db:
        company = (await db.scalars(select(Company).where(Company.municipality == "462012"))).one()
        company.mail = "list@example.jp"
        await add_event(db, clock, "registered")
        await db.commit()
        assert [each.recipient for each in await letters(db)][1:] == [
            FORM["contact_email"],
            "list@example.jp",
        ]


async def test_a_card_that_is_refused_at_the_end_is_noted(
    clerk: Clerk, server: TestServer, sample_card: Path
) -> None:
    """Number and name were right, and the signature is another card's: the company hears of it."""
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    clerk.sample = clerk.sample | {
        "card": str(next(p for p in sample_card.parent.iterdir() if p != sample_card))
    }
    assert (await clerk.complete(transaction, await clerk.sign(document))).status == 422
    async with server.app[DATABASE]() as db:
        noted = (await db.scalars(select(Refusal))).one()
        assert noted.named_by == "card" and noted.company_id is not None


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # no proxy of ours: anybody can write the header
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),  # the first is the client's own invention
        ("10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"),  # two proxies
        ("10.0.0.1", ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("2001:db8:0:1:aaaa::1", [], "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::2", [], "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("fd00::1", ["2001:db8:0:1::5"], "2001:db8:0:1::/64"),
        (None, [], ""),
        ("not an address", ["203.0.113.9"], ""),
    ],
)
def test_client_of(peer: str | None, forwarded: list[str], client: str) -> None:
    assert client_of(peer, forwarded, parse_networks("10.0.0.0/24,fd00::/64")) == client


def test_no_proxy_is_trusted_by_itself() -> None:
    assert client_of("10.0.0.1", ["203.0.113.9"], ()) == "10.0.0.1"
    with pytest.raises(ValueError, match="nonsense"):
        parse_networks("10.0.0.1,nonsense")
