"""Tokens and their certificates as a worker reports them, before any PIN."""

from __future__ import annotations

from typing import Annotated

import msgspec

from bridge.core.readers import PinState

MAX_SLOTS = 64
"""Of a module; the doctor and the daemon look at no more of them."""

MAX_CERTIFICATES = 64
"""Of a token: cards hold two or three and those of their issuers."""

MAX_CERTIFICATE_BYTES = 65536
MAX_ID_BYTES = 255
MAX_PIN_LENGTH = 255
MAX_MECHANISMS = 1024

SlotText = Annotated[str, msgspec.Meta(max_length=256)]
ObjectId = Annotated[bytes, msgspec.Meta(max_length=MAX_ID_BYTES)]
PinLength = Annotated[int, msgspec.Meta(ge=0, le=MAX_PIN_LENGTH)]


class CertificateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A CKO_CERTIFICATE object: CKA_ID (joins it to its private key) and CKA_VALUE (DER)."""

    id: ObjectId
    der: Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE_BYTES)]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token in a slot (PKCS#11 v3.0, sections 3.2 and 3.3).

    `slot` is the slot's ID, `description` its slotDescription: with OpenSC the PC/SC reader's name.
    PIN lengths are in bytes, as CK_TOKEN_INFO has them; 0 where the token says nothing useful.
    `mechanisms` are the names of those that sign, without CKM_.
    """

    slot: int
    description: SlotText
    is_hardware: bool
    model: SlotText
    pin_state: PinState
    min_pin_length: PinLength
    max_pin_length: PinLength
    protected_authentication_path: bool
    mechanisms: Annotated[frozenset[str], msgspec.Meta(max_length=MAX_MECHANISMS)]
    certificates: Annotated[tuple[CertificateObject, ...], msgspec.Meta(max_length=MAX_CERTIFICATES)]
    tries_left: int | None = None
