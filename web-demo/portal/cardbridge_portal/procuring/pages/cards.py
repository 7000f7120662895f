"""A6 and A7: the list of cards, one card, and its revocation."""

from aiohttp import web
from yarl import URL

from ...cards import CardRefused, revoke_card
from ...context import form_of, see
from ...database import Card, Company
from ...holder import holder_of
from ...sessions import end_of_card
from ...text import Text
from ...verification import load_certificate
from ..access import AlreadyDone, Desk, at_desk, with_fresh_card
from ..cards import REASONS, STATES, CardSearch, card_in, list_cards
from ..paging import after_of
from . import remark_of

routes = web.RouteTableDef()

BASE = "/authority/cards"
STATE_NAMES = {
    "active": Text("使用中", "In use"),
    "expired": Text("有効期限切れ", "Expired"),
    "renewed": Text("更新済み（旧カード）", "Replaced by renewal"),
    "revoked": Text("失効", "Revoked"),
}
CHOOSE = Text("理由を選んでください。", "Choose the reason.")


@routes.get(BASE)
@at_desk
async def show_list(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A6 ICカード一覧: `q`, `state`, `after`."""
    state = request.query.get("state", "")
    search = CardSearch(text=request.query.get("q", ""), state=state if state in STATES else "")
    now, after = desk.visit.settings.clock(), after_of(request.query.get("after", ""))
    listing = await list_cards(desk.visit.db, desk.municipality, search, now=now, after=after)
    address = URL(BASE).with_query({"q": search.text, "state": search.state})
    return desk.page(
        "cards.html",
        listing=listing,
        search=search,
        states=STATE_NAMES,
        now=now,
        first=str(address),
        following=str(address.update_query(after=listing.next_after or "")),
    )


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}")
@at_desk
async def show(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A7 ICカード情報."""
    card, company = await card_here(request, desk)
    return desk.page(
        "card_details.html",
        card=card,
        company=company,
        holder=holder_of(load_certificate(card.authentication)),
        now=desk.visit.settings.clock(),
        reasons=REASONS,
    )


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}/revoke")
@with_fresh_card
async def confirm(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A7 ICカード失効の確認."""
    card, company = await card_here(request, desk)
    if card.state != "active":
        return see(f"{BASE}/{card.id}")
    return _confirm(desk, card, company, {}, "", "")


def _confirm(
    desk: Desk, card: Card, company: Company, errors: dict[str, Text], reason: str, remark: str
) -> web.Response:
    return desk.page(
        "revoke.html",
        status=422 if errors else 200,
        card=card,
        company=company,
        reasons=REASONS,
        once=desk.new_confirmation(),
        errors=errors,
        reason=reason,
        remark=remark,
    )


@routes.post(rf"{BASE}/{{id:\d{{1,9}}}}/revoke")
@with_fresh_card
async def end_card(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Out of use for ever, once; the company registers another card with 登録."""
    card, company = await card_here(request, desk)
    given = await form_of(request)
    reason = str(given.get("reason", ""))
    remark, wrong = await remark_of(request, desk, given, required=reason == "other")
    errors = {} if reason in REASONS else {"reason": CHOOSE}
    if wrong is not None:
        errors["remark"] = wrong
    if errors:
        return _confirm(desk, card, company, errors, reason, remark)
    db, now = desk.visit.db, desk.visit.settings.clock()
    try:
        await revoke_card(db, card, reason=reason, remark=remark, actor=desk.actor, moment=now)
        await desk.use_confirmation(str(given.get("once", "")))
        await end_of_card(db, card.authentication, card.municipality)
    except (AlreadyDone, CardRefused):
        await desk.undo(card)
    await db.commit()
    return see(f"{BASE}/{card.id}")


async def card_here(request: web.Request, desk: Desk) -> tuple[Card, Company]:
    """The card that the address names; 404 unless it is of one of the municipality's companies."""
    found = await card_in(desk.visit.db, desk.municipality, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found
