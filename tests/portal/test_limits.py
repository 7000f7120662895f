"""Limits: what is counted, how long it stops, over processes; the way back; one course of work."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from cardbridge_portal import sessions
from cardbridge_portal.database import (
    Company,
    Event,
    LookupAttempts,
    LookupRelease,
    OutgoingMail,
    Refusal,
    Registration,
)
from cardbridge_portal.engine import open_database
from cardbridge_portal.limits import ADDRESS, CARD, FOREIGN_NAME, OWN_NAME, Attempt, Limit, same_company
from cardbridge_portal.lookup import LockedOut, NotFound, QualificationRecords
from cardbridge_portal.numbers import NumberKey
from cardbridge_portal.refusals import AT_MOST_EVERY, QUIET, Refusals
from cardbridge_portal.releases import TRIES, VALID, ReferenceUnknown, release
from cardbridge_portal.settings import Settings
from tests.portal.clerk import Clock

NAME, NUMBER, CODE = "株式会社見本建設", "12345678", "462012"
OTHER, OTHER_NUMBER = "有限会社例示土木", "87654321"


def attempt(**values: str) -> Attempt:
    """A wrong number for the sample's name, by a card of another company."""
    given = {"municipality": CODE, "number": "00000000", "name": NAME, "card": "card-1", "actor": "card:1"}
    return Attempt(**{**given, "organization": "攻撃商会", "address": "192.0.2.1", **values})


class Portal:
    """One process of the portal, as far as look-ups go."""

    def __init__(self, engine: AsyncEngine, key: NumberKey, clock: Clock) -> None:
        self.engine, self.key, self.clock = engine, key, clock
        self.database = async_sessionmaker(engine, expire_on_commit=False)
        self.records = QualificationRecords(clock, key)
        self.refusals = Refusals(self.database, clock)

    async def find(self, **values: str) -> str:
        """found | wrong | the reference of a lock."""
        async with self.database() as db:
            try:
                session, _ = await sessions.begin(db, Settings(data=Path("/x"), origin="http://localhost:1"))
                sessions.start_over(session, "register", b"certificate")
                await self.records.find(db, attempt(**values), session)
            except NotFound:
                return "wrong"
            except LockedOut as error:
                return error.reference
            return "found"

    async def all(self, statement: Any) -> list[Any]:
        async with self.database() as db:
            return list(await db.scalars(statement))

    async def release(self, reference: str, name: str = NAME) -> None:
        async with self.database() as db:
            company = (await db.scalars(select(Company).where(Company.name == name))).one()
            await release(db, self.key, company, reference, actor="official:1", moment=self.clock())


async def fill(db: AsyncSession, key: NumberKey) -> None:
    for name, number in ((NAME, NUMBER), (OTHER, OTHER_NUMBER)):
        mac = await key.mac(db, CODE, number)
        company = Company(municipality=CODE, number_mac=mac, name=name, representative="見本", address="市")
        db.add(company)
        await db.flush()
        form = {"contact_email": f"c{company.id}@example.jp", "unit_email": f"u{company.id}@example.jp"}
        db.add(Registration(company_id=company.id, registered=Clock()(), form=form))
    await db.commit()


@pytest_asyncio.fixture
async def portals(url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[Portal, Portal]]:
    """Two processes on one database."""
    key = NumberKey.open(tmp_path / "key")
    engines = [await open_database(url) for _ in range(2)]
    async with async_sessionmaker(engines[0])() as db:
        await fill(db, key)
    yield Portal(engines[0], key, clock), Portal(engines[1], key, clock)
    for engine in engines:
        await engine.dispose()


@pytest.fixture
def portal(portals: tuple[Portal, Portal]) -> Portal:
    return portals[0]


def locked(answer: str) -> bool:
    return re.fullmatch(r"[0-9]{12}", answer) is not None


def test_stops_grow_and_waiting_never_pays() -> None:
    minutes = [CARD.stop(failures) for failures in range(4, 14)]
    assert minutes[0] is None
    assert [stop and stop.total_seconds() / 60 for stop in minutes[1:]] == [
        15, 30, 60, 120, 240, 480, 960, 1440, 1440
    ]  # fmt: skip
    for limit in (CARD, ADDRESS, FOREIGN_NAME, OWN_NAME, Limit(free=1)):
        assert limit.memory > limit.longest >= limit.first


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("株式会社見本建設", "株式会社見本建設", True),
        ("（株）見本建設", "株式会社見本建設", True),
        ("㈱ 見本 建設", "株式会社見本建設", True),
        ("ＡＢＣ土木㈲", "abc土木有限会社", True),
        ("株式会社見本建設", "株式会社見本建築", False),
        ("見本建設", "株式会社見本建設", False),
        ("", "", False),
        ("　", "", False),
    ],
)
def test_same_company(one: str, other: str, same: bool) -> None:
    assert same_company(one, other) is same


async def test_a_card_is_stopped_whatever_name_and_address_it_tries(portal: Portal) -> None:
    for number in range(5):
        assert await portal.find(name=f"会社{number}", address=f"192.0.2.{number}") == "wrong"
    assert locked(await portal.find(name="会社9", address="192.0.2.9"))
    assert locked(await portal.find(name=NAME, number=NUMBER, address="192.0.2.9"))  # also when it is right
    assert await portal.find(name="会社9", address="192.0.2.9", card="card-2") == "wrong"


async def test_each_further_failure_stops_twice_as_long(portal: Portal) -> None:
    waited = []
    for number in range(12):
        name, address = f"会社{number}", f"192.0.2.{number}"
        minutes = 0
        while locked(await portal.find(name=name, address=address)):
            portal.clock.pass_s(15 * 60 + 1)
            minutes += 15
        waited.append(minutes)
    assert waited == [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 960]
    portal.clock.pass_s(CARD.memory.total_seconds() + 1)
    assert await portal.find() == "wrong" and await portal.find() == "wrong"  # forgotten


async def test_one_name_is_guarded_against_many_cards_and_addresses(portal: Portal) -> None:
    answers = [await portal.find(card=f"card-{n}", address=f"192.0.2.{n}") for n in range(12)]
    assert answers[:10] == ["wrong"] * 10 and all(map(locked, answers[10:]))
    assert len(set(answers[10:])) == 2  # each card has its own reference
    assert await portal.find(name=OTHER, card="card-20", address="192.0.2.20") == "wrong"


async def test_a_name_that_nobody_has_is_guarded_alike(portal: Portal) -> None:
    """Or the lock would tell which names there are."""
    answers = [await portal.find(name="架空建設", card=f"c{n}", address=f"192.0.2.{n}") for n in range(11)]
    assert answers[:10] == ["wrong"] * 10 and locked(answers[10])


async def test_the_companys_own_card_is_not_shut_out_by_others(portal: Portal) -> None:
    """Nor by those behind the same address."""
    for n in range(30):
        await portal.find(card=f"card-{n}", name=NAME if n < 12 else f"会社{n}")
    for name in (NAME, "会社99"):  # the name is stopped, and so is the address
        assert locked(await portal.find(card="card-99", name=name))
    right = {"card": "own", "number": NUMBER}
    assert await portal.find(**right, organization="(株) 見本建設") == "found"
    assert locked(await portal.find(**right, organization="ＭＩＨＯＮ　ＫＥＮＳＥＴＳＵ"))


async def test_cards_in_the_companys_name_are_limited_too(portal: Portal) -> None:
    """A former employee's, or those of a company of the same name elsewhere."""
    own = {"organization": NAME}
    assert [await portal.find(**own) for _ in range(5)] == ["wrong"] * 5
    assert locked(await portal.find(**own))
    answers = [await portal.find(**own, card=f"card-{n}", address=f"192.0.2.{n}") for n in range(10, 26)]
    assert answers[:15] == ["wrong"] * 15 and locked(answers[15])


class TestWayBack:
    """The authority's release."""

    async def test_lets_one_card_look_for_one_name_once(self, portal: Portal) -> None:
        for n in range(10):
            for name in (NAME, OTHER):
                await portal.find(card=f"card-{n}-{name}", address=f"192.0.2.{n}", name=name)
        clerk = {"card": "clerk", "address": "198.51.100.1", "number": NUMBER}
        reference = await portal.find(**clerk)
        attacker = await portal.find(card="evil", address="192.0.2.66")
        assert locked(reference) and locked(attacker) and reference != attacker
        await portal.release(f" {reference[:4]}-{reference[4:8]}-{reference[8:]}")
        assert await portal.find(card="evil", address="192.0.2.66") == attacker
        assert await portal.find(**clerk | {"name": OTHER, "number": OTHER_NUMBER}) == reference
        assert await portal.find(**clerk) == "found"
        assert await portal.find(**clerk) == reference  # used up
        assert [row.kind for row in await portal.all(select(Event))] == ["lookupReleased"]

    async def test_has_five_tries_and_a_day(self, portal: Portal) -> None:
        for n in range(10):
            await portal.find(card=f"card-{n}", address=f"192.0.2.{n}")
        reference = await portal.find(card="clerk")
        await portal.release(reference)
        assert [await portal.find(card="clerk") for _ in range(TRIES)] == ["wrong"] * TRIES
        assert locked(await portal.find(card="clerk", number=NUMBER))
        await portal.release(reference)
        portal.clock.pass_s(VALID.total_seconds() - 60)
        assert await portal.find(card="clerk") == "wrong"
        for n in range(10, 30):  # the name stays under attack
            await portal.find(card=f"card-{n}", address=f"192.0.2.{n}")
        portal.clock.pass_s(120)
        assert locked(await portal.find(card="clerk", number=NUMBER))

    async def test_lifts_the_cards_own_lock(self, portal: Portal) -> None:
        own = {"organization": NAME}
        for _ in range(5):
            await portal.find(**own)
        await portal.release(await portal.find(**own))
        assert await portal.find(**own, number=NUMBER) == "found"

    @pytest.mark.parametrize("reference", ["", "000000000000", "12345", "abc", "%", "１" * 12])
    async def test_of_unknown_references(self, portal: Portal, reference: str) -> None:
        await portal.find()
        with pytest.raises(ReferenceUnknown):
            await portal.release(reference)
        assert await portal.all(select(LookupRelease)) == []


async def test_two_processes_give_no_attempt_more(portals: tuple[Portal, Portal]) -> None:
    """Forty at once, of one card: five are compared."""
    tasks = [portals[n % 2].find(name=f"会社{n}", address=f"192.0.2.{n}") for n in range(40)]
    answers = await asyncio.gather(*tasks)
    assert answers.count("wrong") == 5 and sum(map(locked, answers)) == 35


async def test_counters_do_not_grow_for_ever(portal: Portal) -> None:
    for n in range(30):
        await portal.find(name=f"会社{n}", card=f"card-{n}", address=f"192.0.2.{n}")
    await portal.release(await stop(portal, "clerk"))
    assert len(await portal.all(select(LookupAttempts))) > 90
    portal.clock.pass_s((CARD.memory + timedelta(hours=2)).total_seconds())
    await portal.refusals.report()
    for table in (LookupAttempts, LookupRelease, Refusal):
        assert await portal.all(select(func.count()).select_from(table)) == [0]


async def stop(portal: Portal, card: str) -> str:
    while not locked(answer := await portal.find(card=card)):
        pass
    return answer


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[tuple[str, int]]]:
    """The SQL that is sent, and how many rows of values each has."""
    sent: list[tuple[str, int]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        sent.append((sql, len(values) if many else 1))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", note)


WRONG: dict[str, dict[str, str]] = {
    "name known, number free": {},
    "name known, number another's": {"number": OTHER_NUMBER},
    "name unknown, number right": {"name": "架空建設", "number": NUMBER},
    "both unknown": {"name": "架空建設"},
}


@pytest.mark.parametrize("organization", ["攻撃商会", NAME])
async def test_every_wrong_look_up_is_the_same_work(portal: Portal, organization: str) -> None:
    """Whether name or number exist cannot be told from the statements, so hardly from the time."""
    sent: dict[str, list[tuple[str, int]]] = {}
    for case, values in WRONG.items():
        own = {"organization": values.get("name", NAME)} if organization == NAME else {}
        async with portal.database.begin() as db:
            await db.execute(delete(LookupAttempts))
        with statements(portal.engine) as sent[case]:
            for _ in range(2):  # nothing was counted yet, and something was
                assert await portal.find(**values, **own) == "wrong"
    cases = list(sent.values())
    assert len(cases[0]) > 10 and all(case == cases[0] for case in cases[1:])
    assert not re.search(r"'?(12345678|87654321)'?", str(cases))


class TestNotices:
    """What the company hears of refused attempts."""

    async def mails(self, portal: Portal) -> list[OutgoingMail]:
        return await portal.all(select(OutgoingMail).order_by(OutgoingMail.id))

    async def guess(self, portal: Portal, times: int) -> None:
        for n in range(times):
            await portal.find(card=f"{portal.clock()}{n}", address=f"192.0.2.{n}")

    async def test_one_an_hour_however_many_guesses(self, portals: tuple[Portal, Portal]) -> None:
        portal, other = portals
        await self.guess(portal, 9)
        assert await portal.refusals.report() is not None and await self.mails(portal) == []
        portal.clock.pass_s(QUIET.total_seconds() + 1)
        await asyncio.gather(portal.refusals.report(), other.refusals.report())
        first = (await self.mails(portal))[0]
        assert first.recipient == "c1@example.jp" and "9回" in first.body
        await self.guess(portal, 1)
        portal.clock.pass_s(30 * 60)
        await portal.refusals.report()
        assert len(await self.mails(portal)) == 1
        portal.clock.pass_s(AT_MOST_EVERY.total_seconds())
        assert await portal.refusals.report() is None
        mails = await self.mails(portal)
        assert len(mails) == 2 and "：1回" in mails[1].body and "一時的に停止" in mails[1].body
        events = await portal.all(select(Event).order_by(Event.id))
        assert [(each.kind, each.detail["count"], each.detail["locked"]) for each in events] == [
            ("refused", 9, False),
            ("refused", 1, True),
        ]

    async def test_a_right_number_with_a_wrong_name_is_an_alarm(self, portal: Portal) -> None:
        await portal.find(name="架空建設", number=NUMBER)
        portal.clock.pass_s(QUIET.total_seconds() + 1)
        await portal.refusals.report()
        mails = await self.mails(portal)
        assert [mail.recipient for mail in mails] == ["c1@example.jp"]
        assert "再発行" in mails[0].body and NUMBER not in mails[0].body

    async def test_nobody_is_told_of_a_name_that_nobody_has(self, portal: Portal) -> None:
        await portal.find(name="架空建設")
        assert len(await portal.all(select(Refusal))) == 2
        portal.clock.pass_s(QUIET.total_seconds() + 1)
        assert await portal.refusals.report() is None
        assert await portal.all(select(Refusal)) == [] and await self.mails(portal) == []
