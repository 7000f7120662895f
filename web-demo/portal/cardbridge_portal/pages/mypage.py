"""S11 ログイン and マイページ: what the card that has logged in may see; ログアウト."""

from datetime import datetime

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from .. import sessions
from ..cards import CardRefused, active_card
from ..context import Visit, expired, page, see, session_here, visit_of
from ..database import Card, Company, Event, PortalSession, Registration
from ..form import SECTIONS
from ..holder import holder_of
from ..identification import begin_change
from ..text import Text
from ..verification import load_certificate

routes = web.RouteTableDef()

STATES = {
    "active": Text("有効", "active"),
    "expired": Text("有効期限切れ", "expired"),
    "renewed": Text("更新済み（使えません）", "replaced by renewal"),
    "revoked": Text("使用停止", "revoked"),
}
KINDS = {
    "registered": Text("登録", "Registered"),
    "changed": Text("変更", "Changed"),
    "renewed": Text("ICカード更新", "Card renewed"),
    "revoked": Text("ICカードの使用停止", "Card revoked"),
}
HISTORY = 50


async def _card_here(
    visit: Visit, session: PortalSession
) -> tuple[Card, Registration, Company] | web.Response:
    """The session's card, if it may act now; else where the browser is sent."""
    if session.certificate is None:
        return see(visit.address("login"))
    try:
        return await active_card(visit.db, load_certificate(session.certificate), visit.municipality.code)
    except CardRefused as refusal:
        return page(visit, "refused.html", status=403, refusal=refusal)


@routes.get("/m/{code}/mypage")
async def show(request: web.Request) -> web.Response:
    """マイページ: company, registration, this card and the others, history."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    found = await _card_here(visit, session)
    if isinstance(found, web.Response):
        return found
    card, registration, company = found
    moment = visit.settings.clock()
    others = [each for each in await _cards(visit.db, company) if each.id != card.id]
    return page(
        visit,
        "mypage.html",
        company=company,
        masked="＊" * visit.municipality.number_length,
        sections=SECTIONS,
        form=registration.form,
        holder=holder_of(load_certificate(card.authentication)),
        others=[(each, STATES[state_of(each, moment)]) for each in others],
        history=[
            (each, KINDS.get(each.kind, Text(each.kind, each.kind)))
            for each in await _history(visit.db, registration)
        ],
    )


@routes.post("/m/{code}/change")
async def change(request: web.Request) -> web.Response:
    """変更 from マイページ: the card has said already who it is; its signature follows on S6."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    found = await _card_here(visit, session)
    if isinstance(found, web.Response):
        return found
    begin_change(session, session.certificate or b"", found[1])
    return see(visit.address("form"))


@routes.post("/m/{code}/logout")
async def logout(request: web.Request) -> web.Response:
    """ログアウト: the session is gone, whatever it was at."""
    visit = visit_of(request)
    if visit.session is not None:
        await sessions.end(visit.db, visit.session)
        visit.session = None
    return see(visit.address(""))


def state_of(card: Card, moment: datetime) -> str:
    """A card's state as people see it: an active card may have expired."""
    expired = card.state == "active" and card.not_after < moment
    return "expired" if expired else card.state


async def _cards(db: AsyncSession, company: Company) -> list[Card]:
    found = select(Card).join(Registration).where(Registration.company_id == company.id).order_by(Card.id)
    return list(await db.scalars(found))


async def _history(db: AsyncSession, registration: Registration) -> list[Event]:
    """The newest first; without documents, which are large."""
    found = select(Event).where(Event.registration_id == registration.id)
    light = found.options(defer(Event.document), defer(Event.signature))
    return list(await db.scalars(light.order_by(Event.id.desc()).limit(HISTORY)))
