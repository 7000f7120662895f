"""What the user is shown and answers: the messages between the daemon and its window.

The daemon sends `Open` once and then one screen after another (`WaitForCard`, `WaitForReader`, `Choose`,
`Confirm`, `ChangeSecret`, `Working`); the window answers with `Shown`, `Chosen`, `Approved`, `Unshown`,
`Cancelled` or `TimedOut`. Every message is one JSON object with a member `type` (`bridge.core.plainjson`),
sent as one message of a `multiprocessing.connection.Connection`.
The PIN takes another way: `bridge.core.pinentry`.
"""

from __future__ import annotations

from typing import Literal

from bridge.core.language import Language
from bridge.core.pinentry import PinState
from bridge.core.plainjson import Tagged
from bridge.core.record import Record

Purpose = Literal[
    "authenticate", "verifyPin", "sign", "chooseAuthentication", "chooseSignature", "changePin", "unblockPin"
]
ContactField = Literal["hidden", "optional"]
Obstacle = Literal["expired", "notYetValid"]


class Site(Record):
    """Who asks: the name from the configuration (may be empty) and the origin in full."""

    name: str
    origin: str


class Program(Record):
    """What has connected: the program's path, and the name of the known browser that it is.

    Both are empty where it could not be found out.
    """

    path: str = ""
    browser: str = ""


class Holder(Record):
    """A certificate in a person's words. Times are RFC 3339 in UTC; `obstacle` says why it cannot be used."""

    common_name: str
    organization: str
    issuer: str
    not_before: str
    not_after: str
    reader: str
    obstacle: Obstacle | None = None


class ShownDocument(Record):
    """One document to sign, as it is listed. What is in it, the window hears from the preview process."""

    name: str
    media_type: str
    size_bytes: int


class PinEntry(Record):
    """The PIN that is due. Lengths are the token's own, in characters; `tries_left` only as reported.

    With `protected_authentication_path` it is typed on the reader's keypad: the window has no entry, and
    sends an empty `PinEntered` when the user agrees that the reader asks for it.
    """

    pin_state: PinState
    tries_left: int | None = None
    min_length: int = 4
    max_length: int = 16
    protected_authentication_path: bool = False


class WaitForCard(Tagged):
    """No card is in any reader: ask for one. The daemon goes on by itself when one is inserted."""


class WaitForReader(Tagged):
    """Another program holds the card in `reader` for itself; the daemon goes on when it lets go.

    `programs` are the names of those that may hold it, where the system tells.
    """

    reader: str
    programs: tuple[str, ...] = ()


class Choose(Tagged):
    """More than one certificate fits. Those with an obstacle are shown and cannot be chosen."""

    certificates: tuple[Holder, ...]


class Confirm(Tagged):
    """The consent. With `pin`, the PIN is typed in the same window and approves at once."""

    holder: Holder
    contact: ContactField = "hidden"
    pin: PinEntry | None = None


class ChangeSecret(Tagged):
    """Another PIN for the card. With the purpose changePin the PIN in use is typed first, with unblockPin
    the PUK; then twice the new PIN. All go to the worker in one `NewPinEntered`.

    Args:
        pin: of what is typed first (of a PUK little is known: the state is `unknown`), and the lengths that
            the token allows for a PIN.
    """

    holder: Holder
    pin: PinEntry


class Working(Tagged):
    """What was approved is being done: `done` of `total` signatures are there. The user may still cancel.

    Sent again for each change; only the first one is answered with `Shown`.
    """

    done: int
    total: int
    reader: str


Screen = WaitForCard | WaitForReader | Choose | Confirm | ChangeSecret | Working


class Open(Tagged):
    """Opens the window. `timeout_s` counts from here, over all screens. Without a `site` the user has asked
    for it at this computer.

    `documents` are those to sign; `Confirm` shows them. `program` asks in the site's name; None where the
    system does not tell of programs.
    """

    language: Language
    site: Site | None
    purpose: Purpose
    timeout_s: int
    screen: Screen
    documents: tuple[ShownDocument, ...] = ()
    program: Program | None = None


class Shown(Tagged):
    """The screen is on the display."""


class Chosen(Tagged):
    """The certificate at `index` of `Choose.certificates`."""

    index: int


class Approved(Tagged):
    """Approved, and where a PIN was due, the card has accepted it.

    With the purpose `sign` the window stays, for `Working`, until the daemon ends it.

    `digests` are lowercase hex SHA-256 of each document's content as it was shown.
    """

    contact: str | None = None
    digests: tuple[str, ...] = ()


class Unshown(Tagged):
    """The document at this index of `Open.documents` could not be shown, so nothing is asked any more."""

    document: int


class Cancelled(Tagged):
    """The user pressed Escape or キャンセル, or closed the window."""


class TimedOut(Tagged):
    """`timeout_s` went by."""


Answer = Shown | Chosen | Approved | Unshown | Cancelled | TimedOut
