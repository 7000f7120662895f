"""What goes into the audit log: every operation that a person would call one, and every site turned away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from bridge.core.audit import (
    OK,
    WITHDRAWN,
    AuditEntry,
    What,
    certificate_of,
    documents_of,
    origin_text,
    utc_text,
)
from bridge.core.document import SignerDocument
from bridge.core.errors import BridgeError, InternalError, OriginNotPermitted
from bridge.core.messages import ChooseParams, Params
from bridge.core.origin import Origin
from bridge.core.ports import AuditSink, Clock
from bridge.core.selection import CertificateEntry
from bridge.core.settings import Settings
from bridge.core.throttle import Throttle

_T = TypeVar("_T")

_WHAT: dict[str, What] = {
    "auth.getToken": "authenticate",
    "card.changePin": "changePin",
    "card.unblockPin": "unblockPin",
    "card.verifyPin": "verifyPin",
    "sign.documents": "sign",
    "sign.hash": "signHash",
}


class Trail(msgspec.Struct, kw_only=True):
    """What a method leaves behind for the log as it goes on, however it ends.

    `has_window`: a person has seen a window of it; `is_answered`: and has answered it; `entry`: the
    certificate that it is about.
    """

    has_window: bool = False
    is_answered: bool = False
    entry: CertificateEntry | None = None
    documents: tuple[SignerDocument, ...] = ()


class Activity:
    """Writes the entries. Nothing here waits for the disk, and nothing is raised because of it.

    Args:
        skipped: how many were left out before, which the next entry tells.
    """

    def __init__(self, sink: AuditSink, clock: Clock, *, skipped: int = 0) -> None:
        self._sink, self._clock = sink, clock
        self._throttle = Throttle(skipped)

    @property
    def throttle(self) -> Throttle:
        """What measures how much of the log pages fill."""
        return self._throttle

    async def follow(
        self, trail: Trail, origin: Origin, method: str, params: Params, work: Awaitable[_T]
    ) -> _T:
        """Do `work`, which is `method` called by `origin`, and record how it ended."""
        result = InternalError.reason
        try:
            done = await work
            result = OK
            return done
        except BridgeError as error:
            result = error.reason
            raise
        except asyncio.CancelledError:
            result = WITHDRAWN
            raise
        finally:
            what = _what(method, params)
            if what is not None:
                self._ended(what, method, origin_text(origin), result, trail)

    def refused(self, origin: Origin | None) -> None:
        """A site that is not on the list, or something that is no site, was turned away."""
        site = origin_text(origin)
        if self._throttle.admits_refused(site, self._clock.monotonic()):
            self._record(what="refused", origin=site, result=OriginNotPermitted.reason)

    def configured(self, before: Settings, after: Settings) -> None:
        """Other sites or drivers count from now on: which sites, and that the drivers are others."""
        old, new = ({site.parsed_origin: site for site in each.site} for each in (before, after))
        for origin in dict.fromkeys((*old, *new)):
            if old.get(origin) != new.get(origin):
                what = (
                    "siteRemoved" if origin not in new else "siteChanged" if origin in old else "siteAllowed"
                )
                self._record(what=what, origin=origin_text(origin), result=OK)
        if before.driver != after.driver:
            self._record(what="driversChanged", result=OK)

    def _ended(self, what: What, method: str, origin: str, result: str, trail: Trail) -> None:
        now = self._clock.monotonic()
        by_the_page = not trail.has_window or result == WITHDRAWN and not trail.is_answered
        if by_the_page and not self._throttle.admits(origin, is_ok=result == OK, now=now):
            return
        self._record(
            what=what,
            method=method,
            origin=origin,
            result=result,
            certificate=None if trail.entry is None else certificate_of(trail.entry.facts),
            documents=documents_of(trail.documents),
        )

    def _record(self, **values: object) -> None:
        time, skipped = utc_text(self._clock.now()), self._throttle.take_skipped()
        self._sink.record(AuditEntry(time=time, skipped=skipped, **values))  # type: ignore[arg-type]


def _what(method: str, params: Params) -> What | None:
    if isinstance(params, ChooseParams):
        return "chooseAuthentication" if params.purpose == "authentication" else "chooseSignature"
    return _WHAT.get(method)
