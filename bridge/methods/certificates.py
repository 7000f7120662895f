"""`certificates.choose`."""

from __future__ import annotations

from bridge.core.consent import Purpose
from bridge.core.messages import Certificate, ChooseParams
from bridge.core.selection import entries, for_authentication, for_signature, matching
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, public, survey_cards
from bridge.methods.dialogue import dialogue
from bridge.methods.unlock import CardTurn, consent


async def choose(call: Call, params: ChooseParams) -> Certificate:
    """The certificate that the user lets the page see.

    Raises:
        BridgeError: no card, no certificate, cancelled, …
    """
    is_login = params.purpose == "authentication"
    purpose: Purpose = "chooseAuthentication" if is_login else "chooseSignature"
    async with CardTurn(call), dialogue(call, purpose) as window:
        found = entries(await survey_cards(call, window))
        fitting = matching((for_authentication if is_login else for_signature)(found), params.filter)
        chosen = await choose_one(call, window, fitting)
        if not window.has_chosen:
            await consent(call, window, chosen)
        return public(chosen)
