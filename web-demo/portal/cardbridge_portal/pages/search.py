"""S4: whose card it is, then registration number and name."""

from datetime import timedelta

from aiohttp import web

from .. import drafts
from ..addresses import client_of
from ..cards import CompanySuspended, is_taken
from ..check_digits import has_check_digit
from ..context import RECORDS, Visit, expired, form_of, page, see, session_here, visit_of
from ..database import PortalSession
from ..history import card_actor
from ..holder import holder_of, issuer_sha256, serial_of
from ..limits import Attempt
from ..lookup import LockedOut, NotFound, SessionMoved
from ..municipalities import Municipality
from ..numbers import is_number
from ..releases import spoken
from ..text import Text
from ..verification import load_certificate

routes = web.RouteTableDef()

MISTYPED = Text(
    "利用者登録番号に打ち間違いがあります（検査数字が合いません）。通知書を見て、もう一度入力してください。",
    "The registration number is mistyped: its check digit is wrong. Look at the notice and type it again.",
)
NOT_FOUND = Text(
    "利用者登録番号または商号又は名称が、登録されている内容と一致しません。",
    "The registration number or the trade name is not what is on record.",
)


async def _show(visit: Visit, session: PortalSession, *, status: int = 200, **values: object) -> web.Response:
    draft = await drafts.kept(visit.db, visit.settings, session, "search")
    holder = holder_of(load_certificate(session.certificate or b""))
    known: dict[str, object] = {"error": None, "errors": {}, "registered": False, **(draft or {"name": ""})}
    shown = {**known, **values, "holder": holder, "confirmed": session.holder_confirmed}
    return page(visit, "s4.html", status=status, **shown)


@routes.get("/m/{code}/search")
async def show(request: web.Request) -> web.Response:
    """S4 資格審査情報検索."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.certificate is None or session.procedure != "register":
        return see(visit.address("pin"))
    registered = await is_taken(visit.db, load_certificate(session.certificate), visit.municipality.code)
    return await _show(visit, session, registered=registered)


@routes.post("/m/{code}/holder")
async def confirm_holder(request: web.Request) -> web.Response:
    """The user says that holder and company are theirs."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    session.holder_confirmed = session.certificate is not None and session.procedure == "register"
    return see(visit.address("search"))


@routes.post("/m/{code}/search")
async def search(request: web.Request) -> web.Response:
    """検索: one and the same answer for a wrong number and a wrong name."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.certificate is None or not session.holder_confirmed:
        return see(visit.address("search"))
    given = await form_of(request)
    number, name = str(given.get("number", "")), str(given.get("name", ""))
    certificate = load_certificate(session.certificate)
    await drafts.keep(visit.db, visit.settings, session, "search", {"name": name})
    if await is_taken(visit.db, certificate, visit.municipality.code):
        return await _show(visit, session, status=409, registered=True)
    errors = _form_errors(number, name, visit.municipality)
    if errors:
        return await _show(visit, session, status=400, errors=errors)
    try:
        company = await request.app[RECORDS].find(
            visit.db,
            Attempt(
                municipality=visit.municipality.code,
                number=number,
                name=name,
                card=f"{issuer_sha256(certificate)}:{serial_of(certificate)}",
                organization=holder_of(certificate).company,
                address=client_of(
                    request.remote, request.headers.getall("X-Forwarded-For", []), visit.settings.proxies
                ),
                actor=card_actor(certificate),
            ),
            session,
        )
    except SessionMoved:
        return see(visit.address("search"))
    except NotFound:
        return await _show(visit, session, status=422, error="lookupFailed", error_text=NOT_FOUND)
    except LockedOut as error:
        text, reference = _locked(error.until - visit.settings.clock()), spoken(error.reference)
        shown = {"error": "lockedOut", "error_text": text, "reference": reference}
        return await _show(visit, session, status=429, **shown)
    if company.state != "active":
        text = CompanySuspended.message
        return await _show(visit, session, status=403, error=CompanySuspended.reason, error_text=text)
    return see(visit.address("form"))


def _locked(wait: timedelta) -> Text:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    hours = -(-minutes // 60)
    left = (
        Text(f"あと{minutes}分ほど", f"about {minutes} minutes")
        if minutes < 120
        else Text(f"あと{hours}時間ほど", f"about {hours} hours")
    )
    return Text(
        f"間違いが続いたため、検索を一時的に停止しています。{left.ja}待ってから、やり直してください。",
        f"After several wrong entries, searching has been stopped for a while. Wait {left.en} and try again.",
    )


def _form_errors(number: str, name: str, municipality: Municipality) -> dict[str, Text]:
    errors, length = {}, municipality.number_length
    if not number:
        errors["number"] = Text("利用者登録番号を入力してください。", "Enter the registration number.")
    elif not is_number(number, length):
        errors["number"] = Text(
            f"利用者登録番号は、半角数字{length}桁で入力してください。",
            f"Enter the registration number as {length} half-width digits.",
        )
    elif not has_check_digit(number, municipality.number_check):
        errors["number"] = MISTYPED
    if not name:
        errors["name"] = Text("商号又は名称を入力してください。", "Enter the trade name.")
    elif "\0" in name:
        errors["name"] = Text("使えない文字が含まれています。", "It holds a character that cannot be used.")
    elif len(name) > 120:
        errors["name"] = Text("商号又は名称は120文字以内です。", "The trade name has at most 120 characters.")
    return errors
