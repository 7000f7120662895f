"""What belongs to one municipality, one session or one side never gets to another."""

from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import async_sessionmaker
from yarl import URL

from cardbridge_portal.database import Company
from cardbridge_portal.engine import open_database
from cardbridge_portal.procuring.issuing import Issued
from cardbridge_portal.procuring.report import numbers_csv
from tests.portal import postgres
from tests.portal.authority.conftest import MakeOfficial
from tests.portal.authority.official import OfficialClerk
from tests.portal.clerk import Clerk, Clock, read_samples
from tests.portal.companies import rows
from tests.portal.conftest import serve

LIST = "自治体コード,利用者登録番号,商号又は名称,代表者,所在地\r\n462012,,移動建設,見本,鹿児島県\r\n"


def officials(data: Path) -> list[dict[str, str]]:
    return [entry for entry in read_samples(data) if entry.get("kind") == "official"]


async def test_checked_list_stays_with_its_municipality(official: OfficialClerk, data: Path) -> None:
    """The next official at the same browser is of another one: the list is neither shown nor imported."""
    await official.get("import")
    page = (await official.upload(LIST.encode())).url.path.removeprefix("/authority/")
    assert "移動建設" in official.text
    once = official.once
    official.sample = officials(data)[1]
    await official.log_in()
    for address in (page, f"{page}/report.csv"):
        response = await official.get(address)
        assert response.status == 404 and "移動建設" not in official.text, address
    await official.get("import")
    assert (await official.submit(page, once=once)).status == 404
    assert rows(data, "SELECT COUNT(*) FROM company") == [(2,)]


async def test_officials_card_is_no_companys(clerk: Clerk, data: Path) -> None:
    """Who can issue a number must not register with it."""
    clerk.sample = clerk.sample | {"card": officials(data)[0]["card"]}
    await clerk.authenticate()
    assert 'data-reason="cardAlreadyRegistered"' in clerk.text
    assert (await clerk.find()).status == 409
    assert rows(data, "SELECT * FROM registration") == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝１", "＠見本", "−見本"])
def test_no_cell_of_a_download_is_a_formula(name: str) -> None:
    content = numbers_csv([Issued(company=name, address="鹿児島県", number="12345678")]).decode("utf-8-sig")
    row = content.splitlines()[1]
    assert row.startswith("'") and name in row and row.endswith(",12345678")


async def test_addresses_beyond_every_id(official_for: MakeOfficial) -> None:
    official = await official_for()
    for page in ("companies/999999999999999", "cards/99999999999", "history/2147483648"):
        assert (await official.get(page)).status == 404, page
    for page in ("companies?after=999999999999", "cards?after=2147483648", "companies?q=%00", "cards?q=%00"):
        assert (await official.get(page)).status == 200, page


@pytest.mark.slow
async def test_postgresql_finds_and_refuses_the_same(tmp_path: Path, clock: Clock, postgresql: Path) -> None:
    """Ids that its integer does not hold, NUL, capital letters."""
    data, url = tmp_path / "data", postgres.new_database(postgresql, "boundaries")
    async with serve(data, clock, url) as server:
        engine = await open_database(url)
        async with async_sessionmaker(engine)() as db:
            await db.execute(update(Company).values(name="KAGOSHIMA設計").where(Company.id == 1))
            await db.commit()
        await engine.dispose()
        origin = str(server.make_url("/")).rstrip("/")
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        async with TestClient(server, cookie_jar=jar) as client:
            official = OfficialClerk(client=client, origin=origin, sample=officials(data)[0])
            await official.log_in()
            for page in ("companies/999999999999999", "cards/99999999999", "history/2147483648"):
                assert (await official.get(page)).status == 404, page
            for page in ("companies?after=999999999", "cards?after=2147483648", "cards?q=%00"):
                assert (await official.get(page)).status == 200, page
            await official.get("companies?q=kagoshima")
            assert "KAGOSHIMA設計" in official.text
            clerk = Clerk(client=client, origin=origin, sample=read_samples(data)[0])
            await clerk.authenticate()
            assert (await clerk.find(name="\0")).status == 400
            assert (await clerk.find(name="KAGOSHIMA設計")).status == 200
            assert 'data-screen="S5"' in clerk.text
