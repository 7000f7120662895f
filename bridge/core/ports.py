"""What the methods need from the world; `bridge.daemon` says who provides it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from bridge.core.audit import AuditEntry
from bridge.core.consent import Approved, Chosen, Open, Screen, Working
from bridge.core.document import SignerDocument
from bridge.core.errors import BridgeError
from bridge.core.order import Form, SignatureOrder
from bridge.core.origin import Origin
from bridge.core.pinentry import PinState, PinVerdict
from bridge.core.settings import SiteSettings, UiSettings
from bridge.core.token import Token

RawSigner = Callable[[bytes], Awaitable[bytes]]
"""Signs a message with the card's key, hashing it on the way: ECDSA comes as raw R‖S."""


TimeStampRequest = Callable[[bytes], Awaitable[bytes]]
"""Takes a TimeStampReq to the site's authority and brings its TimeStampResp, unread (RFC 3161), both DER."""


class TimeStamps(Protocol):
    async def ask(self, url: str, request: bytes) -> bytes:
        """The answer of the time-stamping authority at `url` (RFC 3161, section 3.4), unread.

        Raises:
            TimeStampFailed
        """


class SignatureMaker(Protocol):
    """Reads documents and makes signatures around what the card signs."""

    async def check(self, form: Form, name: str, content: bytes) -> None:
        """Whether a signature of this form can be made of the document.

        Raises:
            DocumentUnreadable, UnsupportedFormat: data `document` is `name`.
        """

    async def make(
        self, order: SignatureOrder, sign: RawSigner, time_stamp: TimeStampRequest | None
    ) -> bytes:
        """The signature: CMS as DER, an XML document, or the signed PDF.

        Args:
            sign: is asked once.
            time_stamp: needed for level B-T.

        Raises:
            DocumentUnreadable, UnsupportedFormat, TimeStampFailed, and what `sign` raises.
        """


class SignatureMaking(Protocol):
    def maker(self, form: Form) -> AbstractAsyncContextManager[SignatureMaker]:
        """A maker for the documents of one request, all in this form."""


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds that never jump."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""


class AuditSink(Protocol):
    def record(self, entry: AuditEntry) -> None:
        """Take `entry` for the audit log. Returns at once and never raises: no disk stops an operation."""


class PinChannel(Protocol):
    """The worker's end of the pipe that only window and worker read."""

    def close(self) -> None: ...


class Window(Protocol):
    """One open window of the user's. It shows one screen after the other."""

    @property
    def pin_channel(self) -> PinChannel | None:
        """To be handed to the worker, once; None after that."""

    async def show(self, screen: Screen) -> None:
        """Show `screen`; returns when it is on the display."""

    async def answer(self) -> Chosen | Approved:
        """The user's answer to the screen.

        Raises:
            UserCancelled, UserTimeout
            DocumentUnreadable: a document could not be shown after all.
            InternalError: the window ended by itself.
        """

    async def update(self, screen: Working) -> None:
        """Change what stands on the screen `Working`, which is shown."""

    async def cancelled(self) -> None:
        """Wait, without a time limit, for the user to cancel what was approved.

        Raises:
            UserCancelled
        """


class Consent(Protocol):
    def prepare(self) -> None:
        """A window may soon be wanted: it will appear sooner. Nothing comes of it if none is."""

    def window(
        self, opening: Open, documents: tuple[SignerDocument, ...] = ()
    ) -> AbstractAsyncContextManager[Window]:
        """Open a window; it is gone when the context is left.

        Args:
            documents: those that `opening` names.

        Raises:
            DocumentUnreadable: there is no window then.
        """


class PlacedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token and the driver (its name in the configuration) through which it was seen."""

    driver: str
    token: Token


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What all drivers see.

    `unrecognised` are descriptions of slots whose token no driver knows; `is_answered`: by any driver at all.
    """

    tokens: tuple[PlacedToken, ...]
    unrecognised: tuple[str, ...]
    failures: tuple[BridgeError, ...]
    is_answered: bool = True


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How a login ended; `verdict` None: no PIN was tried."""

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"
    tries_left: int | None = None
    always_authenticate: frozenset[bytes] = frozenset()


class PinChange(msgspec.Struct, frozen=True, kw_only=True):
    """How a change ended; `verdict` None: nothing was tried. `pin_state` is the PIN's, not the PUK's."""

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"


class TokenAccess(Protocol):
    """The configured PKCS#11 modules. One caller at a time: whoever has the turn at the card."""

    def prepare(self) -> None:
        """A card may soon be asked for: it will answer sooner. No module is loaded before it is."""

    async def survey(self) -> Survey:
        """Look at every token through every driver.

        Raises:
            DriverNotFound: no driver is configured.
        """

    async def login(self, place: PlacedToken, channel: PinChannel) -> Login:
        """Log in with the PIN that comes over `channel`.

        Raises:
            BridgeError: what went wrong, never about the PIN.
        """

    async def change_pin(
        self, place: PlacedToken, kind: Literal["change", "unblock"], channel: PinChannel
    ) -> PinChange:
        """Change or unblock the PIN with what comes over `channel`.

        Raises:
            PinLocked: the token has no way to unblock its PIN.
            BridgeError: what went wrong, never about PIN or PUK.
        """

    async def sign(self, place: PlacedToken, key_id: bytes, algorithm: str, digest: bytes) -> bytes:
        """The token's signature over `digest`.

        Raises:
            BridgeError
        """

    async def forget(self, place: PlacedToken) -> None:
        """The approved request is over: no PIN is sent again."""

    async def lost(self) -> None:
        """Return when a worker that holds a login has ended by itself."""

    async def end(self) -> None:
        """End every worker and reset every card that was logged in. Never raises a BridgeError."""


class PolicySource(Protocol):
    """The configuration as it stands now."""

    @property
    def ui(self) -> UiSettings: ...

    def site(self, origin: Origin) -> SiteSettings | None:
        """The site's entry, or None where it is not allowed."""
