"""S0 to S2: choice of municipality, entrance, menu."""

from aiohttp import web

from ..context import SETTINGS, expired, page, session_here, visit_of
from ..municipalities import municipalities
from ..sessions import start_over

routes = web.RouteTableDef()


@routes.get("/")
async def choose(request: web.Request) -> web.Response:
    """S0 自治体選択."""
    return page(visit_of(request), "s0.html", municipalities=municipalities().values())


@routes.get("/m/{code}/")
async def enter(request: web.Request) -> web.Response:
    """S1 入口."""
    visit = visit_of(request)
    municipality = visit.municipality
    session = await visit.ensure_session()
    if session.municipality != municipality.code:
        session.municipality = municipality.code
        start_over(session)
    return page(visit, "s1.html")


@routes.get("/m/{code}/menu")
async def menu(request: web.Request) -> web.Response:
    """S2 利用者登録メニュー."""
    visit = visit_of(request)
    if session_here(visit) is None:
        return expired(visit)
    return page(visit, "s2.html")


@routes.get("/api/time")
async def time(request: web.Request) -> web.Response:
    """The server's clock: `{"now": milliseconds since 1970, UTC}`."""
    moment = request.app[SETTINGS].clock()
    return web.json_response({"now": int(moment.timestamp() * 1000)})


@routes.post("/api/continue")
@routes.post("/m/{code}/api/continue")
async def go_on(request: web.Request) -> web.Response:
    """続ける: a request is all it takes for a session to live on."""
    return web.json_response({"idle": request.app[SETTINGS].idle_s})
