"""Messages between the daemon and a worker, one JSON object each.

The first is `Load`. Then the daemon sends a request and reads `Phase` events until one reply comes. After
`Login` and `ChangePin` the worker's end of the PIN pipe follows on the same connection
(`bridge.children.hand_over`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from bridge.core import plainjson
from bridge.core.pinentry import PinState, PinVerdict
from bridge.core.token import MAX_CERTIFICATES, MAX_ID_BYTES, MAX_PIN_LENGTH, MAX_SLOTS, Token

NAME = "cardbridge-card"
"""Of a worker that has its `Load`, in /proc/PID/comm: one that waits is not called so."""

MAX_REQUEST_BYTES = 256 * 1024
MAX_REPLY_BYTES = 16 * 1024 * 1024
"""More than any card holds. The module's code is in the worker, so that nothing of a reply is believed."""

MAX_PHASES = 1024
"""Of one request: four belong to a try, and nobody types 256 PINs while a window is open. A request without a
window has none at all: nobody else would end it.
"""

MAX_DETAIL = 2000
_MAX_TEXT = 256
_MAX_SLOT = 2**64
_MAX_MECHANISMS = 1024
MAX_SIGNATURE_BYTES = 2048
_MAX_TRIES = 255


class Load(plainjson.Tagged):
    """The module that this worker is for: the first message, once. Nothing answers it.

    `driver` is its name in the configuration; `meaning` is a C_SetPIN's (see `bridge.pkcs11.opensc`).
    """

    path: str
    driver: str
    meaning: Literal["change", "unblock"] = "change"


class Inspect(plainjson.Tagged):
    """Report all tokens with their certificates."""


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


class ChangePin(plainjson.Tagged):
    """Change or unblock the PIN of the token in `slot` with what comes over the PIN pipe.

    `certificates` and `pin_state` as in `Login`.
    """

    slot: int
    kind: Literal["change", "unblock"]
    certificates: frozenset[str]
    pin_state: PinState = "unknown"
    protected_authentication_path: bool = False


class Sign(plainjson.Tagged):
    """Sign `digest` with the private key `key_id` of the token in `slot`, which is logged in."""

    slot: int
    key_id: bytes
    algorithm: str
    digest: bytes


class Forget(plainjson.Tagged):
    """The approved request is over: erase the PIN kept for CKU_CONTEXT_SPECIFIC."""


Request = Load | Inspect | Login | ChangePin | Sign | Forget


class Phase(plainjson.Tagged):
    """`driver`: the module is being called, and the time limit runs. `user`: the person is."""

    who: Literal["driver", "user"]


class Inspected(plainjson.Tagged):
    """`unrecognised`: descriptions of slots whose token the module does not know."""

    tokens: tuple[Token, ...]
    unrecognised: tuple[str, ...]
    library: str


class LoggedIn(plainjson.Tagged):
    """How the login ended. `verdict` None: the window went before any PIN was tried.

    `always_authenticate` holds the CKA_IDs of keys that want the PIN for each signature.
    """

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"
    tries_left: int | None = None
    always_authenticate: tuple[bytes, ...] = ()


class PinChanged(plainjson.Tagged):
    """How it ended. `verdict` None: the window went before anything was tried."""

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"


class Signed(plainjson.Tagged):
    """ECDSA as raw R‖S, RSA as the modulus-sized integer."""

    signature: bytes


class Forgotten(plainjson.Tagged):
    pass


class Failed(plainjson.Tagged):
    """A reason of the contract's error table; `driver` where that is one of its data."""

    reason: str
    detail: str
    driver: str | None = None


Reply = Phase | Inspected | LoggedIn | PinChanged | Signed | Forgotten | Failed

encode = plainjson.encode
_REQUESTS: tuple[type[Request], ...] = get_args(Request)
_REPLIES: tuple[type[Reply], ...] = get_args(Reply)


def decode_request(content: bytes) -> Request:
    """Raises: plainjson.Unreadable."""
    return plainjson.decode(content, *_REQUESTS)


def decode_reply(content: bytes) -> Reply:
    """Raises: plainjson.Unreadable: also where anything in it is more than there can be."""
    reply = plainjson.decode(content, *_REPLIES)
    if not _is_plausible(reply):
        raise plainjson.Unreadable("absurd")
    return reply


def _is_plausible(reply: Reply) -> bool:
    match reply:
        case Inspected():
            texts = (reply.library, *reply.unrecognised)
            counts = max(len(reply.tokens), len(reply.unrecognised))
            return counts <= MAX_SLOTS and _are_short(texts) and all(map(_is_token, reply.tokens))
        case LoggedIn():
            keys = reply.always_authenticate
            is_short = len(keys) <= MAX_CERTIFICATES and all(len(key) <= MAX_ID_BYTES for key in keys)
            return is_short and _is_count(reply.tries_left, _MAX_TRIES)
        case Signed():
            return len(reply.signature) <= MAX_SIGNATURE_BYTES
        case Failed():
            return len(reply.detail) <= MAX_DETAIL and _are_short((reply.reason, reply.driver or ""))
        case _:
            return True


def _is_token(token: Token) -> bool:
    counts = [(token.slot, _MAX_SLOT), (token.tries_left, _MAX_TRIES)]
    counts += [(length, MAX_PIN_LENGTH) for length in (token.min_pin_length, token.max_pin_length)]
    certificates, mechanisms = token.certificates, token.mechanisms
    return (
        all(_is_count(count, most) for count, most in counts)
        and len(certificates) <= MAX_CERTIFICATES
        and all(each.is_plausible for each in certificates)
        and len(mechanisms) <= _MAX_MECHANISMS
        and _are_short((token.description, token.model, *mechanisms))
    )


def _is_count(count: int | None, most: int) -> bool:
    return count is None or 0 <= count <= most


def _are_short(texts: Iterable[str]) -> bool:
    return all(len(text) <= _MAX_TEXT for text in texts)
