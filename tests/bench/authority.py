"""The authority's side with 10,000 companies and 20,000 cards on SQLite: its import, and all of its pages.

Everything goes over HTTP to a portal of its own process, as an official's browser asks it. What is measured
of the list: 検査 (the upload and the check) and 取り込み. The cards are stored beforehand by the portal's own
`new_card`, with registrations and history; their certificates share one key pair, which changes nothing here.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, FormData
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from yarl import URL

from cardbridge_demo import stack
from cardbridge_demo.ports import free_port
from cardbridge_portal.authority import make_authority, make_key, purpose_extensions
from cardbridge_portal.cards import new_card
from cardbridge_portal.database import Card, Company, Event, Registration
from cardbridge_portal.engine import open_database
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.portal.authority.lists import company, csv_of
from tests.portal.clerk import FORM
from tests.portal.signing import load, make_token

COMPANIES, CARDS, BATCH = 10_000, 20_000, 500
REQUESTS = 60
KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねの"
PAGES = {
    "companies, first page": "companies",
    "companies, a page in the middle": "companies?after={middle}",
    "companies found by a part of the name": "companies?q=見本99",
    "companies, nothing found": "companies?q=ありません",
    "companies without a card in use": "companies?state=noCard",
    "a company with its cards and history": "companies/{company}",
    "confirmation of a suspension": "companies/{company}/suspend",
    "confirmation of a new number": "companies/{company}/number",
    "cards, first page": "cards",
    "cards found by serial number": "cards?q={serial}",
    "cards found by holder, nothing found": "cards?q=ありません",
    "cards that have expired": "cards?state=expired",
    "a card": "cards/{card}",
    "confirmation of a revocation": "cards/{card}/revoke",
    "history of the officials' work": "history",
    "an entry with its signed document": "history/{event}",
    "choice of a list to import": "import",
    "confirmation of numbers for all": "numbers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An official's browser."""

    session: ClientSession
    origin: str

    async def get(self, page: str) -> str:
        async with self.session.get(f"{self.origin}/authority/{page}") as answer:
            text = await answer.text()
            assert answer.status == 200, (page, answer.status)
            return text

    async def send(self, page: str, **values: Any) -> str:
        form = FormData()
        for name, value in values.items():
            form.add_field(name, value, filename="list.csv" if name == "file" else None)
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        async with self.session.post(f"{self.origin}/authority/{page}", data=form, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 200, (page, answer.status)
            return text

    async def log_in(self, card: Path) -> None:
        async def post(path: str, body: object) -> Any:
            token = _first(r'name="csrf" content="([^"]*)"', await self.get("card"))
            headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
            address = f"{self.origin}/authority/api/{path}"
            async with self.session.post(address, json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

        await self.get("")
        nonce = (await post("challenge", {}))["nonce"]
        await post("authenticate", {"token": make_token(*load(card, "authentication"), self.origin, nonce)})


async def authority(place: Place) -> list[Figures]:
    """Seconds of the import, milliseconds of every page of the authority's side."""
    folder = place.new_folder("authority")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with stack.portal(folder, origin, port) as portal:
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        async with ClientSession(cookie_jar=jar) as session:
            desk = Desk(session=session, origin=origin)
            await desk.log_in(portal.official_cards()[0])
            imported = await _import(desk)
            stored = await _store_cards(portal.data)
            return [*imported, stored, *await _pages(desk, portal.data)]


async def _import(desk: Desk) -> list[Figures]:
    rows = [
        company(index, よみがな=f"{KANA[index % 25]}{KANA[index // 25 % 25]}けんせつ")
        for index in range(COMPANIES)
    ]
    content = csv_of(*rows)
    csrf = _first(r'name="csrf" value="([^"]*)"', await desk.get("import"))
    started = time.perf_counter()
    checked = await desk.send("import", csrf=csrf, file=content)
    middle = time.perf_counter()
    address = _first(r'action="/authority/(import/[0-9a-f]{32})"|/authority/(import/[0-9a-f]{32})', checked)
    done = await desk.send(
        address,
        csrf=_first(r'name="csrf" value="([^"]*)"', checked),
        once=_first(r'name="once" value="([^"]*)"', checked),
    )
    ended = time.perf_counter()
    assert f"{COMPANIES:,}社を取り込みました" in done
    size = f"a list of {COMPANIES:,} companies"
    return [
        Figures(
            what=f"check of {size} (Shift_JIS, {len(content) / 1e6:.1f} MB)",
            unit="s",
            samples=(middle - started,),
        ),
        Figures(what=f"import of {size}", unit="s", samples=(ended - middle,)),
    ]


async def _store_cards(data: Path) -> Figures:
    certificates = [_certificate(number) for number in range(CARDS)]
    engine = await open_database(f"sqlite+aiosqlite:///{data / 'portal.sqlite3'}")
    started = time.perf_counter()
    try:
        async with async_sessionmaker(engine, expire_on_commit=False)() as db:
            await _store(db, certificates)
    finally:
        await engine.dispose()
    took = time.perf_counter() - started
    return Figures(what=f"{CARDS:,} cards stored by the portal's function", unit="s", samples=(took,))


async def _store(db: AsyncSession, certificates: list[x509.Certificate]) -> None:
    companies = (await db.scalars(select(Company).order_by(Company.id))).all()
    now = datetime.now(UTC)
    for begin in range(0, len(certificates), BATCH):
        batch = certificates[begin : begin + BATCH]
        owners = [companies[number % len(companies)] for number in range(begin, begin + len(batch))]
        registrations = [Registration(company_id=owner.id, registered=now, form=FORM) for owner in owners]
        db.add_all(registrations)
        await db.flush()
        made = zip(owners, registrations, batch, strict=True)
        cards = [new_card(owner, registration, each, each, now) for owner, registration, each in made]
        db.add_all(cards)
        await db.flush()
        events = [_event(card, owner.id, now) for card, owner in zip(cards, owners, strict=True)]
        await db.execute(insert(Event), events)
        await db.commit()


def _event(card: Card, company_id: int, now: datetime) -> dict[str, Any]:
    return {
        "moment": now,
        "municipality": "462012",
        "kind": "registered",
        "actor": f"card:{card.serial}"[:80],
        "company_id": company_id,
        "registration_id": card.registration_id,
        "card_id": card.id,
        "form": FORM,
        "receipt": f"bench-{card.id}",
        "document": b"document" * 250,
        "signature": b"signature" * 220,
        "detail": {},
    }


_AUTHORITY = make_authority("測定用認証局")
_KEY = make_key(curve=True)


def _certificate(number: int) -> x509.Certificate:
    name = [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, f"株式会社見本{number // 2}号")]
    name.append(x509.NameAttribute(x509.NameOID.COMMON_NAME, f"見本　{KANA[number % 25]}太郎{number}"))
    start = datetime.now(UTC) - timedelta(days=400 if number % 10 == 0 else 1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(name))
        .issuer_name(_AUTHORITY.certificate.subject)
        .public_key(_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
    )
    for extension, critical in purpose_extensions("authentication"):
        builder = builder.add_extension(extension, critical)
    return builder.sign(_KEY, hashes.SHA256())


async def _pages(desk: Desk, data: Path) -> list[Figures]:
    engine = await open_database(f"sqlite+aiosqlite:///{data / 'portal.sqlite3'}")
    async with async_sessionmaker(engine)() as db:
        wanted = (
            select(Company.id).where(Company.municipality == "462012").order_by(Company.reading, Company.id)
        )
        middle = (await db.scalars(wanted.offset(COMPANIES // 2).limit(1))).one()
        found = select(Event.id, Event.card_id, Event.company_id).where(Event.kind == "registered")
        event, card, company_id = (await db.execute(found.offset(CARDS // 2).limit(1))).one()
    await engine.dispose()
    serial = _first(r'class="code serial">([0-9A-F]{8})', await desk.get("cards"))
    known = {"middle": middle, "event": event, "card": card, "company": company_id, "serial": serial}
    figures = []
    for name, page in PAGES.items():
        samples = []
        for _ in range(REQUESTS):
            started = time.perf_counter()
            await desk.get(page.format(**known))
            samples.append((time.perf_counter() - started) * 1000)
        figures.append(Figures(what=f"authority: {name}", unit="ms", samples=tuple(samples)))
    return figures


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return next(group for group in found.groups() if group)
