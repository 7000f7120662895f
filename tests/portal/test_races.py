"""Two portal processes' worth of races on one PostgreSQL: changes and renewals of one registration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from cryptography import x509
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from yarl import URL

from cardbridge_portal.database import Card, Event, Registration
from tests.portal import postgres
from tests.portal.clerk import FORM, Clerk, Clock, read_samples
from tests.portal.companies import another_card
from tests.portal.conftest import serve
from tests.portal.test_change import to_form
from tests.portal.test_renewal import to_confirm

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that does not exist yet: a new database needs new samples."""
    return tmp_path / "data"


@pytest.fixture
def database(postgresql: Path) -> str:
    return postgres.new_database(postgresql, "races")


@pytest_asyncio.fixture
async def pair(data: Path, clock: Clock, database: str) -> AsyncIterator[tuple[Clerk, Clerk]]:
    """The same clerk at two portals that share database and data."""
    async with AsyncExitStack() as running:
        clerks = []
        for _ in range(2):
            server = await running.enter_async_context(serve(data, clock, database))
            origin = str(server.make_url("/")).rstrip("/")
            jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
            client = await running.enter_async_context(TestClient(server, cookie_jar=jar))
            clerks.append(Clerk(client=client, origin=origin, sample=read_samples(data)[0]))
        yield clerks[0], clerks[1]


async def test_one_of_each_race_wins(pair: tuple[Clerk, Clerk], data: Path, database: str) -> None:
    await pair[0].register()
    for round_ in range(4):
        signed = []
        for number, clerk in enumerate(pair):
            await to_form(clerk)
            await clerk.submit("form", **FORM | {"department": f"部署{round_}の{number}"})
            transaction, document = await clerk.document()
            signed.append((clerk, transaction, await clerk.sign(document)))
        assert await _outcomes(signed) == [(200, ""), (409, "registrationChanged")]
        new_cards = [another_card(data), another_card(data)]
        signed = []
        for clerk, card in zip(pair, new_cards, strict=True):
            await to_confirm(clerk, card)
            transaction, document = await clerk.document()
            signed.append((clerk, transaction, await clerk.sign(document, card)))
        assert await _outcomes(signed) == [(200, ""), (409, "cardRenewed")]
        winner = await _active(database, new_cards)
        for clerk in pair:
            clerk.sample = clerk.sample | {"card": str(winner)}
    async with create_async_engine(database).connect() as connection:
        kinds = (await connection.scalars(select(Event.kind))).all()
        versions = (await connection.scalars(select(Registration.version))).all()
    assert sorted(kinds) == ["changed"] * 4 + ["registered"] + ["renewed"] * 4 and versions == [9]


async def _outcomes(signed: list[tuple[Clerk, str, str]]) -> list[tuple[int, str]]:
    answers = await asyncio.gather(*(clerk.complete(*values) for clerk, *values in signed))
    return sorted([(answer.status, (await answer.json()).get("reason", "")) for answer in answers])


async def _active(database: str, cards: list[Path]) -> Path:
    engine = create_async_engine(database)
    async with async_sessionmaker(engine)() as db:
        (serial,) = await db.scalars(select(Card.serial).where(Card.state == "active"))
    await engine.dispose()
    for card in cards:
        certificate = x509.load_pem_x509_certificate((card / "authentication.crt.pem").read_bytes())
        if f"{certificate.serial_number:X}" == serial:
            return card
    raise AssertionError("another card is active")
