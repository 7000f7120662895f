"""S10 ICカード更新: the old card, the new card, 電子証明書更新確認."""

from aiohttp import web

from ..context import Visit, expired, page, see, session_here, visit_of
from ..database import PortalSession
from ..holder import holder_of
from ..registration import seen_digest
from ..sessions import start_over
from ..verification import load_certificate

routes = web.RouteTableDef()


@routes.get("/m/{code}/renew")
async def show(request: web.Request) -> web.Response:
    """The old card, or, once it has been read, the new one."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if not _under_way(session):
        return page(visit, "s10.html", step="old")
    if session.certificate is not None:
        return see(visit.address("renew-confirm"))
    return page(
        visit, "s10.html", step="new", old=holder_of(load_certificate(session.old_certificate or b""))
    )


@routes.post("/m/{code}/renew-again")
async def again(request: web.Request) -> web.Response:
    """Another new card than the one that was read."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if _under_way(session):
        session.certificate = session.transaction_id = None
    return see(visit.address("renew"))


@routes.get("/m/{code}/renew-confirm")
async def confirm(request: web.Request) -> web.Response:
    """電子証明書更新確認: both cards; 更新 signs with the new one."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.procedure == "renew" and session.event_id is not None:
        return see(visit.address("done"))
    if not _under_way(session) or session.certificate is None:
        return see(visit.address("renew"))
    return _both(visit, session, session.certificate)


@routes.post("/m/{code}/abort")
async def abort(request: web.Request) -> web.Response:
    """中止: nothing was changed, nothing is kept."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    start_over(session)
    return see(visit.address("menu"))


def _both(visit: Visit, session: PortalSession, new: bytes) -> web.Response:
    return page(
        visit,
        "s10-confirm.html",
        old=holder_of(load_certificate(session.old_certificate or b"")),
        new=holder_of(load_certificate(new)),
        seen=seen_digest(session),
    )


def _under_way(session: PortalSession) -> bool:
    return session.procedure == "renew" and session.old_certificate is not None and session.event_id is None
