"""`bridge.info`."""

from __future__ import annotations

from bridge.core.messages import PROTOCOL, Info, NoParams
from bridge.methods.call import Call

NAME = "cardbridge"
FEATURES = (
    "auth.getToken",
    "sign.documents/cades",
    "sign.documents/xades",
    "sign.documents/pades",
    "sign.documents/B-T",
    "sign.documents/stamp",
    "sign.documents/upload",
    "sign.hash",
    "card.changePin",
    "card.unblockPin",
    "readers.watch",
    "session.resume",
)


async def info(call: Call, params: NoParams) -> Info:
    """What this daemon is and can do."""
    return Info(
        name=NAME,
        version=call.desk.version,
        protocol=PROTOCOL,
        features=FEATURES,
        locale=call.desk.policy.ui.language,
    )
