"""A list into the database: all or nothing, duplicates, numbers as HMACs only, history."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cardbridge_portal.database import Company, Event
from cardbridge_portal.municipalities import municipalities
from cardbridge_portal.numbers import NumberKey, rotate
from cardbridge_portal.procuring import issuing
from cardbridge_portal.procuring.importing import Checked, ListOutdated, check_list, import_list
from cardbridge_portal.procuring.qualification import ADDRESS, NUMBER
from tests.portal.authority.lists import company, csv_of
from tests.portal.authority.official import database_files

KAGOSHIMA = municipalities()["462012"]
NOW = datetime(2026, 11, 27, tzinfo=UTC)


async def store(db: AsyncSession, key: NumberKey, checked: Checked) -> int:
    return await import_list(
        db, key, KAGOSHIMA, checked, file_name="list.csv", actor="official:1", moment=NOW
    )


async def counted(db: AsyncSession) -> tuple[int, int]:
    """How many companies and how many entries of the history there are."""
    return (
        (await db.scalars(select(func.count(Company.id)))).one(),
        (await db.scalars(select(func.count(Event.id)))).one(),
    )


async def test_list_is_stored_with_its_history(db: AsyncSession, key: NumberKey, tmp_path: Path) -> None:
    content = csv_of(company(1, **{NUMBER: "12345678"}), company(2))
    checked = await check_list(db, key, KAGOSHIMA, content)
    assert (checked.total, checked.refused, checked.encoding) == (2, 0, "Shift_JIS (Windows)")
    assert await counted(db) == (0, 0)  # a check changes nothing
    assert await store(db, key, checked) == 2
    first, second = (await db.scalars(select(Company).order_by(Company.id))).all()
    assert first.number_mac == await key.mac(db, "462012", "12345678") and first.number_since == NOW
    assert second.number_mac is None and second.number_since is None and second.reading == "なんごくけんせつ"
    events = (await db.scalars(select(Event).order_by(Event.id))).all()
    kinds = [(event.kind, event.company_id, event.actor) for event in events]
    assert kinds == [
        ("imported", first.id, "official:1"),
        ("imported", second.id, "official:1"),
        ("listImported", None, "official:1"),
    ]
    assert events[-1].detail == {"file": "list.csv", "sha256": checked.sha256, "companies": 2}
    await db.close()
    stored = database_files(tmp_path)
    assert b"12345678" not in stored
    assert not stored or "株式会社見本1号".encode() in stored  # PostgreSQL's files are elsewhere


async def test_one_wrong_row_stores_nothing(db: AsyncSession, key: NumberKey) -> None:
    rows = [company(index) for index in range(50)] + [company(51, **{ADDRESS: "㈱"})]
    checked = await check_list(db, key, KAGOSHIMA, csv_of(*rows))
    assert (checked.total, checked.refused, checked.rows) == (51, 1, ())
    with pytest.raises(ListOutdated):
        await store(db, key, checked)
    assert await counted(db) == (0, 0)


async def test_what_is_there_already_is_refused(db: AsyncSession, key: NumberKey) -> None:
    await store(db, key, await check_list(db, key, KAGOSHIMA, csv_of(company(1, **{NUMBER: "12345678"}))))
    again = csv_of(company(1), company(2, **{NUMBER: "12345678"}), company(3))
    checked = await check_list(db, key, KAGOSHIMA, again)
    told = [(finding.row, finding.field, finding.reason.ja) for finding in checked.findings]
    assert told == [
        (2, "商号又は名称", "すでに登録されている会社です（商号又は名称と所在地が同じ）。"),
        (3, "利用者登録番号", "すでに使われている番号です。"),
    ]
    other = municipalities()["462144"]
    elsewhere = csv_of(tuple("462144" if cell == "462012" else cell for cell in company(1)))
    assert not (await check_list(db, key, other, elsewhere)).findings


@pytest.mark.parametrize("between", ["the same list", "a rotated key"])
async def test_a_check_that_no_longer_holds_stores_nothing(
    db: AsyncSession, key: NumberKey, key_file: Path, between: str
) -> None:
    checked = await check_list(db, key, KAGOSHIMA, csv_of(company(1, **{NUMBER: "12345678"}), company(2)))
    if between == "a rotated key":
        await rotate(db, key_file)
    else:
        await store(db, key, checked)
    before = await counted(db)
    with pytest.raises(ListOutdated):
        await store(db, key, checked)
    assert await counted(db) == before


async def test_failure_in_the_middle_leaves_nothing(
    db: AsyncSession, key: NumberKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = await check_list(db, key, KAGOSHIMA, csv_of(*(company(index) for index in range(2000))))
    monkeypatch.setitem(checked.rows[-1], "name", None)  # as a full disk would: the last row fails
    with pytest.raises(IntegrityError):
        await store(db, key, checked)
    await db.rollback()
    assert await counted(db) == (0, 0)


async def test_missing_numbers_are_issued_once(db: AsyncSession, key: NumberKey) -> None:
    rows = [company(1, **{NUMBER: "12345678"}), company(2), company(3)]
    await store(db, key, await check_list(db, key, KAGOSHIMA, csv_of(*rows)))
    assert await issuing.missing_count(db, KAGOSHIMA) == 2
    issued = await issuing.issue_missing(db, key, KAGOSHIMA, actor="official:1", moment=NOW)
    assert [each.company for each in issued] == ["株式会社見本2号", "株式会社見本3号"]
    stored = {company.name: company for company in await db.scalars(select(Company))}
    for each in issued:
        assert stored[each.company].number_mac == await key.mac(db, "462012", each.number)
    assert stored["株式会社見本1号"].number_mac == await key.mac(db, "462012", "12345678")
    assert await issuing.issue_missing(db, key, KAGOSHIMA, actor="official:1", moment=NOW) == []
    kinds = (await db.scalars(select(Event.kind))).all()
    assert kinds.count("numberIssuedInBulk") == 2 and kinds.count("numbersIssued") == 1


async def test_a_number_in_use_is_never_issued_again(
    db: AsyncSession, key: NumberKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(db, key, await check_list(db, key, KAGOSHIMA, csv_of(company(1), company(2))))
    drawn = iter(["11111111", "11111111", "22222222"])
    monkeypatch.setattr(issuing, "new_number", lambda _: next(drawn))
    issued = await issuing.issue_missing(db, key, KAGOSHIMA, actor="official:1", moment=NOW)
    assert [each.number for each in issued] == ["11111111", "22222222"]


async def test_no_number_left_is_an_error_and_not_a_loop(
    db: AsyncSession, key: NumberKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(db, key, await check_list(db, key, KAGOSHIMA, csv_of(company(1), company(2))))
    monkeypatch.setattr(issuing, "new_number", lambda _: "11111111")
    with pytest.raises(issuing.NumbersExhausted):
        await issuing.issue_missing(db, key, KAGOSHIMA, actor="official:1", moment=NOW)
