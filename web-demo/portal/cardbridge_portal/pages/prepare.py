"""「ICカードの準備」: what is missing on this computer. Nobody logs in here, and nothing is changed."""

from aiohttp import web
from cryptography import x509

from .. import challenges
from ..cards import CardNotRegistered, CardRefused, active_card, is_known
from ..context import Visit, body_of, page, session_over, visit_of
from ..text import Text
from ..verification import VerificationError
from .pin import NonceExpired, token_refused, verified_answer

routes = web.RouteTableDef()

REGISTERED = Text("このICカードは登録されています。", "This IC card is registered.")
KNOWN = Text(
    "このICカードは、どれかの自治体に登録されています。",
    "This IC card is registered with one of the municipalities.",
)

# id, title, what is said before it is known
CHECKS = (
    (
        "daemon",
        Text("ICカードブリッジ", "IC Card Bridge"),
        Text("動いているか調べています。", "Looking whether it is running."),
    ),
    (
        "permission",
        Text("ブラウザーの許可", "The browser's permission"),
        Text("調べています。", "Looking."),
    ),
    (
        "site",
        Text("このサイトの許可", "This site's permission"),
        Text("ICカードブリッジに接続すると分かります。", "Known when IC Card Bridge is reached."),
    ),
    (
        "reader",
        Text("ICカードリーダ", "Card reader"),
        Text("ICカードブリッジに接続すると分かります。", "Known when IC Card Bridge is reached."),
    ),
    (
        "card",
        Text("ICカード", "IC card"),
        Text("ICカードブリッジに接続すると分かります。", "Known when IC Card Bridge is reached."),
    ),
    (
        "driver",
        Text("ICカードのドライバー", "The card's driver"),
        Text("「電子証明書を確かめる」を押すと分かります。", "Press “Check the certificate”."),
    ),
    (
        "certificate",
        Text("電子証明書", "Certificate"),
        Text("「電子証明書を確かめる」を押すと分かります。", "Press “Check the certificate”."),
    ),
    (
        "expiry",
        Text("電子証明書の有効期限", "Expiry of the certificate"),
        Text("「電子証明書を確かめる」を押すと分かります。", "Press “Check the certificate”."),
    ),
    (
        "registration",
        Text("利用者登録", "User registration"),
        Text(
            "「登録を確かめる」を押すと分かります（PIN番号を使います）。",
            "Press “Check the registration” (the PIN is needed).",
        ),
    ),
)


@routes.get("/prepare")
@routes.get("/m/{code}/prepare")
async def show(request: web.Request) -> web.Response:
    """ICカードの準備; with a municipality, about its registration."""
    visit = visit_of(request)
    if "code" in request.match_info:
        _ = visit.municipality  # 404 for an unknown one
    await visit.ensure_session()
    # Nothing is under way on this page that could end: no warning.
    return page(visit, "prepare.html", checks=CHECKS, idle_s=0)


@routes.post("/api/check/challenge")
@routes.post("/m/{code}/api/check/challenge")
async def challenge(request: web.Request) -> web.Response:
    """`{"nonce"}` for the token of the next call."""
    visit = visit_of(request)
    if visit.session is None:
        return session_over(visit)
    return web.json_response({"nonce": await challenges.issue(visit.db, visit.settings, visit.session)})


@routes.post("/api/check")
@routes.post("/m/{code}/api/check")
async def check(request: web.Request) -> web.Response:
    """`{"token"}` → `{"notAfter": ISO 8601, "registration", "message"}`.

    `registration`: registered, or the reason of the refusal (cardNotRegistered, cardOfOtherMunicipality,
    cardRevoked, cardRenewed, companySuspended). Told to whoever has the card and its PIN, nobody else.
    """
    visit = visit_of(request)
    if visit.session is None:
        return session_over(visit)
    try:
        verified, _ = await verified_answer(visit, visit.session, (await body_of(request)).get("token"))
    except (NonceExpired, VerificationError) as error:
        return token_refused(visit, error)
    reason, message = await _registration(visit, verified.certificate)
    not_after = verified.certificate.not_valid_after_utc.isoformat()
    return web.json_response(
        {"notAfter": not_after, "registration": reason, "message": message.said(visit.language)}
    )


async def _registration(visit: Visit, certificate: x509.Certificate) -> tuple[str, Text]:
    code = visit.request.match_info.get("code")
    try:
        if code is None:
            if not await is_known(visit.db, certificate):
                raise CardNotRegistered
            return "registered", KNOWN
        await active_card(visit.db, certificate, visit.municipality.code)
    except CardRefused as refusal:
        return refusal.reason, refusal.message
    return "registered", REGISTERED
