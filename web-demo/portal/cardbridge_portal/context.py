"""What a handler works with: application keys, the visit of one request, page rendering."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from . import sessions
from .database import PortalSession
from .language import language_of, suggests_english
from .lookup import QualificationRecords
from .municipalities import Municipality, municipalities
from .numbers import NumberKey
from .registration import Registrations
from .responder import Responder
from .settings import Settings
from .text import Language, Text
from .verification import Fetch, Policy

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", async_sessionmaker[AsyncSession])
POLICY = web.AppKey("policy", Policy)
FETCH: web.AppKey[Fetch] = web.AppKey("fetch")
RESPONDER = web.AppKey("responder", Responder)
NUMBER_KEY = web.AppKey("number_key", NumberKey)
RECORDS = web.AppKey("records", QualificationRecords)
REGISTRATIONS = web.AppKey("registrations", Registrations)
TEMPLATES: web.AppKey[Mapping[Language, jinja2.Environment]] = web.AppKey("templates")


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request: its database session, its portal session if one lives, and a cookie to set.

    `role` follows from the address: whose sessions count here.
    """

    request: web.Request
    settings: Settings
    db: AsyncSession
    session: PortalSession | None
    role: sessions.Role = "company"
    cookie: str | None = None

    @property
    def language(self) -> Language:
        """The language of this browser's pages."""
        return language_of(self.request, self.settings)

    @property
    def municipality(self) -> Municipality:
        """The municipality that the address names; 404 for an unknown one."""
        try:
            return municipalities()[self.request.match_info["code"]]
        except KeyError:
            raise web.HTTPNotFound from None

    async def ensure_session(self) -> PortalSession:
        """The live session, or a new one."""
        if self.session is None:
            self.session, self.cookie = await sessions.begin(self.db, self.settings, self.role)
        return self.session

    def address(self, page: str) -> str:
        """The path of a page of this municipality; '' is its entrance."""
        return f"/m/{self.municipality.code}/{page}"


VISIT = web.RequestKey("visit", Visit)


def visit_of(request: web.Request) -> Visit:
    """The visit that the middleware opened."""
    return request[VISIT]


async def form_of(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | FileField]:
    """The fields of a form that was sent.

    Raises:
        aiohttp.web.HTTPBadRequest: it is not in the encoding that it names, or in none that is known.
    """
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None


async def body_of(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; an empty one for anything else, half of a surrogate pair included."""
    try:
        body = await request.json()
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, LookupError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a template of a screen, in the visit's language."""
    return _render(visit.request, visit.session, template, status, values)


def error_page(request: web.Request, status: int) -> web.Response:
    """What stands in a page's place when there is none: 403, 404, 405, 413, 500. Needs no database."""
    return _render(request, None, "problem.html", status, {"status": status})


def _render(
    request: web.Request, session: PortalSession | None, template: str, status: int, values: dict[str, Any]
) -> web.Response:
    settings = request.app[SETTINGS]
    known: dict[str, Any] = {
        "municipality": municipalities().get(request.match_info.get("code", "")),
        "csrf": session.csrf if session else "",
        "procedure": session.procedure if session else None,
        "idle_s": settings.idle_s if session else 0,
        "path": request.path,
        "suggests_english": suggests_english(request, settings),
        "ports": " ".join(map(str, settings.bridge_ports)),
        "card_control": settings.card_control,
    }
    text = (
        request.app[TEMPLATES][language_of(request, settings)]
        .get_template(template)
        .render({**known, **values})
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)


def session_here(visit: Visit) -> PortalSession | None:
    """The live session, if it is one of this municipality."""
    code = visit.municipality.code
    if visit.session is None or visit.session.municipality != code:
        return None
    return visit.session


def see(location: str) -> web.Response:
    """303: after a POST, or to the screen that has to come first."""
    return web.Response(status=303, headers={"Location": location})


def expired(visit: Visit) -> web.Response:
    """The page of a session that is over (10 minutes idle)."""
    return page(visit, "expired.html", status=401)


def problem(visit: Visit, status: int, reason: str, message: Text) -> web.Response:
    """A refusal for the page's script: `{"reason", "message"}`, the message in the visit's language."""
    return web.json_response({"reason": reason, "message": message.said(visit.language)}, status=status)


def session_over(visit: Visit) -> web.Response:
    """The refusal of a script whose session is over."""
    return problem(
        visit,
        401,
        "sessionExpired",
        Text("入口に戻り、やり直してください。", "Go back to the entrance and start again."),
    )
