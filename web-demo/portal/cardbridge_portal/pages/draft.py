"""The scripts of S4 and S5 keep what is being typed."""

from collections.abc import Callable

from aiohttp import web

from .. import drafts
from ..cards import CardRefused
from ..context import body_of, expired, page, problem, see, session_here, session_over, visit_of
from ..database import PortalSession
from ..form import FIELDS
from ..text import Text
from .entry import registration_here

routes = web.RouteTableDef()

NOT_KEPT = Text("入力内容を保存できませんでした。", "What was typed could not be kept.")
# What a draft of each kind may hold, never the registration number; and when there can be one.
NAMES = {"search": ("name",), "form": tuple(field.name for field in FIELDS)}
READY: dict[str, Callable[[PortalSession], bool]] = {
    "search": lambda session: session.certificate is not None,
    "form": lambda session: session.certificate is not None and session.company_id is not None,
}


@routes.post("/m/{code}/api/draft")
async def keep(request: web.Request) -> web.Response:
    """`{"kind": "search" | "form", "values": {name: text}}` → `{}`; other members of values are dropped."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    try:
        body = await body_of(request)
        kind, values = str(body["kind"]), dict(body["values"])
        names = NAMES[kind]
    except (KeyError, TypeError, ValueError):
        return problem(visit, 400, "invalidRequest", NOT_KEPT)
    if not READY[kind](session) or session.event_id is not None:
        return problem(visit, 409, "csrf", NOT_KEPT)
    given = {name: str(values.get(name, "")) for name in names}
    if kind == "form":
        kind = drafts.form_kind(session)
    await drafts.keep(visit.db, visit.settings, session, kind, given)
    return web.json_response({})


@routes.post("/m/{code}/restart")
async def restart(request: web.Request) -> web.Response:
    """はじめから入力する: the draft of the form, and what was sent of it, are forgotten."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if READY["form"](session) and session.event_id is None:
        try:
            registration = await registration_here(visit, session)
        except CardRefused as refusal:
            return page(visit, "refused.html", status=403, refusal=refusal)
        await drafts.discard(visit.db, session, drafts.form_kind(session))
        session.form = dict(registration.form) if registration else None
        session.transaction_id = None
    return see(visit.address("form"))
