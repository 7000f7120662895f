"""S4: exactness, one and the same refusal, the limit of attempts."""

import asyncio
import re
from pathlib import Path

import pytest

from cardbridge_portal.authority import issue_card
from tests.portal.clerk import Clerk, Clock
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
