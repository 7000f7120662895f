"""What is kept of unsent input, for whom and how long; over HTTP."""

import json
from pathlib import Path

import pytest

from tests.portal.clerk import FORM, Clerk, Clock
from tests.portal.companies import rows
from tests.portal.conftest import MakeClerk


def stored(data: Path) -> list[dict[str, str]]:
    return [json.loads(values) for (values,) in rows(data, 'SELECT "values" FROM draft')]


async def keep(clerk: Clerk, kind: str = "form", **values: object) -> int:
    return (await clerk.post("api/draft", {"kind": kind, "values": values})).status


async def at_form(clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text


async def test_number_is_never_kept(clerk: Clerk, data: Path) -> None:
    await clerk.authenticate()
    number = clerk.sample["number"]
    assert await keep(clerk, "search", name="見本", number=number) == 200
    assert stored(data) == [{"name": "見本"}]
    await clerk.find()
    assert await keep(clerk, number=number, department="営業部") == 200
    assert number not in str(stored(data))
    await clerk.submit("form", **FORM | {"department": "", "number": number})
    assert stored(data) and number not in str(stored(data))
    assert all("number" not in values for values in stored(data))


async def test_lasts_a_day(clerk: Clerk, clock: Clock, data: Path) -> None:
    await at_form(clerk)
    await keep(clerk, department="朝の部署")
    clock.pass_s(24 * 3600 - 5)
    await at_form(clerk)
    assert "朝の部署" in clerk.text
    clock.pass_s(10)
    await at_form(clerk)
    assert "朝の部署" not in clerk.text
    await keep(clerk, department="次の部署")
    assert "朝の部署" not in str(stored(data))


async def test_only_for_the_same_card_and_company(clerk_for: MakeClerk) -> None:
    one, other = await clerk_for(), await clerk_for(1)
    await at_form(one)
    await keep(one, department="一社目の部署")
    await at_form(other)
    assert "一社目の部署" not in other.text
    await at_form(one)
    assert "一社目の部署" in one.text


async def test_what_was_typed_stands_in_the_field(clerk: Clerk) -> None:
    """Windows' minus sign is taken for X 0208's, and yet not changed under the typist's eyes."""
    await at_form(clerk)
    await clerk.submit("form", **FORM | {"contact_address": "見本町１－２", "unit_phone": "1"})
    assert 'value="見本町１－２"' in clerk.text


async def test_ends_with_the_registration(clerk: Clerk, data: Path) -> None:
    await clerk.until_confirm()
    assert stored(data)
    transaction, document = await clerk.document()
    await clerk.complete(transaction, await clerk.sign(document))
    assert stored(data) == []
    assert await keep(clerk, department="あとから") == 409


@pytest.mark.parametrize(
    "body", [{}, [], {"kind": "form"}, {"kind": "x", "values": {}}, {"kind": [], "values": 1}]
)
async def test_broken_requests(clerk: Clerk, data: Path, body: object) -> None:
    await at_form(clerk)
    before = stored(data)
    assert (await clerk.post("api/draft", body)).status == 400
    assert stored(data) == before


async def test_needs_card_company_and_csrf(clerk: Clerk) -> None:
    await clerk.get("")
    await clerk.get("pin")
    assert await keep(clerk, "search", name="x") == 409
    await clerk.authenticate()
    assert await keep(clerk, department="x") == 409
    clerk.csrf = "wrong"
    assert await keep(clerk, "search", name="x") == 403


async def test_long_values_are_cut_not_refused(clerk: Clerk, data: Path) -> None:
    await at_form(clerk)
    assert await keep(clerk, department="あ" * 5000, contact_name=7) == 200
    (values,) = [values for values in stored(data) if "department" in values]
    assert len(values["department"]) == 500 and values["contact_name"] == "7"


async def test_start_afresh(clerk: Clerk) -> None:
    await at_form(clerk)
    await keep(clerk, department="消す部署")
    await clerk.get("form")
    assert "消す部署" in clerk.text
    await clerk.submit("restart")
    assert 'data-screen="S5"' in clerk.text and "消す部署" not in clerk.text
