"""S3, S9 and S11: the nonce goes out, the token comes in; the PIN never comes near the page."""

from aiohttp import web

from .. import challenges, sessions
from ..cards import CardRefused
from ..context import (
    FETCH,
    POLICY,
    Visit,
    body_of,
    expired,
    page,
    problem,
    session_here,
    session_over,
    visit_of,
)
from ..database import PortalSession
from ..identification import STEPS, Identified, OldCardFirst, begin
from ..refused_cards import note_refused, note_revoked
from ..renewal import OldCardExpired
from ..text import Text
from ..verification import VerificationError, VerifiedToken, verify_token
from ..verification.errors import CertificateExpired, CertificateRevoked
from ..verification.token import parse_token

routes = web.RouteTableDef()

SCREENS = {"pin": "s3.html", "change": "s9.html", "login": "s11.html"}

OTHER = Text("ICカードの確認に失敗しました。", "The IC card could not be checked.")
OLD_FIRST = Text("古いICカードの確認からやり直してください。", "Start again with the old card.")
SLOW = Text("時間がかかりすぎました。もう一度行ってください。", "That took too long. Please try again.")


class NonceExpired(Exception):
    """The session has no nonce, or one that is too old."""


@routes.get(r"/m/{code}/{screen:pin|change|login}")
async def show(request: web.Request) -> web.Response:
    """S3 PIN番号入力, S9 変更, S11 ログイン."""
    visit = visit_of(request)
    if session_here(visit) is None:
        return expired(visit)
    return page(visit, SCREENS[request.match_info["screen"]])


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
    """`{"token", "step"?}` → `{"next"}`; the session gets another identifier. Steps: identification.py."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    given = await body_of(request)
    token, step = given.get("token"), given.get("step", "register")
    if step not in STEPS:
        return problem(visit, 400, "invalidRequest", OTHER)
    try:
        verified, nonce = await verified_answer(visit, session, token)
    except CertificateExpired as error:
        shown = OldCardExpired if step == "renewOld" else error
        return problem(visit, 422, shown.reason, Text(error.japanese, error.english))
    except (NonceExpired, VerificationError) as error:
        if isinstance(error, CertificateRevoked):
            certificate = parse_token(token).certificate
            await note_revoked(visit.db, certificate, visit.municipality.code, visit.settings.clock())
        return token_refused(visit, error)
    card = Identified(
        certificate=verified.certificate,
        municipality=visit.municipality.code,
        nonce=nonce,
        token=dict(token or {}),
        moment=visit.settings.clock(),
    )
    try:
        following = await begin(visit.db, session, step, card)
    except CardRefused as refusal:
        await note_refused(visit.db, refusal, card.certificate, card.moment)
        return problem(visit, 409, refusal.reason, refusal.message)
    except OldCardFirst:
        return problem(visit, 409, "oldCardFirst", OLD_FIRST)
    visit.cookie = sessions.rotate(session)
    return web.json_response({"next": visit.address(following)})


def token_refused(visit: Visit, error: NonceExpired | VerificationError) -> web.Response:
    """What a page's script hears where `verified_answer` fails."""
    if isinstance(error, NonceExpired):
        return problem(visit, 409, "nonceExpired", SLOW)
    return problem(visit, 422, error.reason, Text(error.japanese, error.english))


async def verified_answer(visit: Visit, session: PortalSession, token: object) -> tuple[VerifiedToken, str]:
    """The token over the session's nonce, which is used up whatever follows; and that nonce.

    Raises:
        NonceExpired, VerificationError
    """
    nonce = await challenges.consume(visit.db, visit.settings, session)
    if nonce is None:
        raise NonceExpired
    verified = await verify_token(
        token,
        origin=visit.settings.origin,
        nonce=nonce,
        policy=visit.request.app[POLICY],
        moment=visit.settings.clock(),
        fetch=visit.request.app[FETCH],
    )
    return verified, nonce
