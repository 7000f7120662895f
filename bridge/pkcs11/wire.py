"""Messages between the daemon and a worker, one JSON object each.

The daemon sends a request and reads `Phase` events until one reply comes. After `Login` and `ChangePin`
the worker's end of the PIN pipe follows on the same connection (`bridge.children.hand_over`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from bridge.core import plainjson
from bridge.core.pinentry import PinState, PinVerdict
from bridge.core.token import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect(plainjson.Tagged):
    """Report all tokens with their certificates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(plainjson.Tagged):
    """Log in to the token in `slot` with the PIN that comes over the PIN pipe.

    With `protected_authentication_path` the PIN is typed on the reader instead (CKF_PROTECTED_…).
    `certificates` are the SHA-256 thumbprints of the token that the user was shown: nothing is sent to
    another one. `pin_state` is what the window says. `reset` is the command that the worker becomes when
    the daemon has gone: it resets the card.
    """

    slot: int
    certificates: frozenset[str]
    pin_state: PinState = "unknown"
    protected_authentication_path: bool = False
    reset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePin(plainjson.Tagged):
    """Change or unblock the PIN of the token in `slot` with what comes over the PIN pipe.

    `certificates` and `pin_state` as in `Login`.
    """

    slot: int
    kind: Literal["change", "unblock"]
    certificates: frozenset[str]
    pin_state: PinState = "unknown"
    protected_authentication_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(plainjson.Tagged):
    """Sign `digest` with the private key `key_id` of the token in `slot`, which is logged in."""

    slot: int
    key_id: bytes
    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(plainjson.Tagged):
    """The approved request is over: erase the PIN kept for CKU_CONTEXT_SPECIFIC."""


Request = Inspect | Login | ChangePin | Sign | Forget


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(plainjson.Tagged):
    """`driver`: the module is being called, and the time limit runs. `user`: the person is."""

    who: Literal["driver", "user"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected(plainjson.Tagged):
    """`unrecognised`: descriptions of slots whose token the module does not know."""

    tokens: tuple[Token, ...]
    unrecognised: tuple[str, ...]
    library: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(plainjson.Tagged):
    """How the login ended. `verdict` None: the window went before any PIN was tried.

    `always_authenticate` holds the CKA_IDs of keys that want the PIN for each signature.
    """

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"
    tries_left: int | None = None
    always_authenticate: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PinChanged(plainjson.Tagged):
    """How it ended. `verdict` None: the window went before anything was tried."""

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(plainjson.Tagged):
    """ECDSA as raw R‖S, RSA as the modulus-sized integer."""

    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten(plainjson.Tagged):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(plainjson.Tagged):
    """A reason of the contract's error table, and its further data."""

    reason: str
    detail: str
    data: dict[str, Any]


Reply = Phase | Inspected | LoggedIn | PinChanged | Signed | Forgotten | Failed

encode = plainjson.encode
_REQUESTS: tuple[type[Request], ...] = get_args(Request)
_REPLIES: tuple[type[Reply], ...] = get_args(Reply)


def decode_request(content: bytes) -> Request:
    """Raises: plainjson.Unreadable."""
    return plainjson.decode(content, *_REQUESTS)


def decode_reply(content: bytes) -> Reply:
    """Raises: plainjson.Unreadable."""
    return plainjson.decode(content, *_REPLIES)
