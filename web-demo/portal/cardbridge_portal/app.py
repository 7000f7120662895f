"""The application: routes, resources and their order of opening and closing."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from . import sessions
from .authority import open_authority
from .context import (
    DATABASE,
    FETCH,
    NUMBER_KEY,
    POLICY,
    RECORDS,
    REGISTRATIONS,
    RESPONDER,
    SETTINGS,
    TEMPLATES,
    VISIT,
    Visit,
    expired,
    form_of,
    page,
    problem,
    session_over,
)
from .engine import open_database
from .language import environments
from .lookup import QualificationRecords
from .mail.delivery import Delivery
from .mail.notices import WAKE
from .mail.outbox import Outbox
from .mail.transport import transport_of
from .numbers import NumberKey
from .pages import confirm, draft, entrance, entry, mypage, ocsp, pin, prepare, receipt, renew, search, switch
from .procuring.access import closed, is_official_path
from .procuring.csvfile import MAX_BYTES
from .procuring.pages import cards, companies, history, lists, login
from .refusals import Refusals
from .registration import Registrations
from .responder import Responder, local_fetch
from .samples import make_samples
from .security import guard
from .settings import Settings
from .text import Text
from .verification import Authorities, Policy

HERE = Path(__file__).parent
STALE = Text(
    "画面の有効期限が切れました。画面を読み込み直してください。",
    "This page is out of date. Please load it again.",
)
# Neither session nor database: asked by scripts or programs, or the same for everybody.
OPEN = {"/api/time", ocsp.PATH, switch.PATH}
MAX_REQUEST_BYTES = 256 * 1024


def create_app(settings: Settings) -> web.Application:
    """The portal, its data opened or made in `settings.data` at start."""
    app = web.Application(middlewares=[guard(settings), visits(settings)], client_max_size=MAX_REQUEST_BYTES)
    app[SETTINGS] = settings
    app[TEMPLATES] = environments(HERE / "templates")
    clerks = (entrance, pin, search, entry, draft, confirm, receipt, renew, mypage, prepare, ocsp, switch)
    for module in (*clerks, login, companies, cards, lists, history):
        app.add_routes(module.routes)
    app.router.add_static("/static", HERE / "static")
    if settings.client.is_dir():
        app.router.add_static("/client", settings.client)
    app.cleanup_ctx.append(_data)
    return app


async def _data(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = await open_database(settings.database_url)
    database = async_sessionmaker(engine, expire_on_commit=False)
    delivery = Delivery(
        Outbox(database, settings.clock),
        transport_of(settings.mail_server, settings.mail_folder),
        settings.clock,
        before=Refusals(database, settings.clock).report,
    )
    app[DATABASE] = async_sessionmaker(engine, expire_on_commit=False, info={WAKE: delivery.wake})
    app[NUMBER_KEY] = key = NumberKey.open(settings.number_key)
    authority = open_authority(settings.data)
    app[POLICY] = Policy(authorities=Authorities(roots=(authority.certificate,)), revocation="soft")
    app[RESPONDER] = Responder(settings.data, authority, settings.clock)
    app[FETCH] = local_fetch(app[RESPONDER], app[POLICY])
    app[RECORDS] = QualificationRecords(settings.clock, key)
    app[REGISTRATIONS] = Registrations(settings, app[POLICY], app[FETCH])
    async with app[DATABASE]() as db:
        await make_samples(db, settings.data, key)
    async with delivery.running():
        yield
    await engine.dispose()


def visits(settings: Settings) -> Middleware:
    """Opens the visit of every page: database session, portal session, CSRF check, cookie."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(("/static/", "/client/")) or request.path in OPEN:
            return await handler(request)
        if request.path == lists.BASE:
            request = request.clone(client_max_size=MAX_REQUEST_BYTES + MAX_BYTES)
        role: sessions.Role = "official" if is_official_path(request.path) else "company"
        async with request.app[DATABASE]() as db:
            cookie = request.cookies.get(sessions.cookie_name(settings, role))
            session = await sessions.find(db, settings, cookie, role)
            visit = Visit(request=request, settings=settings, db=db, session=session, role=role)
            request[VISIT] = visit
            try:
                refusal = await _refusal(visit) if request.method == "POST" else None
                response = refusal or await handler(request)
                await db.commit()
            except StaleDataError:
                # The authority has ended the session while this request was at work.
                await db.rollback()
                visit.session = visit.cookie = None
                response = _over(visit)
        if visit.cookie is not None:
            sessions.set_cookie(response, settings, visit.cookie, role)
        return response

    return middleware


def _over(visit: Visit) -> web.Response:
    """401: there is no session (any more)."""
    if visit.role == "official":
        return closed(visit)
    return session_over(visit) if "/api/" in visit.request.path else expired(visit)


async def _refusal(visit: Visit) -> web.StreamResponse | None:
    """401 without a session, 403 without its CSRF token; None lets the request through."""
    request = visit.request
    if visit.session is None:
        return _over(visit)
    script = "/api/" in request.path
    given = request.headers.get("X-CSRF-Token", "")
    if not given and not script:
        given = str((await form_of(request)).get("csrf", ""))
    if sessions.csrf_matches(visit.session, given):
        return None
    if not script:
        return page(visit, "stale.html", status=403)
    return problem(visit, 403, "csrf", STALE)
