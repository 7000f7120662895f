"""Tokens as workers report them, filled with certificates of the unit tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.core.errors import BridgeError
from bridge.core.ports import PlacedToken, Survey
from bridge.core.token import CertificateObject, Token

READER = "Virtual PCD 00 00"


def token(certificates: Sequence[bytes] = (), **changes: Any) -> Token:
    """A card in `READER`; the CKA_IDs of its certificates are 01, 02, …"""
    values: dict[str, Any] = {
        "slot": 0,
        "description": READER,
        "is_hardware": True,
        "model": "PIV-II",
        "pin_state": "ok",
        "min_pin_length": 4,
        "max_pin_length": 8,
        "protected_authentication_path": False,
        "mechanisms": frozenset({"ECDSA", "RSA_PKCS"}),
        "certificates": tuple(
            CertificateObject(id=bytes([index]), der=der) for index, der in enumerate(certificates, start=1)
        ),
    }
    return Token(**values | changes)


def placed(certificates: Sequence[bytes] = (), driver: str = "OpenSC", **changes: Any) -> PlacedToken:
    return PlacedToken(driver=driver, token=token(certificates, **changes))


def survey(
    *places: PlacedToken, unrecognised: Sequence[str] = (), failures: Sequence[BridgeError] = ()
) -> Survey:
    return Survey(tokens=places, unrecognised=tuple(unrecognised), failures=tuple(failures))
