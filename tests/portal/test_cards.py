"""What becomes of a registered card: revoked by the authority, once and for ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cardbridge_portal.cards import CardRevoked, active_card, revoke_card
from cardbridge_portal.database import Card, Event
from cardbridge_portal.engine import open_database
from cardbridge_portal.verification import load_certificate
from tests.portal.clerk import Clerk
from tests.portal.companies import execute, rows
from tests.portal.conftest import MakeClerk
from tests.portal.test_change import reason_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest_asyncio.fixture
async def sessions(clerk: Clerk, data: Path) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """The database of a portal at which one card is registered."""
    await clerk.register()
    engine = await open_database(f"sqlite+aiosqlite:///{data / 'portal.sqlite3'}")
    yield async_sessionmaker(engine, expire_on_commit=False)
    await engine.dispose()


async def test_revoked_with_its_event_in_one_transaction(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as db:
        card = (await db.scalars(select(Card))).one()
        await revoke_card(db, card, reason="紛失", actor="official:7", moment=NOW)
        await db.rollback()
        await db.refresh(card)
        assert card.state == "active"
        event = await revoke_card(db, card, reason="紛失", actor="official:7", moment=NOW)
        await db.commit()
        assert (card.state, card.reason, card.ended) == ("revoked", "紛失", NOW)
        assert (event.kind, event.card_id, event.actor) == ("revoked", card.id, "official:7")
        with pytest.raises(CardRevoked):
            await active_card(db, load_certificate(card.authentication), "462012")


async def test_revoked_by_two_at_once_is_one_event(sessions: async_sessionmaker[AsyncSession]) -> None:
    async def revoke() -> str:
        async with sessions() as db:
            card = (await db.scalars(select(Card))).one()
            try:
                await revoke_card(db, card, reason="盗難", actor="official:7", moment=NOW)
            except CardRevoked:
                await db.rollback()
                return "refused"
            await db.commit()
            return "revoked"

    assert sorted(await asyncio.gather(revoke(), revoke())) == ["refused", "revoked"]
    async with sessions() as db:
        assert (await db.scalars(select(Event.kind))).all() == ["registered", "revoked"]


async def test_one_card_with_two_municipalities(clerk_for: MakeClerk, data: Path) -> None:
    """A company that is qualified with both registers the same card with each, once; each ends its own."""
    clerk, there = await clerk_for(), await clerk_for(1)
    there.sample = there.sample | {"card": clerk.sample["card"]}
    await clerk.register()
    await there.register()
    stored = rows(data, "SELECT municipality, registration_id FROM card ORDER BY id")
    assert stored == [("462012", 1), ("462039", 2)]
    for each in (clerk, there):
        await each.authenticate()
        assert 'data-reason="cardAlreadyRegistered"' in each.text
    await execute(data, "UPDATE card SET state = 'revoked', reason = '破損' WHERE municipality = '462012'")
    assert await reason_of(await clerk.identify("login")) == (409, "cardRevoked")
    await there.follow(await there.identify("login"))
    assert 'data-screen="mypage"' in there.text and "有限会社サンプル土木" in there.text
