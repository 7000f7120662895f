"""The methods' ports, played by small fakes: a clock, a card, a person at a window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from msgspec.structs import replace

from bridge.core import selection
from bridge.core.algorithms import ALGORITHMS
from bridge.core.audit import AuditEntry
from bridge.core.consent import Approved, ChangeSecret, Choose, Chosen, Confirm, Open, Screen, Working
from bridge.core.document import SignerDocument
from bridge.core.errors import BridgeError, DriverFailed, UserCancelled, UserTimeout
from bridge.core.messages import ProgressState
from bridge.core.order import Form, SignatureOrder
from bridge.core.origin import Origin
from bridge.core.pinentry import PinVerdict
from bridge.core.ports import Login, PinChange, PinChannel, PlacedToken, RawSigner, Survey, TimeStampRequest
from bridge.core.reader_table import PcscReader, PcscReaders
from bridge.core.readers import ReaderState
from bridge.core.settings import SiteSettings, UiSettings
from bridge.methods.activity import Activity
from bridge.methods.board import ReaderBoard
from bridge.methods.call import Call, Caller, Desk, Progress
from bridge.methods.lane import Lane
from bridge.methods.session import CardSession, CardSessions
from tests.unit.certificates import NOW, certificate, key
from tests.unit.tokens import READER, placed, survey

SITE = SiteSettings(origin="https://a.jp", name="見本市", pin="session", pin_idle_s=300, pin_max_s=900)
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
A, B, C = (Origin.parse(f"https://{letter}.jp") for letter in "abc")


async def settle() -> None:
    """Let everything run that can run without time or anybody's answer."""
    for _ in range(50):
        await asyncio.sleep(0)


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.time: datetime = NOW

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.time


@dataclass(slots=True, kw_only=True)
class FakeChannel:
    """The PIN pipe without a PIN: what the card will have said when the window is done with it.

    `documents` are what the window shows."""

    documents: tuple[SignerDocument, ...] = ()
    said: Login = field(default_factory=lambda: Login(verdict=None))
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        self.done.set()


Person = Callable[[Screen, FakeChannel], Awaitable[Chosen | Approved]]


async def agrees(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
    """Chooses the first that can be chosen, approves what is shown, knows the PIN."""
    if isinstance(screen, Choose):
        return Chosen(index=next(i for i, row in enumerate(screen.certificates) if row.obstacle is None))
    if isinstance(screen, Confirm):
        if screen.pin is not None:
            channel.said = Login(verdict="accepted", pin_state="ok")
            channel.done.set()
        digests = tuple(document.digest for document in channel.documents)
        return Approved(contact="見本 花子" if screen.contact == "optional" else None, digests=digests)
    if isinstance(screen, ChangeSecret):
        channel.said = Login(verdict="accepted", pin_state="ok")
        channel.done.set()
        return Approved()
    return await waits(screen, channel)


async def waits(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
    """Does nothing."""
    await asyncio.Event().wait()
    raise AssertionError


async def cancels(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
    channel.done.set()
    raise UserCancelled


async def is_slow(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
    channel.done.set()
    raise UserTimeout(timeoutSeconds=120)


def gives_up_after(verdict: PinVerdict, **said: Any) -> Person:
    """Tries a PIN, hears the verdict, and cancels."""

    async def person(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
        channel.said = Login(verdict=verdict, **said)
        channel.done.set()
        raise UserCancelled

    return person


UNSEEN_WORK = Working(done=0, total=0, reader="")
"""What a person is asked about while signatures are made and the window does not say so yet."""


class FakeWindow:
    def __init__(self, person: Person, screen: Screen, documents: tuple[SignerDocument, ...]) -> None:
        self.screens = [screen]
        self.is_open = True
        self.show_error: BridgeError | None = None
        self._person = person
        self._channel = FakeChannel(documents=documents)
        self._given = False

    @property
    def pin_channel(self) -> PinChannel | None:
        given, self._given = self._given, True
        return None if given else self._channel

    async def show(self, screen: Screen) -> None:
        if self.show_error is not None:
            raise self.show_error
        self.screens.append(screen)

    async def answer(self) -> Chosen | Approved:
        return await self._person(self.screens[-1], self._channel)

    async def update(self, screen: Working) -> None:
        self.screens[-1] = screen

    async def cancelled(self) -> None:
        shown = self.screens[-1]
        await self._person(shown if isinstance(shown, Working) else UNSEEN_WORK, self._channel)
        raise AssertionError("nothing is left to be approved")

    def close(self) -> None:
        self.is_open = False
        self._channel.close()


class FakeConsent:
    """Opens windows before `person`, which a test may change at any time."""

    def __init__(self, person: Person = agrees) -> None:
        self.person = person
        self.openings: list[Open] = []
        self.documents: list[tuple[SignerDocument, ...]] = []
        self.refusal: BridgeError | None = None
        self.windows: list[FakeWindow] = []

    def prepare(self) -> None:
        return None

    @asynccontextmanager
    async def window(
        self, opening: Open, documents: tuple[SignerDocument, ...] = ()
    ) -> AsyncIterator[FakeWindow]:
        if self.refusal is not None:
            raise self.refusal

        async def person(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
            return await self.person(screen, channel)

        window = FakeWindow(person, opening.screen, documents)
        self.openings.append(opening)
        self.documents.append(documents)
        self.windows.append(window)
        try:
            yield window
        finally:
            window.close()

    @property
    def screens(self) -> list[Screen]:
        """Of all windows, in order."""
        return [screen for window in self.windows for screen in window.screens]


class FakeTokens:
    """One driver and its card. `events` are the calls in order; `surveys` are seen one after the other,
    the last one again and again. `end` takes as long as `ending` is not set."""

    def __init__(self, *surveys: Survey) -> None:
        self.surveys = list(surveys) or [survey(placed([certificate()]))]
        self.events: list[str] = []
        self.logged_in: PlacedToken | None = None
        self.login_error: BridgeError | None = None
        self.sign_error: BridgeError | None = None
        self.signs_before_error = 0
        self.signature: bytes | None = None
        self.always_authenticate: frozenset[bytes] = frozenset()
        self.ending = asyncio.Event()
        self.ending.set()

    def prepare(self) -> None:
        """Nothing of its own."""

    async def survey(self) -> Survey:
        self.events.append("survey")
        return self.surveys.pop(0) if len(self.surveys) > 1 else self.surveys[0]

    async def login(self, place: PlacedToken, channel: PinChannel) -> Login:
        self.events.append("login")
        if self.login_error is not None:
            raise self.login_error
        said = await _said(channel)
        if said.verdict == "accepted":
            self.logged_in = place
        return Login(
            verdict=said.verdict,
            pin_state=said.pin_state,
            tries_left=said.tries_left,
            always_authenticate=self.always_authenticate,
        )

    async def change_pin(
        self, place: PlacedToken, kind: Literal["change", "unblock"], channel: PinChannel
    ) -> PinChange:
        self.events.append(kind)
        said = await _said(channel)
        return PinChange(verdict=said.verdict, pin_state=said.pin_state)

    async def sign(self, place: PlacedToken, key_id: bytes, algorithm: str, digest: bytes) -> bytes:
        self.events.append(f"sign {algorithm}")
        if self.sign_error is not None and self.signs_before_error == 0:
            error, self.sign_error = self.sign_error, None
            raise error
        self.signs_before_error = max(0, self.signs_before_error - 1)
        if self.logged_in is None or self.logged_in.token.slot != place.token.slot:
            raise DriverFailed("Not logged in.", driver=place.driver)
        return self.signature or ecdsa(algorithm, digest)

    async def forget(self, place: PlacedToken) -> None:
        self.events.append("forget")

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def end(self) -> None:
        self.events.append("end")
        await self.ending.wait()
        self.logged_in = None
        self.events.append("ended")


async def _said(channel: PinChannel) -> Login:
    assert isinstance(channel, FakeChannel)
    await channel.done.wait()
    return channel.said


def ecdsa(algorithm: str, digest: bytes) -> bytes:
    """The P-256 card's signature over a digest, as raw R‖S."""
    private = key()
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    hash_name = ALGORITHMS[algorithm].hash_name
    made = private.sign(digest, ec.ECDSA(Prehashed(_HASHES[hash_name]())))
    r, s = decode_dss_signature(made)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def pcsc(**states: ReaderState) -> PcscReaders:
    """Readers `Virtual PCD 00 00`, `01 00`, … by the keys r0, r1, …"""
    names = {name: f"Virtual PCD {name[1:].zfill(2)} 00" for name in states}
    return PcscReaders(
        available=True,
        readers=tuple(
            PcscReader(name=names[name], state=state, atr=b"" if state == "empty" else b"\x3b")
            for name, state in states.items()
        ),
    )


class FakeMaking:
    """Signatures without a format: the card's signature over the document's digest."""

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.orders: list[SignatureOrder] = []
        self.error: BridgeError | None = None

    @asynccontextmanager
    async def maker(self, form: Form) -> AsyncIterator[FakeMaking]:
        yield self

    async def check(self, form: Form, name: str, content: bytes) -> None:
        self.checked.append(name)
        if self.error is not None:
            raise self.error

    async def make(
        self, order: SignatureOrder, sign: RawSigner, time_stamp: TimeStampRequest | None
    ) -> bytes:
        self.orders.append(order)
        if time_stamp is not None:
            await time_stamp(b"request")
        return await sign(order.digest)


class FakeTimeStamps:
    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.error: BridgeError | None = None

    async def ask(self, url: str, request: bytes) -> bytes:
        self.asked.append((url, request))
        if self.error is not None:
            raise self.error
        return b"response"


class FakeAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


class FakePolicy:
    def __init__(self) -> None:
        self.ui = UiSettings()

    def site(self, origin: Origin) -> SiteSettings | None:
        return SITE


class FakeProgress(Progress):
    def __init__(self) -> None:
        self.states: list[ProgressState] = []
        self.readers: list[str | None] = []
        self.counts: list[tuple[int | None, int | None]] = []

    async def send(
        self,
        state: ProgressState,
        *,
        done: int | None = None,
        total: int | None = None,
        reader: str | None = None,
    ) -> None:
        self.states.append(state)
        self.readers.append(reader)
        self.counts.append((done, total))


class Place:
    """A daemon's desk with fakes behind it, and the calls of its connections."""

    def __init__(self, *surveys: Survey, programs: Sequence[str] = (), has_pcsc: bool = True) -> None:
        self.clock = FakeClock()
        self.tokens = FakeTokens(*surveys)
        self.audit = FakeAudit()
        self.consent = FakeConsent()
        self.board = ReaderBoard()
        if has_pcsc:
            self.board.pcsc_changed(pcsc(r0="present"))
        self.looks = 0
        self.sessions = CardSessions(self.tokens, self.clock)
        self.progress = FakeProgress()
        self.making = FakeMaking()

        async def card_users() -> tuple[str, ...]:
            return tuple(programs)

        async def look_again() -> None:
            self.looks += 1

        self.desk = Desk(
            version="1.2.3",
            tokens=self.tokens,
            consent=self.consent,
            policy=FakePolicy(),
            clock=self.clock,
            board=self.board,
            lane=Lane(8),
            sessions=self.sessions,
            activity=Activity(self.audit, self.clock),
            card_users=card_users,
            look_again=look_again,
            signatures=self.making,
        )

    def use(self, tokens: FakeTokens) -> None:
        """Another driver."""
        self.tokens = tokens
        self.sessions = CardSessions(tokens, self.clock)
        self.desk = replace(self.desk, tokens=tokens, sessions=self.sessions)

    def call(self, connection: int = 1, origin: Origin = A, site: SiteSettings = SITE) -> Call:
        caller = Caller(connection=connection, origin=origin, site=site, notify_readers=lambda: None)
        return Call(desk=self.desk, caller=caller, language="ja", progress=self.progress)


def opened(place: Place, connection: int = 1, origin: Origin = A, site: SiteSettings = SITE) -> CardSession:
    """A session as a method opens it, its card logged in."""
    (entry,) = selection.entries(survey(placed([certificate()])))
    place.tokens.logged_in = entry.place
    session = CardSession(
        connection=connection,
        origin=origin,
        site=site,
        entry=entry,
        login=Login(verdict="accepted"),
        contact=None,
        readers=(READER,),
        removals=place.board.removals((READER,)),
        may_log_in=True,
        opened_at=place.clock.seconds,
        used_at=place.clock.seconds,
    )
    place.sessions.open(session)
    return session


assert READER == pcsc(r0="present").readers[0].name
