"""The demo authority's OCSP responder over HTTP (RFC 6960 appendix A), for whoever wants to ask."""

from aiohttp import web

from ..context import RESPONDER
from ..responder import MAX_REQUEST_BYTES

PATH = "/ocsp"
routes = web.RouteTableDef()


@routes.post(PATH)
async def answer(request: web.Request) -> web.Response:
    """POST of an OCSPRequest, DER to DER; no session, no cookie, no origin."""
    asked = await request.content.read(MAX_REQUEST_BYTES + 1)
    made = request.app[RESPONDER].answer(asked)
    return web.Response(body=made, content_type="application/ocsp-response")
