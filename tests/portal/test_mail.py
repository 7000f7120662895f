"""The outbox and a real SMTP server: delivery, TLS, refusals, an absent server, a restart, two processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from cardbridge_demo.ports import free_port
from cardbridge_portal.database import Company, OutgoingMail, Registration
from cardbridge_portal.engine import open_database
from cardbridge_portal.mail.delivery import Delivery
from cardbridge_portal.mail.notices import WAKE, notify
from cardbridge_portal.mail.outbox import GIVE_UP, KEEP_SENT, LEASE, Outbox, retry
from cardbridge_portal.mail.server import MailServer, Security
from cardbridge_portal.mail.texts import Kind
from cardbridge_portal.mail.transport import FolderTransport, SmtpTransport, Transport
from tests.portal.clerk import Clock
from tests.portal.smtp import PostOffice, make_tls, post_office

FORM = {"contact_email": "daihyo@example.jp", "unit_email": "busho@example.jp"}
SENDER = Address("鹿児島市契約課", "keiyaku", "example.jp")


class House:
    """One process: its database, its outbox and its notices."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.database = async_sessionmaker(engine, expire_on_commit=False)
        self.clock = clock
        self.outbox = Outbox(self.database, clock)

    def delivery(self, transport: Transport | None, **values: Any) -> Delivery:
        return Delivery(self.outbox, transport, self.clock, **{"first_pause_s": 0.05} | values)

    async def write(self, kind: Kind = Kind.NOMINATION, wake: Callable[[], None] = lambda: None) -> None:
        async with self.database() as db:
            registration = (await db.scalars(select(Registration))).one()
            db.info[WAKE] = wake
            await notify(db, kind, registration, moment=self.clock())
            await db.commit()

    async def rows(self) -> list[OutgoingMail]:
        async with self.database() as db:
            return list(await db.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))

    async def wait(self, condition: Callable[[list[OutgoingMail]], bool]) -> list[OutgoingMail]:
        """Wait until the letters are so."""
        async with asyncio.timeout(30):
            while True:
                if condition(rows := await self.rows()):
                    return rows
                await asyncio.sleep(0.02)

    async def until(self, state: str, number: int = 1) -> list[OutgoingMail]:
        """Wait until so many letters are in a state."""
        return await self.wait(lambda rows: [row.state for row in rows].count(state) >= number)


def server(port: int, security: Security = Security.NONE, **values: Any) -> MailServer:
    return MailServer(host="localhost", port=port, security=security, sender=SENDER, **values)


@pytest_asyncio.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    made = await open_database(url)
    async with async_sessionmaker(made)() as db:
        company = Company(municipality="462012", name="株式会社見本建設", representative="見本", address="市")
        db.add(company)
        await db.flush()
        db.add(Registration(company_id=company.id, registered=Clock()(), form=FORM))
        await db.commit()
    yield made
    await made.dispose()


@pytest.fixture
def house(engine: AsyncEngine, clock: Clock) -> House:
    return House(engine, clock)


async def test_each_notice_to_the_address_that_the_manual_says(house: House) -> None:
    async with post_office() as office:
        delivery = house.delivery(SmtpTransport(server(office.port)))
        async with delivery.running():
            for kind in Kind:
                await house.write(kind, delivery.wake)
            await office.until(lambda: len(office.letters) == len(Kind))
        for message, row in zip(office.messages(), await house.rows(), strict=True):
            wanted = "busho@example.jp" if row.kind == Kind.ANNOUNCEMENT else "daihyo@example.jp"
            assert message["To"] == row.recipient == wanted
            assert message["Subject"] == row.subject and "（鹿児島市）" in row.subject
            assert (
                message["From"] == str(SENDER) and message["Message-ID"] == f"<{row.message_id}@example.jp>"
            )
            assert message.get_content().replace("\r\n", "\n") == row.body
            assert row.state == "sent" and row.claim is None
        assert office.letters[0].mail_from == "keiyaku@example.jp"


async def test_rolled_back_with_its_event(house: House) -> None:
    woken: list[bool] = []
    async with house.database() as db:
        registration = (await db.scalars(select(Registration))).one()
        db.info[WAKE] = lambda: woken.append(True)
        await notify(db, Kind.CARD_ADDED, registration, moment=house.clock())
        assert not woken
        await db.rollback()
    assert await house.rows() == [] and not woken


@pytest.mark.parametrize("login", [None, ("portal", "ひみつ")])
async def test_starttls(house: House, tmp_path: Path, login: tuple[str, str] | None) -> None:
    tls, certificate = make_tls(tmp_path)
    values = {} if login is None else {"user": login[0], "password": login[1]}
    async with post_office(tls=tls, login=login) as office:
        to = server(office.port, Security.STARTTLS, authorities=certificate, **values)
        await house.write()
        async with house.delivery(SmtpTransport(to)).running():
            await office.until(lambda: len(office.letters) == 1)
        assert office.protected == [True]


@pytest.mark.parametrize("weakness", ["no STARTTLS", "unknown authority", "wrong password"])
async def test_nothing_is_sent_without_what_was_asked_for(
    house: House, tmp_path: Path, weakness: str, caplog: pytest.LogCaptureFixture
) -> None:
    tls, certificate = make_tls(tmp_path)
    plain, unknown, wrong = (
        weakness == each for each in ("no STARTTLS", "unknown authority", "wrong password")
    )
    login = ("portal", "right") if wrong else None
    values = {"user": "portal", "password": "himitsu-mistaken"} if wrong else {}
    async with post_office(tls=None if plain else tls, login=login) as office:
        to = server(office.port, Security.STARTTLS, authorities=None if unknown else certificate, **values)
        await house.write()
        async with house.delivery(SmtpTransport(to)).running():
            row = (await house.wait(lambda rows: rows[0].answer is not None))[0]
        assert row.state == "waiting" and row.tries == 0 and not office.letters
        assert "himitsu" not in caplog.text + str(row.answer) and "mail server:" in caplog.text


async def test_temporary_refusal_is_tried_again_later_each_time(house: House) -> None:
    office = PostOffice(at_recipient=lambda _recipient: "450 4.2.0 greylisted")
    async with post_office(office):
        delivery = house.delivery(SmtpTransport(server(office.port)))
        await house.write()
        waits = []
        async with delivery.running():
            for refused in range(1, 5):
                await office.until(lambda wanted=refused: office.refused == wanted)  # type: ignore[misc]
                row = (await house.wait(lambda rows: rows[0].claim is None))[0]
                waits.append(round((row.due - house.clock()).total_seconds()))
                assert row.state == "waiting" and "greylisted" in str(row.answer)
                if refused == 4:
                    office.at_recipient = lambda _recipient: "250 OK"
                house.clock.pass_s(waits[-1] + 1)
                delivery.wake()
            await office.until(lambda: len(office.letters) == 1)
            row = (await house.until("sent"))[0]
    assert waits == pytest.approx([60, 120, 240, 480], abs=5)
    assert office.messages()[0]["Message-ID"] == f"<{row.message_id}@example.jp>"


async def test_given_up_after_five_days_of_tries(house: House) -> None:
    office = PostOffice(at_data=lambda _recipient: "451 try later")
    async with post_office(office):
        delivery = house.delivery(SmtpTransport(server(office.port)))
        await house.write()
        async with delivery.running():
            await house.wait(lambda rows: rows[0].first_try is not None)
            house.clock.pass_s(GIVE_UP.total_seconds() + 60)
            delivery.wake()
            row = (await house.until("failed"))[0]
    assert row.tries == 2 and row.answer == "451 try later"


async def test_permanent_refusal_is_kept_shown_and_can_be_tried_again(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cardbridge_portal")
    office = PostOffice(
        at_recipient=lambda to: (
            "550 5.1.1 <daihyo@example.jp> unknown" if to.startswith("daihyo") else "250 OK"
        )
    )
    async with post_office(office):
        delivery = house.delivery(SmtpTransport(server(office.port)))
        await house.write()
        await house.write(Kind.ANNOUNCEMENT)
        async with delivery.running():
            rows = await house.until("failed")
            await office.until(lambda: len(office.letters) == 1)  # one address's fault is not another's
            assert rows[0].answer == "550 5.1.1 <daihyo@example.jp> unknown"
            assert "daihyo" not in caplog.text and "rejected: 550" in caplog.text
            office.at_recipient = lambda _to: "250 OK"
            async with house.database() as db:
                assert await retry(db, rows[0].id, house.clock())
                assert not await retry(db, rows[1].id, house.clock())
                await db.commit()
            delivery.wake()
            await office.until(lambda: len(office.letters) == 2)


async def test_server_away_and_back(house: House) -> None:
    port = free_port()
    delivery = house.delivery(SmtpTransport(server(port)))
    for _ in range(3):
        await house.write()
    async with delivery.running():
        await house.wait(lambda rows: any(row.answer for row in rows))
        async with post_office(PostOffice(port=port)) as office:
            await office.until(lambda: len(office.letters) == 3)
            rows = await house.until("sent", 3)
    assert [row.tries for row in rows] == [1, 1, 1]  # no letter is counted or lost for the server's absence


async def test_broken_off_at_one_letter_the_others_still_go(house: House) -> None:
    office = PostOffice(at_recipient=lambda to: "421 bye" if to.startswith("daihyo") else "250 OK")
    async with post_office(office):
        await house.write()
        await house.write(Kind.ANNOUNCEMENT)
        async with house.delivery(SmtpTransport(server(office.port))).running():
            await office.until(lambda: len(office.letters) == 1)
    rows = await house.rows()
    assert [row.kind for row in rows if row.state == "waiting"] == [Kind.NOMINATION]


async def test_restart_with_a_queue(house: House) -> None:
    """What was written, and what a dead process had taken, goes after the next start."""
    await house.write()
    await house.write()
    dead = await house.outbox.take()
    assert dead is not None
    async with post_office() as office:
        async with house.delivery(SmtpTransport(server(office.port))).running():
            await office.until(lambda: len(office.letters) == 1)
        assert [row.state for row in await house.rows()] == ["waiting", "sent"]
        house.clock.pass_s(LEASE.total_seconds() + 1)
        async with house.delivery(SmtpTransport(server(office.port))).running():
            await office.until(lambda: len(office.letters) == 2)
        # The dead process comes back to life: its claim is void, its word changes nothing.
        await house.outbox.failed(dead, "late")
        assert [row.state for row in await house.until("sent", 2)] == ["sent", "sent"]
        assert office.messages()[1]["Message-ID"] == f"<{dead.letter.message_id}@example.jp>"


async def test_two_processes_send_each_letter_once(house: House, url: str) -> None:
    other_engine = await open_database(url)
    other = House(other_engine, house.clock)
    for _ in range(20):
        await house.write()
    async with post_office() as office:
        to = SmtpTransport(server(office.port))
        async with house.delivery(to).running(), other.delivery(to).running():
            await house.until("sent", 20)
    await other_engine.dispose()
    assert len({message["Message-ID"] for message in office.messages()}) == len(office.letters) == 20


async def test_without_a_server_letters_wait(house: House, tmp_path: Path) -> None:
    delivery = house.delivery(None)
    async with delivery.running():
        await house.write(wake=delivery.wake)
    assert [row.state for row in await house.rows()] == ["waiting"]
    async with house.delivery(FolderTransport(tmp_path / "outbox")).running():
        row = (await house.until("sent"))[0]
    files = list((tmp_path / "outbox").iterdir())
    assert len(files) == 1 and files[0].suffix == ".eml" and files[0].stat().st_mode & 0o077 == 0
    assert row.message_id.encode() in files[0].read_bytes()


async def test_sent_letters_are_deleted_after_a_month(house: House, tmp_path: Path) -> None:
    async with house.delivery(FolderTransport(tmp_path)).running():
        pass
    await house.write()
    async with house.delivery(FolderTransport(tmp_path)).running():
        await house.until("sent")
    house.clock.pass_s((KEEP_SENT + timedelta(hours=1)).total_seconds())
    await house.write()
    async with house.delivery(FolderTransport(tmp_path)).running():
        await house.wait(lambda rows: [row.id for row in rows if row.state == "sent"] == [2])


async def test_asleep_when_there_is_nothing_to_send(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, looked = 0, asyncio.Event()
    take = house.outbox.take

    async def counted() -> Any:
        nonlocal looks
        looks += 1
        looked.set()
        return await take()

    monkeypatch.setattr(house.outbox, "take", counted)
    async with post_office() as office:
        delivery = house.delivery(SmtpTransport(server(office.port)))
        async with delivery.running():
            await looked.wait()
            await asyncio.sleep(0.3)
            assert looks == 1
            await house.write(wake=delivery.wake)
            await office.until(lambda: len(office.letters) == 1)
