"""The language switch of every page."""

from aiohttp import web

from ..context import SETTINGS, form_of, see
from ..language import remember
from ..text import LANGUAGES

PATH = "/language"
routes = web.RouteTableDef()


@routes.post(PATH)
async def switch(request: web.Request) -> web.Response:
    """`language` and `next`, a path of this portal: keeps the choice and goes back there."""
    given = await form_of(request)
    chosen = next((language for language in LANGUAGES if language == given.get("language")), None)
    if chosen is None:
        raise web.HTTPBadRequest
    response = see(_own_path(str(given.get("next", ""))))
    remember(response, request.app[SETTINGS], chosen)
    return response


def _own_path(text: str) -> str:
    """The path, or / where it could lead elsewhere (`//host`, `/\\host`, control characters)."""
    own = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if own else "/"
