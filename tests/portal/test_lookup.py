"""S4: exactness, one and the same refusal, the limit of attempts."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from cardbridge_portal.authority import issue_card
from cardbridge_portal.database import Company
from cardbridge_portal.lookup import QualificationRecords
from tests.portal.clerk import Clerk, Clock
from tests.portal.companies import execute, rows
from tests.portal.conftest import MakeClerk


def shown(clerk: Clerk) -> str:
    """The page without what differs anyway."""
    return re.sub(r'(csrf|name="csrf") ?(content|value)="[^"]*"|id="name"[^>]*', "", clerk.text).replace(
        clerk.csrf, ""
    )


async def test_wrong_number_and_wrong_name_look_the_same(clerk: Clerk) -> None:
    await clerk.authenticate()
    number = clerk.sample["number"]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    answers = []
    for given in ({"number": wrong}, {"name": "株式会社違う"}, {"number": wrong, "name": "株式会社違う"}):
        response = await clerk.find(**given)
        answers.append((response.status, shown(clerk)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 422 and 'data-reason="lookupFailed"' in clerk.text


@pytest.mark.parametrize(
    "name", ["(株)見本建設", "株式会社見本建設 ", "株式会社　見本建設", "株式会社見本建設㈱"]
)
async def test_name_is_exact(clerk: Clerk, name: str) -> None:
    await clerk.authenticate()
    assert (await clerk.find(name=name)).status == 422


async def test_number_of_another_municipality(clerk_for: MakeClerk) -> None:
    clerk, other = await clerk_for(), await clerk_for(1)
    await clerk.authenticate()
    response = await clerk.find(number=other.sample["number"][:8], name=other.sample["name"])
    assert response.status == 422


@pytest.mark.parametrize(
    "number", ["１２３４５６７８", "1234567", "123456789", "1234567a", " 12345678", "١٢٣٤٥٦٧٨", ""]
)
async def test_number_is_half_width_digits_of_the_length(clerk: Clerk, number: str) -> None:
    await clerk.authenticate()
    response = await clerk.find(number=number)
    assert response.status == 400 and 'id="number-error"' in clerk.text
    assert not number or number not in clerk.text


async def test_form_errors_cost_no_attempt(clerk: Clerk) -> None:
    await clerk.authenticate()
    for _ in range(7):
        await clerk.find(number="")
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text


async def test_locked_after_five(clerk: Clerk, clock: Clock) -> None:
    await clerk.authenticate()
    for _ in range(5):
        assert (await clerk.find(name="違う")).status == 422
    response = await clerk.find()
    assert response.status == 429 and 'data-reason="lockedOut"' in clerk.text
    clock.pass_s(500)
    assert (await clerk.find()).status == 429
    clock.pass_s(401)
    await clerk.authenticate()
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text


async def clerk_with_card(clerk_for: MakeClerk, data: Path, company: str) -> Clerk:
    """A clerk of the first sample, with a card in the name of another company."""
    clerk = await clerk_for()
    card = await asyncio.to_thread(issue_card, data, company, "見本　次郎", curve=True)
    clerk.sample = clerk.sample | {"card": str(card.directory)}
    return clerk


async def test_address_is_locked_for_other_cards_too(clerk_for: MakeClerk, data: Path) -> None:
    """At its twentieth failure; but not for a card that carries the company's name."""
    clerks = [await clerk_for(), *[await clerk_with_card(clerk_for, data, f"見本{n}") for n in range(4)]]
    for number, clerk in enumerate(clerks):
        await clerk.authenticate()
        for attempt in range(4):
            assert (await clerk.find(name=f"違う{number}-{attempt}")).status == 422
    other = await clerk_with_card(clerk_for, data, "別の会社")
    await other.authenticate()
    assert (await other.find()).status == 429
    await clerks[0].find()
    assert 'data-screen="S5"' in clerks[0].text


async def test_success_does_not_reset_the_count(clerk: Clerk) -> None:
    """Otherwise a clerk with a number of his own could try others' for ever."""
    await clerk.authenticate()
    for _ in range(4):
        await clerk.find(name="違う")
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text
    assert (await clerk.find(name="違う")).status == 422
    assert (await clerk.find()).status == 429


async def test_number_before_the_holder_is_confirmed(clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.submit("search", number=clerk.sample["number"], name=clerk.sample["name"])
    assert 'data-screen="S4"' in clerk.text and 'id="confirm-holder"' in clerk.text


async def test_found_company_is_the_sessions_before_anybody_else_has_a_turn(
    clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who re-issues the number just then ends this session too."""
    find = QualificationRecords.find
    states = []

    async def found(*given: Any) -> Company:
        company = await find(*given)
        states.append(rows(data, "SELECT company_id FROM portal_session"))
        return company

    monkeypatch.setattr(QualificationRecords, "find", found)
    await clerk.authenticate()
    await clerk.find()
    assert states == [[(1,)]]


async def test_number_that_is_void_by_now_is_not_found(
    clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up has compared; before it goes on, the company has another number."""
    match = QualificationRecords._match

    async def compared(self: QualificationRecords, db: AsyncSession, *given: Any) -> int | None:
        found = await match(self, db, *given)
        await db.execute(update(Company).values(number_mac="0" * 64).where(Company.id == found))
        return found

    monkeypatch.setattr(QualificationRecords, "_match", compared)
    await clerk.authenticate()
    assert (await clerk.find()).status == 422
    assert rows(data, "SELECT company_id FROM portal_session") == [(None,)]


async def test_other_tab_has_begun_something_else_meanwhile(
    clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def other_tab(*_: Any) -> None:
        await execute(data, "UPDATE portal_session SET procedure = 'login', certificate = x'00'")

    monkeypatch.setattr(QualificationRecords, "_refuse_early", other_tab)
    await clerk.authenticate()
    await clerk.submit("holder")
    await clerk.submit("search", number=clerk.sample["number"], name=clerk.sample["name"])
    assert 'data-screen="S3"' in clerk.text
    assert rows(data, "SELECT procedure, company_id FROM portal_session") == [("login", None)]
