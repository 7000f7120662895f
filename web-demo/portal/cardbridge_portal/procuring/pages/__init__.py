"""The screens of the authority's side, A0 to A9, and what several of them need."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ...characters import map_windows, offences
from ...context import NUMBER_KEY
from ...numbers import NumberKey
from ...text import Text
from ..access import Desk
from ..issuing import holds_number

MAX_REMARK = 120
ALREADY = Text(
    "番号は1回だけ表示します。もう一度は表示できません。控えていない場合は、再発行してください。",
    "A number is shown only once. If it was not noted, issue a new one.",
)
HOLDS_NUMBER = Text(
    "利用者登録番号は書かないでください。履歴から消すことはできません。",
    "Do not write a registration number: nothing can be deleted from the history.",
)
NEEDED = Text("理由を入力してください。", "Enter the reason.")
TOO_LONG = Text(f"理由は{MAX_REMARK}文字以内です。", f"The reason has at most {MAX_REMARK} characters.")


def number_key(request: web.Request) -> NumberKey:
    """The key of the registration numbers."""
    return request.app[NUMBER_KEY]


async def remark_of(
    request: web.Request, desk: Desk, given: Mapping[str, Any], *, required: bool
) -> tuple[str, Text | None]:
    """What an official noted in the field `remark`, and what is wrong with it.

    It stays in the history for ever, so it must not hold a registration number; one that does is not
    shown again either.
    """
    text = map_windows(str(given.get("remark", ""))).strip()
    if not text:
        return "", NEEDED if required else None
    if len(text) > MAX_REMARK:
        return text, TOO_LONG
    if await holds_number(desk.visit.db, number_key(request), desk.municipality, text):
        return "", HOLDS_NUMBER
    refused = offences(text)
    return text, refused[0].message if refused else None
