"""S11 ログイン and マイページ over HTTP: the card alone, its company's other cards, the way out."""

import asyncio
from pathlib import Path

from tests.portal.clerk import FORM, Clerk, Clock
from tests.portal.companies import add_company, another_card, execute, rows
from tests.portal.conftest import MakeClerk
from tests.portal.test_change import reason_of


async def log_in(clerk: Clerk) -> None:
    await clerk.get("")
    await clerk.get("login")
    assert 'data-screen="S11"' in clerk.text
    await clerk.follow(await clerk.identify("login"))
    assert 'data-screen="mypage"' in clerk.text


async def test_mypage(clerk_for: MakeClerk, data: Path) -> None:
    """Company, registration, this card, the other card of the same number, history with receipts."""
    clerk, colleague = await clerk_for(), await clerk_for()
    colleague.sample = colleague.sample | {"card": str(another_card(data, holder="見本　二郎"))}
    receipt = await clerk.register()
    other_receipt = await colleague.register()  # an additional card, by the same number
    serials = [row[0] for row in rows(data, "SELECT serial FROM card ORDER BY id")]
    await log_in(clerk)
    assert "株式会社見本建設" in clerk.text and "＊＊＊＊＊＊＊＊" in clerk.text
    assert clerk.sample["number"] not in clerk.text and FORM["contact_email"] in clerk.text
    assert f'id="this-serial" class="code">{serials[0]}' in clerk.text
    assert "見本　二郎" in clerk.text and serials[1][-6:] in clerk.text and serials[1] not in clerk.text
    assert receipt in clerk.text and other_receipt not in clerk.text
    await clerk.get(f"receipts/{receipt}")
    assert 'data-screen="S8"' in clerk.text and receipt in clerk.text
    assert (await clerk.get(f"receipts/{other_receipt}")).status == 404
    assert rows(data, "SELECT count(DISTINCT company_id) FROM registration") == [(1,)]


async def test_change_from_mypage_needs_no_second_pin(clerk: Clerk) -> None:
    await clerk.register()
    await log_in(clerk)
    await clerk.submit("change")
    assert 'data-screen="S5"' in clerk.text and 'value="keiyaku@example.jp"' in clerk.text
    await clerk.submit("form", **FORM | {"department": "別の部署"})
    receipt = await clerk.sign_and_complete()
    await clerk.get("mypage")
    assert receipt in clerk.text and "別の部署" in clerk.text and 'data-kind="changed"' in clerk.text


async def test_logout_ends_the_session(clerk: Clerk, data: Path) -> None:
    await clerk.register()
    await log_in(clerk)
    await clerk.submit("logout")
    assert 'data-screen="S1"' in clerk.text
    await clerk.get("mypage")
    assert 'data-screen="mypage"' not in clerk.text
    await clerk.submit("change")
    assert 'data-screen="S5"' not in clerk.text


async def test_idle_login_ends(clerk: Clerk, clock: Clock) -> None:
    await clerk.register()
    await log_in(clerk)
    clock.pass_s(601)
    response = await clerk.get("mypage")
    assert response.status == 401 and 'data-reason="sessionExpired"' in clerk.text


async def test_ended_while_logged_in(clerk: Clerk, data: Path) -> None:
    """A revoked card is out at once, whatever its session."""
    receipt = await clerk.register()
    await log_in(clerk)
    await execute(data, "UPDATE card SET state = 'revoked'")
    assert (await clerk.get("mypage")).status == 403 and 'data-reason="cardRevoked"' in clerk.text
    assert (await clerk.get(f"receipts/{receipt}")).status == 404
    assert (await clerk.submit("change")).status == 403


async def test_a_card_belongs_to_one_company(clerk_for: MakeClerk, data: Path) -> None:
    """Registered at once for two companies, each in its own turn: one is refused, nothing half done."""
    one, two = await clerk_for(), await clerk_for()
    two.sample = two.sample | await add_company(data, "株式会社隣の会社", "20261127")
    signed = []
    for clerk in (one, two):
        await clerk.until_confirm()
        transaction, document = await clerk.document()
        signed.append((clerk, transaction, await clerk.sign(document)))
    answers = await asyncio.gather(*(clerk.complete(*values) for clerk, *values in signed))
    refused = next(answer for answer in answers if answer.status != 200)
    assert await reason_of(refused) == (409, "cardAlreadyRegistered")
    for query in ("SELECT * FROM card", "SELECT * FROM registration", "SELECT * FROM event"):
        assert len(rows(data, query)) == 1


async def test_revoked_card_is_replaced_by_registration(clerk: Clerk, data: Path) -> None:
    """Lost, broken, stolen: the authority revokes it, and another card comes in by the number."""
    await clerk.register()
    await execute(data, "UPDATE card SET state = 'revoked', reason = '紛失'")
    await clerk.authenticate()
    assert 'data-reason="cardAlreadyRegistered"' in clerk.text  # the revoked one itself does not come back
    clerk.sample = clerk.sample | {"card": str(another_card(data))}
    await clerk.register()
    await clerk.get("mypage")
    assert "使用停止" in clerk.text
    assert rows(data, "SELECT state FROM card ORDER BY id") == [("revoked",), ("active",)]
