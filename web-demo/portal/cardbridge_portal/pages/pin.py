"""S3: the nonce goes out, the token comes in; the PIN never comes near the page."""

import json

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from .. import challenges, sessions
from ..context import FETCH, POLICY, Visit, expired, page, problem, session_here, session_over, visit_of
from ..database import PortalSession
from ..text import Text
from ..verification import VerificationError, VerifiedToken, verify_token

routes = web.RouteTableDef()

OTHER = Text("ICカードの確認に失敗しました。", "The IC card could not be checked.")
SLOW = Text("時間がかかりすぎました。もう一度行ってください。", "That took too long. Please try again.")


@routes.get("/m/{code}/pin")
async def show(request: web.Request) -> web.Response:
    """S3 PIN番号入力."""
    visit = visit_of(request)
    if session_here(visit) is None:
        return expired(visit)
    return page(visit, "s3.html")


@routes.post("/m/{code}/api/challenge")
async def challenge(request: web.Request) -> web.Response:
    """`{"nonce"}`: base64, for one token of this session, within five minutes."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    return web.json_response({"nonce": await challenges.issue(visit.db, visit.settings, session)})


@routes.post("/m/{code}/api/authenticate")
async def authenticate(request: web.Request) -> web.Response:
    """`{"token"}` → `{"next"}`; the session gets another identifier."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    verified = await checked_token(visit, session)
    if isinstance(verified, web.Response):
        return verified
    sessions.start_over(session, verified.certificate.public_bytes(Encoding.DER))
    visit.cookie = sessions.rotate(session)
    return web.json_response({"next": visit.address("search")})


async def checked_token(visit: Visit, session: PortalSession) -> VerifiedToken | web.Response:
    """The token of the request's body `{"token"}` over the session's nonce; a refusal for the script."""
    request = visit.request
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return problem(visit, 400, "invalidRequest", OTHER)
    nonce = await challenges.consume(visit.db, visit.settings, session)
    if nonce is None:
        return problem(visit, 409, "nonceExpired", SLOW)
    try:
        return await verify_token(
            body.get("token") if isinstance(body, dict) else None,
            origin=visit.settings.origin,
            nonce=nonce,
            policy=request.app[POLICY],
            moment=visit.settings.clock(),
            fetch=request.app[FETCH],
        )
    except VerificationError as error:
        return problem(visit, 422, error.reason, Text(error.japanese, error.english))
