"""Lists page by page, on SQLite and, in the long run, on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cardbridge_portal.database import Card, Company, Event, Registration
from cardbridge_portal.municipalities import municipalities
from cardbridge_portal.procuring.cards import CardSearch, list_cards
from cardbridge_portal.procuring.companies import CompanySearch, list_companies
from cardbridge_portal.procuring.events import company_history, work_history
from cardbridge_portal.procuring.paging import PAGE_ROWS, Listing

HERE, ELSEWHERE = municipalities()["462012"], municipalities()["462039"]
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def values(index: int, **changes: Any) -> dict[str, Any]:
    known = {"municipality": HERE.code, "state": "active", "name": f"会社{index}", "reading": "かいしゃ"}
    return {**known, "representative": "代表", "address": "住所", "mail": "", **changes}


async def add(db: AsyncSession, *companies: dict[str, Any]) -> list[int]:
    made = await db.execute(insert(Company).returning(Company.id, sort_by_parameter_order=True), companies)
    return list(made.scalars())


async def add_card(db: AsyncSession, company_id: int, serial: str, **changes: Any) -> int:
    company = await db.get_one(Company, company_id)
    registration = Registration(company_id=company_id, registered=NOW, form={})
    db.add(registration)
    await db.flush()
    known = {"holder": "取得者", "issuer": "認証局", "not_after": NOW + timedelta(days=1), "registered": NOW}
    card = Card(
        municipality=company.municipality, registration_id=registration.id, issuer_sha256="0" * 64,
        serial=serial, authentication=b"", signature=b"", **{**known, **changes},
    )  # fmt: skip
    db.add(card)
    await db.flush()
    return card.id


async def test_companies_come_once_each_whatever_happens_in_between(db: AsyncSession) -> None:
    """Equal readings, a company that comes and one that goes while the pages are turned."""
    made = await add(db, *(values(index) for index in range(2 * PAGE_ROWS + 7)))
    await add(db, values(999, municipality=ELSEWHERE.code))
    first = await list_companies(db, HERE, CompanySearch())
    assert (len(first.rows), first.total, first.first) == (PAGE_ROWS, 2 * PAGE_ROWS + 7, True)
    await add(db, values(1000, reading="あ"))  # sorts before all of them
    await db.delete(await db.get_one(Company, made[3]))
    second = await list_companies(db, HERE, CompanySearch(), first.next_after)
    third = await list_companies(db, HERE, CompanySearch(), second.next_after)
    seen = [row.id for listing in (first, second, third) for row in listing.rows]
    assert seen == made and third.next_after is None


async def test_a_page_after_a_company_of_another_municipality_is_the_first(db: AsyncSession) -> None:
    await add(db, *(values(index) for index in range(3)))
    (stranger,) = await add(db, values(999, municipality=ELSEWHERE.code, reading="ん"))
    listing = await list_companies(db, HERE, CompanySearch(), stranger)
    assert listing.first and len(listing.rows) == 3


async def names(db: AsyncSession, **search: str) -> list[str]:
    return [row.name for row in (await list_companies(db, HERE, CompanySearch(**search))).rows]


async def test_search_takes_every_character_literally(db: AsyncSession) -> None:
    await add(
        db,
        values(1, name="100％建設_甲", reading="ひゃく"),
        values(2, name="100%建設\\乙", reading="ひゃく"),
        values(3, name="見本", reading="みほん", state="suspended", number_mac="a" * 64),
    )
    assert await names(db, text="%") == ["100%建設\\乙"]
    assert await names(db, text="_") == ["100％建設_甲"]
    assert await names(db, text="\\") == ["100%建設\\乙"]
    assert await names(db, text="ミホ ン") == ["見本"]
    assert await names(db, text="見本' OR 1=1 --") == []
    assert await names(db, state="suspended") == ["見本"]
    assert len(await names(db, state="noNumber")) == 2 and len(await names(db, state="")) == 3


async def test_companies_with_and_without_cards_in_use(db: AsyncSession) -> None:
    one, two, three = await add(db, *(values(index) for index in range(3)))
    await add_card(db, one, "A1")
    await add_card(db, one, "A2")
    await add_card(db, two, "B1", state="revoked")
    listing = await list_companies(db, HERE, CompanySearch())
    assert {row.id: row.cards for row in listing.rows} == {one: 2, two: 0, three: 0}
    assert await names(db, state="noCard") == ["会社1", "会社2"]


async def test_cards_by_state_serial_and_company(db: AsyncSession) -> None:
    one, two = await add(db, values(1), values(2))
    (stranger,) = await add(db, values(3, municipality=ELSEWHERE.code))
    await add_card(db, one, "AB12CD", holder="取得　太郎")
    await add_card(db, two, "FF00", not_after=NOW - timedelta(seconds=1))
    await add_card(db, two, "FF01", state="revoked")
    await add_card(db, stranger, "AB12CE")

    async def serials(**search: Any) -> list[str]:
        listing = await list_cards(db, HERE, CardSearch(**search), now=NOW)
        assert listing.total == len(listing.rows)
        return [row.serial for row in listing.rows]

    assert await serials() == ["FF01", "FF00", "AB12CD"]
    assert await serials(text="ab:12") == ["AB12CD"]
    assert await serials(text="太郎") == ["AB12CD"]
    assert await serials(text="会社2") == ["FF01", "FF00"]
    assert await serials(state="active") == ["AB12CD"]
    assert await serials(state="expired") == ["FF00"]
    assert await serials(state="revoked") == ["FF01"]
    assert await serials(company_id=two) == ["FF01", "FF00"]


async def test_history_by_company_and_by_work(db: AsyncSession) -> None:
    (one,) = await add(db, values(1))
    known = {"moment": NOW, "municipality": HERE.code, "detail": {}, "company_id": one}
    kinds = ["imported"] * 60 + ["numberIssuedInBulk"] * 3 + ["suspended"] * 55
    await db.execute(insert(Event), [{**known, "kind": kind, "actor": "official:1"} for kind in kinds])
    await db.execute(insert(Event), [{**known, "kind": "registered", "actor": "card:AB"}])
    work = await work_history(db, HERE)
    assert work.total == 55 and len(work.rows) == PAGE_ROWS
    rest = await work_history(db, HERE, work.next_after)
    assert [len(rest.rows), rest.next_after, rest.first] == [5, None, False]
    assert {row.kind for row in (*work.rows, *rest.rows)} == {"suspended"}
    own = await company_history(db, HERE, one)
    assert own.rows[0].kind == "registered" and own.total == 119
    assert isinstance(await company_history(db, ELSEWHERE, one), Listing)
    assert (await company_history(db, ELSEWHERE, one)).total == 0
