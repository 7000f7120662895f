"""Who is at the desk: an official's session, how fresh its card is, and confirmations that count once."""

import functools
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import update

from ..context import Visit, page, see, session_over, visit_of
from ..database import Base, PortalSession
from ..municipalities import Municipality, municipalities
from .officials import official_actor
from .tables import Official, OfficialLogin

PREFIX = "/authority"
ENTRANCE, CARD = f"{PREFIX}/", f"{PREFIX}/card"
# How long ago the card was checked, at most, when something is changed.
FRESH = timedelta(minutes=10)


class AlreadyDone(Exception):
    """The confirmation on the screen was used before, or is not the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One request of an official whose card was checked."""

    visit: Visit
    session: PortalSession
    official: Official
    login: OfficialLogin

    @property
    def municipality(self) -> Municipality:
        """The only one whose companies this official sees."""
        return municipalities()[self.official.municipality]

    @property
    def actor(self) -> str:
        """As the history names the official."""
        return official_actor(self.official)

    @property
    def fresh(self) -> bool:
        """Whether the card was checked within `FRESH`."""
        return self.visit.settings.clock() - self.login.authenticated <= FRESH

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Render a template of the authority's side."""
        known = {"official": self.official, "entity": self.municipality}
        return page(self.visit, f"authority/{template}", status=status, **known, **values)

    async def undo(self, *rows: Base) -> None:
        """Roll back; what the answer is about to show is read again."""
        await self.visit.db.rollback()
        for row in (self.session, self.official, self.login, *rows):
            await self.visit.db.refresh(row)

    def new_confirmation(self) -> str:
        """A token for the form that is about to be shown; earlier ones are void."""
        self.login.once = secrets.token_urlsafe(32)
        return self.login.once

    async def use_confirmation(self, given: str) -> None:
        """Void the confirmation, within the transaction that does what it confirms.

        Raises:
            AlreadyDone: sent twice (double click, reload), or from an older page.
        """
        db = self.visit.db
        await db.refresh(self.login)
        known = self.login.once
        if known is None or not hmac.compare_digest(known.encode(), given.encode()):
            raise AlreadyDone
        used = await db.execute(
            update(OfficialLogin)
            .where(OfficialLogin.session_id == self.login.session_id, OfficialLogin.once == known)
            .values(once=None)
            .returning(OfficialLogin.session_id)
        )
        if used.first() is None:
            raise AlreadyDone


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DeskHandler = Callable[[web.Request, Desk], Awaitable[web.StreamResponse]]


def at_desk(handler: DeskHandler) -> Handler:
    """Only for an official whose card was checked in this session; anybody else gets 401."""

    @functools.wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        desk = await desk_of(visit_of(request))
        return closed(visit_of(request)) if desk is None else await handler(request, desk)

    return checked


def with_fresh_card(handler: DeskHandler) -> Handler:
    """The same for what changes something: a card checked longer ago is checked again first.

    After that the official is back at the address that was asked for, read anew: nothing is done unseen.
    """

    @at_desk
    @functools.wraps(handler)
    async def fresh(request: web.Request, desk: Desk) -> web.StreamResponse:
        if desk.fresh:
            return await handler(request, desk)
        desk.login.return_to = request.path[:200]
        return see(CARD)

    return fresh


async def desk_of(visit: Visit) -> Desk | None:
    """The official of this session; None without one, or when the access was withdrawn."""
    if visit.session is None:
        return None
    login = await visit.db.get(OfficialLogin, visit.session.id)
    if login is None:
        return None
    official = await visit.db.get_one(Official, login.official_id)
    if official.state != "active":
        return None
    return Desk(visit=visit, session=visit.session, official=official, login=login)


def closed(visit: Visit) -> web.Response:
    """401: log in first. A page, or JSON for a script."""
    if "/api/" in visit.request.path:
        return session_over(visit)
    return page(visit, "authority/closed.html", status=401)


def is_official_path(path: str) -> bool:
    """Whether an address belongs to the authority's side; its sessions have a role of their own."""
    return path == PREFIX or path.startswith(ENTRANCE)
