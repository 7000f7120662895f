"""One request on its way through a method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from bridge.core.cancellations import UNANSWERED, Cancellations
from bridge.core.consent import Program
from bridge.core.language import Language
from bridge.core.messages import ProgressState
from bridge.core.origin import THE_USER, Origin
from bridge.core.ports import Clock, Consent, PolicySource, SignatureMaking, Survey, TimeStamps, TokenAccess
from bridge.core.settings import SiteSettings
from bridge.methods.activity import Activity, Trail
from bridge.methods.board import ReaderBoard
from bridge.methods.lane import Lane
from bridge.methods.session import CardSessions
from bridge.methods.uploads import Uploads
from bridge.signatures.making import InThisProcess

_THE_USERS_CONNECTION = 0


async def nothing() -> None:
    """What a port does that is not there."""


def _unremembered(survey: Survey) -> None:
    return None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What all methods share: the ports, the lane to the card, the open session.

    `card_users` names the other programs that use cards, where the system tells. `look_again` asks PC/SC for
    what it tells of no change: whether another program holds a card for itself. Without `time_stamps` there
    is no level B-T. `seen` hears what workers have seen of the cards.
    """

    version: str
    tokens: TokenAccess
    consent: Consent
    policy: PolicySource
    clock: Clock
    board: ReaderBoard
    lane: Lane
    sessions: CardSessions
    activity: Activity
    card_users: Callable[[], Awaitable[tuple[str, ...]]]
    look_again: Callable[[], Awaitable[None]] = nothing
    cancellations: Cancellations = msgspec.field(default_factory=Cancellations)
    unanswered: Cancellations = msgspec.field(default_factory=lambda: Cancellations(UNANSWERED))
    signatures: SignatureMaking = msgspec.field(default_factory=InThisProcess)
    time_stamps: TimeStamps | None = None
    seen: Callable[[Survey], None] = _unremembered


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A connection: its number and the site behind it.

    `program` finds out which program it is, where the system tells. `notify_readers` sends
    `readers.changed`; it compares equal for the connection's whole life.
    """

    connection: int
    origin: Origin
    site: SiteSettings
    notify_readers: Callable[[], None]
    program: Callable[[], Awaitable[Program | None]] = nothing
    uploads: Uploads = msgspec.field(default_factory=Uploads)


QUICK_S = 0.1


class Progress:
    """Sends `$/progress` of one request; does nothing by default."""

    async def send(
        self,
        state: ProgressState,
        *,
        done: int | None = None,
        total: int | None = None,
        reader: str | None = None,
    ) -> None:
        """Tell the page where its request stands."""

    def unless_quick(
        self,
        state: ProgressState,
        *,
        done: int | None = None,
        total: int | None = None,
        reader: str | None = None,
    ) -> None:
        """The same, but only if the request is still under way `QUICK_S` later."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: who asks, in which language its windows speak, how it reports progress.

    `trail` is what the audit log will say of it.
    """

    desk: Desk
    caller: Caller
    language: Language
    progress: Progress
    trail: Trail = msgspec.field(default_factory=Trail)


def of_the_user(desk: Desk, language: Language) -> Call:
    """A request from the tray: no page hears of it, and its rules are those of a site without any."""
    caller = Caller(
        connection=_THE_USERS_CONNECTION,
        origin=THE_USER,
        site=SiteSettings(origin="http://localhost"),
        notify_readers=lambda: None,
    )
    return Call(desk=desk, caller=caller, language=language, progress=Progress())
