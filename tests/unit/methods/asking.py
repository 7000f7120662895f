"""Asking for whole requests, as a connection does."""

from __future__ import annotations

import base64
from typing import Any

from bridge.core import messages
from bridge.core.consent import Screen
from bridge.core.errors import BridgeError
from bridge.core.settings import SiteSettings
from bridge.methods.dialogue import outcome
from bridge.methods.table import TABLE
from tests.unit.certificates import LOGIN, SIGNATURE, certificate
from tests.unit.methods.fakes import Place
from tests.unit.tokens import placed, survey

EACH = SiteSettings(origin="https://a.jp", name="見本市")
TWO = survey(placed([certificate(usage=LOGIN, serial=1), certificate(usage=SIGNATURE, serial=2)]))
NONCE = base64.b64encode(bytes(33)).decode()
TOKEN = messages.GetTokenParams(challenge_nonce=NONCE)
VERIFY = messages.VerifyPinParams()


async def ask(place: Place, method: str, params: Any, **caller: Any) -> Any:
    """The result of one request."""
    return await TABLE[method].handle(place.call(**caller), params)


async def refused(place: Place, method: str, params: Any, **caller: Any) -> BridgeError:
    result = await outcome(ask(place, method, params, **caller))
    assert isinstance(result, BridgeError)
    return result


def screens(place: Place) -> list[type[Screen]]:
    return [type(screen) for screen in place.consent.screens]
