"""Who gets to the authority's side: officials' cards only, each to the own municipality."""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from tests.portal.authority.conftest import MakeOfficial
from tests.portal.authority.official import OfficialClerk
from tests.portal.clerk import Clerk, Clock, read_samples
from tests.portal.companies import rows
from tests.portal.conftest import MakeClerk

PAGES = (
    "companies", "companies/1", "companies/1/suspend", "companies/1/number", "cards", "cards/1",
    "cards/1/revoke", "history", "history/1", "history/1/document", "import", "numbers",
)  # fmt: skip
ACTS = (
    "companies/1/suspend", "companies/1/number", "cards/1/revoke", "history/1/verify", "import", "numbers",
    "logout", "api/challenge", "api/authenticate", "api/continue",
)  # fmt: skip


async def test_official_logs_in_with_the_card_and_out_again(official_for: MakeOfficial, data: Path) -> None:
    official = await official_for(logged_in=False)
    assert await official.log_in() == "/authority/companies"
    await official.get("companies")
    assert 'data-screen="A2"' in official.text and "鹿児島　職子" in official.text
    assert "株式会社見本建設" in official.text and "サンプル土木" not in official.text
    assert (await official.submit("logout")).status == 200
    assert (await official.get("companies")).status == 401
    assert rows(data, "SELECT kind, actor FROM event ORDER BY id DESC LIMIT 1") == [
        ("officialLogin", "official:1")
    ]


async def test_nothing_is_open_without_a_card(official_for: MakeOfficial) -> None:
    official = await official_for(logged_in=False)
    for page in PAGES:
        assert (await official.get(page)).status == 401, page
        assert 'data-reason="sessionExpired"' in official.text
    await official.enter()  # a session now, and a CSRF token, but no card yet
    for page in PAGES:
        assert (await official.get(page)).status == 401, page
    await official.enter()
    for act in ACTS:
        if not act.startswith("api/"):
            assert (await official.submit(act)).status == 401, act


async def test_companies_session_never_reaches_the_desk(clerk: Clerk) -> None:
    await clerk.until_confirm()
    for page in PAGES:
        assert (await clerk.client.get(f"/authority/{page}")).status == 401, page
    headers = {"Origin": clerk.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": clerk.csrf}
    for act in ACTS:
        response = await clerk.client.post(f"/authority/{act}", json={}, headers=headers)
        assert response.status == 401, act


async def test_cookies_of_the_two_roles_are_not_interchangeable(
    official: OfficialClerk, clerk_for: MakeClerk, data: Path
) -> None:
    rows(data, "UPDATE portal_session SET municipality = '462012'")  # whatever else a session says
    jar = {cookie.key: cookie.value for cookie in official.client.session.cookie_jar}
    clerk = await clerk_for()
    stolen = {"cardbridge-portal": jar["cardbridge-authority"]}
    assert (await clerk.client.get("/m/462012/menu", cookies=stolen)).status == 401
    await clerk.authenticate()
    own = {cookie.key: cookie.value for cookie in clerk.client.session.cookie_jar}
    stolen = {"cardbridge-authority": own["cardbridge-portal"]}
    assert (await clerk.client.get("/authority/companies", cookies=stolen)).status == 401


async def test_official_session_is_no_companys(official: OfficialClerk) -> None:
    for page in ("menu", "search", "form", "confirm", "done"):
        assert (await official.client.get(f"/m/462012/{page}")).status == 401, page


async def test_companys_card_is_refused(official_for: MakeOfficial, data: Path) -> None:
    stranger = await official_for(logged_in=False)
    stranger.sample = read_samples(data)[0]
    await stranger.enter()
    response = await stranger.post("api/authenticate", {"token": stranger.token(await stranger.nonce())})
    assert response.status == 403 and (await response.json())["reason"] == "notAnOfficial"
    assert (await stranger.get("companies")).status == 401


async def test_token_of_the_companies_side_is_no_login(official_for: MakeOfficial) -> None:
    """Nonces belong to a session: one that a company page was given is none of the desk's."""
    official = await official_for(logged_in=False)
    await official.client.get("/m/462012/")
    await official.enter()
    nonce = await official.nonce()
    response = await official.post("api/authenticate", {"token": official.token("x" * 64)})
    assert response.status == 422
    again = await official.post("api/authenticate", {"token": official.token(nonce)})
    assert (await again.json())["reason"] == "nonceExpired"  # used up by the first try


async def test_login_rotates_cookie_and_csrf(official_for: MakeOfficial) -> None:
    official = await official_for(logged_in=False)
    await official.enter()
    before = {cookie.key: cookie.value for cookie in official.client.session.cookie_jar}, official.csrf
    await official.log_in()
    await official.get("companies")
    after = {cookie.key: cookie.value for cookie in official.client.session.cookie_jar}, official.csrf
    assert before[0]["cardbridge-authority"] != after[0]["cardbridge-authority"] and before[1] != after[1]


async def test_other_municipality_sees_nothing(official_for: MakeOfficial, clerk: Clerk, data: Path) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    assert (await clerk.complete(transaction, await clerk.sign(document))).status == 200
    own, other = await official_for(0), await official_for(1)
    ((event, company, card),) = rows(
        data, "SELECT id, company_id, card_id FROM event WHERE kind = 'registered'"
    )
    for page in (
        f"companies/{company}", f"companies/{company}/suspend", f"companies/{company}/number",
        f"cards/{card}", f"cards/{card}/revoke", f"history/{event}", f"history/{event}/document",
        f"history/{event}/signature",
    ):  # fmt: skip
        assert (await own.client.get(own.base + page)).status == 200, page
        assert (await other.client.get(own.base + page)).status == 404, page
    for act in (f"companies/{company}/suspend", f"companies/{company}/number", f"cards/{card}/revoke"):
        await other.get("companies")
        assert (await other.submit(act, once="x", remark="x", reason="lost")).status == 404, act
    await other.get("companies")
    assert (await other.submit(f"history/{event}/verify")).status == 404
    await other.get("cards")
    assert "該当するICカードがありません" in other.text
    await other.get("companies?q=見本")
    assert "該当する企業がありません" in other.text
    assert rows(data, "SELECT state FROM company WHERE id = ?", company) == [("active",)]


async def test_csrf_and_origin_are_needed(official: OfficialClerk, data: Path) -> None:
    await official.get("companies/1/suspend")
    once, right = official.once, official.csrf
    official.csrf = "x" * 43
    response = await official.submit("companies/1/suspend", once=once, remark="理由")
    assert response.status == 403
    official.csrf = right
    official.headers = {"Sec-Fetch-Site": "cross-site"}
    response = await official.submit("companies/1/suspend", once=once, remark="理由")
    assert response.status == 403
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("active",)]


async def test_withdrawn_official_is_out_at_once(official: OfficialClerk, data: Path) -> None:
    assert (await official.get("companies")).status == 200
    assert rows(data, "UPDATE official SET state = 'withdrawn' WHERE id = 1 RETURNING id") == [(1,)]
    assert (await official.get("companies")).status == 401
    await official.enter()
    response = await official.post("api/authenticate", {"token": official.token(await official.nonce())})
    assert response.status == 403 and (await response.json())["reason"] == "notAnOfficial"


async def test_idle_session_ends(official: OfficialClerk, clock: Clock) -> None:
    clock.pass_s(601)
    assert (await official.get("companies")).status == 401


async def test_changes_need_a_card_checked_within_ten_minutes(
    official: OfficialClerk, clock: Clock, data: Path
) -> None:
    await official.get("companies/1/suspend")
    once = official.once
    for _ in range(2):
        clock.pass_s(400)
        assert (await official.get("companies")).status == 200
    response = await official.submit("companies/1/suspend", once=once, remark="理由")
    assert response.url.path == "/authority/card"
    assert "もう一度ICカードを確認します" in official.text
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("active",)]
    response = await official.post("api/authenticate", {"token": official.token(await official.nonce())})
    assert (await response.json())["next"] == "/authority/companies/1/suspend"
    await official.confirm("companies/1/suspend", remark="指名停止")
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("suspended",)]


async def test_another_officials_card_does_not_go_on_with_the_others_work(
    official_for: MakeOfficial, clock: Clock
) -> None:
    first, second = await official_for(0), await official_for(1)
    for _ in range(2):
        clock.pass_s(400)
        await first.get("companies")
    await first.get("companies/1/suspend")
    first.sample = second.sample
    response = await first.post("api/authenticate", {"token": first.token(await first.nonce())})
    assert (await response.json())["next"] == "/authority/companies"
    assert (await first.get("companies/1")).status == 404


@pytest.mark.parametrize("path", ["/authorityx", "/authority-companies", "/Authority/companies"])
async def test_neighbouring_addresses_are_not_the_desk(server: TestServer, clerk: Clerk, path: str) -> None:
    assert (await clerk.client.get(path)).status == 404
