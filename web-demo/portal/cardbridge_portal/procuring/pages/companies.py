"""A2 to A4: the list of companies, one company, suspend and resume."""

from aiohttp import web
from yarl import URL

from ...cards import company_turn
from ...context import form_of, see
from ...database import Company
from ...engine import exclusive
from ...numbers import KEY_TURN
from ...releases import ReferenceUnknown, release
from ...text import Text
from ..access import AlreadyDone, Desk, at_desk, with_fresh_card
from ..cards import CardSearch, list_cards
from ..companies import STATES, CompanySearch, Unchanged, company_of, list_companies, main_contact, set_state
from ..events import actor_names, company_history, detail_text, kind_text
from ..issuing import NumbersExhausted, issue, missing_count
from ..paging import after_of
from . import ALREADY, number_key, remark_of

routes = web.RouteTableDef()

BASE = "/authority/companies"
STATE_NAMES = {
    "active": Text("利用中", "In use"),
    "suspended": Text("停止中", "Suspended"),
    "noNumber": Text("番号が未発行", "No number yet"),
    "noCard": Text("使えるICカードがない", "No card in use"),
}
UNKNOWN = Text(
    "このお問い合わせ番号で停止しているICカードはありません。番号を聞き直してください（12桁）。",
    "No card is stopped under this reference. Ask for it again (12 digits).",
)
EXHAUSTED = Text(
    "この桁数で使える番号がほとんど残っていないため、発行できませんでした。システム管理者に連絡してください。",
    "Nearly all numbers of this length are in use. Please contact the system administrator.",
)


@routes.get(BASE)
@at_desk
async def show_list(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A2 企業一覧: `q`, `state`, `after`."""
    state = request.query.get("state", "")
    search = CompanySearch(text=request.query.get("q", ""), state=state if state in STATES else "")
    after = after_of(request.query.get("after", ""))
    listing = await list_companies(desk.visit.db, desk.municipality, search, after)
    address = URL(BASE).with_query({"q": search.text, "state": search.state})
    return desk.page(
        "companies.html",
        listing=listing,
        search=search,
        states=STATE_NAMES,
        first=str(address),
        following=str(address.update_query(after=listing.next_after or "")),
        missing=await missing_count(desk.visit.db, desk.municipality),
    )


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}")
@at_desk
async def show(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A3 企業情報: what is known, its cards, its history."""
    company = await company_here(request, desk)
    db, entity = desk.visit.db, desk.municipality
    history = await company_history(db, entity, company.id, after_of(request.query.get("after", "")))
    now = desk.visit.settings.clock()
    cards = await list_cards(db, entity, CardSearch(company_id=company.id), now=now)
    return desk.page(
        "company.html",
        company=company,
        contact=await main_contact(db, company.id),
        cards=cards.rows,
        card_total=cards.total,
        now=now,
        history=history,
        actors=await actor_names(db, history.rows),
        kind_text=kind_text,
        detail_text=detail_text,
        first=request.path,
        following=f"{request.path}?after={history.next_after}",
    )


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}/{{act:suspend|resume}}")
@with_fresh_card
async def confirm_state(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A4 利用停止・再開の確認."""
    company = await company_here(request, desk)
    if (company.state == "suspended") == (request.match_info["act"] == "suspend"):
        return see(f"{BASE}/{company.id}")
    return _confirm(request, desk, company)


def _confirm(
    request: web.Request, desk: Desk, company: Company, error: Text | None = None, remark: str = ""
) -> web.Response:
    return desk.page(
        "state.html",
        status=200 if error is None else 422,
        company=company,
        suspend=request.match_info["act"] == "suspend",
        once=desk.new_confirmation(),
        error=error,
        remark=remark,
    )


@routes.post(rf"{BASE}/{{id:\d{{1,9}}}}/{{act:suspend|resume}}")
@with_fresh_card
async def change_state(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Suspend or resume, once; the reason goes into the history."""
    company = await company_here(request, desk)
    given = await form_of(request)
    remark, error = await remark_of(request, desk, given, required=True)
    if error is not None:
        return _confirm(request, desk, company, error, remark)
    state = "suspended" if request.match_info["act"] == "suspend" else "active"
    db = desk.visit.db
    await company_turn(db, company.id)
    try:
        await desk.use_confirmation(str(given.get("once", "")))
        await set_state(
            db, company.id, state, reason=remark, actor=desk.actor, moment=desk.visit.settings.clock()
        )
    except (AlreadyDone, Unchanged):
        await desk.undo(company)
    await db.commit()
    return see(f"{BASE}/{company.id}")


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}/number")
@with_fresh_card
async def confirm_number(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A5 利用者登録番号の発行・再発行の確認."""
    company = await company_here(request, desk)
    return desk.page("number.html", company=company, once=desk.new_confirmation(), error=None)


@routes.post(rf"{BASE}/{{id:\d{{1,9}}}}/number")
@with_fresh_card
async def issue_number(request: web.Request, desk: Desk) -> web.StreamResponse:
    """The number, on this answer and nowhere else: asked for again, this page says that it was shown."""
    company = await company_here(request, desk)
    db, given = desk.visit.db, await form_of(request)
    await exclusive(db, KEY_TURN)
    try:
        await desk.use_confirmation(str(given.get("once", "")))
        number = await issue(
            db, number_key(request), desk.municipality, company.id,
            actor=desk.actor, moment=desk.visit.settings.clock(),
        )  # fmt: skip
    except AlreadyDone:
        await desk.undo(company)
        return desk.page("shown.html", status=409, company=company, message=ALREADY)
    except NumbersExhausted:
        await desk.undo(company)
        once = desk.new_confirmation()
        return desk.page("number.html", status=503, company=company, once=once, error=EXHAUSTED)
    await db.commit()
    return desk.page("issued.html", company=company, number=number)


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}/release")
@with_fresh_card
async def ask_reference(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A4 検索停止の解除: for the card whose お問い合わせ番号 the company reads out."""
    return _release(desk, await company_here(request, desk))


def _release(desk: Desk, company: Company, reference: str = "", error: Text | None = None) -> web.Response:
    status = 200 if error is None else 422
    return desk.page("release.html", status=status, company=company, reference=reference, error=error)


@routes.post(rf"{BASE}/{{id:\d{{1,9}}}}/release")
@with_fresh_card
async def release_lookup(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Five more tries for this card and this company's name; twice is once more from the start."""
    company = await company_here(request, desk)
    reference = str((await form_of(request)).get("reference", ""))[:40]
    now = desk.visit.settings.clock()
    try:
        await release(desk.visit.db, number_key(request), company, reference, actor=desk.actor, moment=now)
    except ReferenceUnknown:
        await desk.undo(company)
        return _release(desk, company, reference, UNKNOWN)
    return see(f"{BASE}/{request.match_info['id']}")


async def company_here(request: web.Request, desk: Desk) -> Company:
    """The company that the address names; 404 unless it is the municipality's own."""
    found = await company_of(desk.visit.db, desk.municipality, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found
