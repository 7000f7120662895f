"""Messages between the daemon and a worker, one JSON object each.

The daemon sends a request and reads `Phase` events until one reply comes. After `Login` and `ChangePin`
the worker's end of the PIN pipe follows on the same connection (`bridge.children.hand_over`).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from bridge.core.decoding import json_decoder
from bridge.core.pinentry import PinVerdict
from bridge.core.readers import PinState
from bridge.core.token import MAX_CERTIFICATES, MAX_SLOTS, ObjectId, SlotText, Token

MAX_REQUEST_BYTES = 256 * 1024
MAX_REPLY_BYTES = 16 * 1024 * 1024
"""More than any card holds. The module's code is in the worker, so that nothing of a reply is believed."""

MAX_DETAIL = 2000
MAX_SIGNATURE_BYTES = 2048


class _Message(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type", forbid_unknown_fields=True
):
    pass


class Inspect(_Message, frozen=True, kw_only=True, tag="inspect"):
    """Report all tokens with their certificates."""


class Login(_Message, frozen=True, kw_only=True, tag="login"):
    """Log in to the token in `slot` with the PIN that comes over the PIN pipe.

    With `protected_authentication_path` the PIN is typed on the reader instead (CKF_PROTECTED_…).
    `certificates` are the SHA-256 thumbprints of the token that the user was shown: nothing is sent to
    another one. `pin_state` is what the window says. `reader` is the PC/SC reader, whose card the worker
    resets when the daemon has gone.
    """

    slot: int
    certificates: frozenset[str]
    pin_state: PinState = "unknown"
    protected_authentication_path: bool = False
    reader: str | None = None


class ChangePin(_Message, frozen=True, kw_only=True, tag="changePin"):
    """Change or unblock the PIN of the token in `slot` with what comes over the PIN pipe.

    `certificates` and `pin_state` as in `Login`.
    """

    slot: int
    kind: Literal["change", "unblock"]
    certificates: frozenset[str]
    pin_state: PinState = "unknown"
    protected_authentication_path: bool = False


class Sign(_Message, frozen=True, kw_only=True, tag="sign"):
    """Sign `digest` with the private key `key_id` of the token in `slot`, which is logged in."""

    slot: int
    key_id: bytes
    algorithm: str
    digest: bytes


class Forget(_Message, frozen=True, kw_only=True, tag="forget"):
    """The approved request is over: erase the PIN kept for CKU_CONTEXT_SPECIFIC."""


Request = Inspect | Login | ChangePin | Sign | Forget


class Phase(_Message, frozen=True, kw_only=True, tag="phase"):
    """`driver`: the module is being called, and the time limit runs. `user`: the person is."""

    who: Literal["driver", "user"]


class Inspected(_Message, frozen=True, kw_only=True, tag="inspected"):
    """`unrecognised`: descriptions of slots whose token the module does not know."""

    tokens: Annotated[tuple[Token, ...], msgspec.Meta(max_length=MAX_SLOTS)]
    unrecognised: Annotated[tuple[SlotText, ...], msgspec.Meta(max_length=MAX_SLOTS)]
    library: SlotText


class LoggedIn(_Message, frozen=True, kw_only=True, tag="loggedIn"):
    """How the login ended. `verdict` None: the window went before any PIN was tried.

    `always_authenticate` holds the CKA_IDs of keys that want the PIN for each signature.
    """

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"
    tries_left: int | None = None
    always_authenticate: Annotated[tuple[ObjectId, ...], msgspec.Meta(max_length=MAX_CERTIFICATES)] = ()


class PinChanged(_Message, frozen=True, kw_only=True, tag="pinChanged"):
    """How it ended. `verdict` None: the window went before anything was tried."""

    verdict: PinVerdict | None
    pin_state: PinState = "unknown"


class Signed(_Message, frozen=True, kw_only=True, tag="signed"):
    """ECDSA as raw R‖S, RSA as the modulus-sized integer."""

    signature: Annotated[bytes, msgspec.Meta(max_length=MAX_SIGNATURE_BYTES)]


class Forgotten(_Message, frozen=True, kw_only=True, tag="forgotten"):
    pass


class Failed(_Message, frozen=True, kw_only=True, tag="failed"):
    """A reason of the contract's error table; `driver` where that is one of its data."""

    reason: str
    detail: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]
    driver: str | None = None


Reply = Phase | Inspected | LoggedIn | PinChanged | Signed | Forgotten | Failed

encode = msgspec.json.Encoder().encode
decode_request = json_decoder(Request)
decode_reply = json_decoder(Reply)
