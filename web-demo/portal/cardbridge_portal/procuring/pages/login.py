"""A0 and A1: the entrance, and the official's card; the way out."""

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from ... import challenges, sessions
from ...context import Visit, body_of, page, problem, see, session_over, visit_of
from ...database import Event, PortalSession
from ...pages.pin import NonceExpired, token_refused, verified_answer
from ...text import Text
from ...verification import VerificationError, VerifiedToken
from ..access import CARD, ENTRANCE, Desk, at_desk, closed, desk_of
from ..officials import official_actor, official_of
from ..tables import Official, OfficialLogin

routes = web.RouteTableDef()

HOME = f"{ENTRANCE}companies"
UNKNOWN = Text(
    "このICカードは、発注機関の職員のものとして登録されていません。",
    "This card is not enrolled as an official's.",
)


@routes.get("/authority")
async def bare(request: web.Request) -> web.Response:
    """The address as people type it."""
    return see(ENTRANCE)


@routes.get(ENTRANCE)
async def enter(request: web.Request) -> web.Response:
    """A0 発注機関の入口."""
    visit = visit_of(request)
    await visit.ensure_session()
    return page(visit, "authority/entrance.html", desk=await desk_of(visit))


@routes.get(CARD)
async def show(request: web.Request) -> web.Response:
    """A1 PIN番号入力: the same card flow as S3."""
    visit = visit_of(request)
    if visit.session is None:
        return closed(visit)
    desk = await desk_of(visit)
    again = desk is not None and desk.login.return_to is not None
    return page(visit, "authority/card.html", again=again)


@routes.post("/authority/api/challenge")
async def challenge(request: web.Request) -> web.Response:
    """`{"nonce"}`, as on S3."""
    visit = visit_of(request)
    if visit.session is None:
        return session_over(visit)
    return web.json_response({"nonce": await challenges.issue(visit.db, visit.settings, visit.session)})


@routes.post("/authority/api/continue")
async def carry_on(request: web.Request) -> web.Response:
    """The person is still there: the middleware has noted it."""
    return web.json_response({})


@routes.post("/authority/api/authenticate")
async def authenticate(request: web.Request) -> web.Response:
    """`{"token"}` → `{"next"}`; only for cards enrolled by `cardbridge-portal officials add`."""
    visit = visit_of(request)
    if visit.session is None:
        return session_over(visit)
    try:
        verified, _ = await verified_answer(visit, visit.session, (await body_of(request)).get("token"))
    except (NonceExpired, VerificationError) as error:
        return token_refused(visit, error)
    official = await official_of(visit.db, verified.certificate)
    if official is None:
        return problem(visit, 403, "notAnOfficial", UNKNOWN)
    return web.json_response({"next": await _seat(visit, visit.session, official, verified)})


async def _seat(visit: Visit, session: PortalSession, official: Official, verified: VerifiedToken) -> str:
    """Note who is there since now; where to go on."""
    db, now = visit.db, visit.settings.clock()
    login = await db.get(OfficialLogin, session.id)
    back = HOME
    if login is None:
        login = OfficialLogin(session_id=session.id, official_id=official.id, authenticated=now)
        db.add(login)
    elif login.official_id == official.id:
        back = login.return_to or HOME
    login.official_id, login.authenticated = official.id, now
    login.return_to = login.once = None
    db.add(
        Event(
            moment=now,
            municipality=official.municipality,
            kind="officialLogin",
            actor=official_actor(official),
            detail={"serial": official.serial},
        )
    )
    sessions.start_over(session, certificate=verified.certificate.public_bytes(Encoding.DER))
    visit.cookie = sessions.rotate(session)
    return back


@routes.post("/authority/logout")
@at_desk
async def leave(request: web.Request, desk: Desk) -> web.StreamResponse:
    """ログアウト: the session is deleted."""
    await sessions.end(desk.visit.db, desk.session)
    return see(ENTRANCE)
