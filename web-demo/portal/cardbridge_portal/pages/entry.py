"""S5: the form, empty at 登録, filled in at 変更 (S9)."""

from dataclasses import dataclass, field

from aiohttp import web

from .. import drafts
from ..cards import CardRefused, active_card
from ..context import Visit, expired, form_of, page, see, session_here, visit_of
from ..database import Company, PortalSession, Registration
from ..document import changed_fields
from ..form import FIELDS, SECTIONS, errors_of, read_form
from ..holder import holder_of
from ..text import Text
from ..verification import load_certificate

routes = web.RouteTableDef()

LABELS = {
    f.name: Text(f"{s.title.ja}　{f.label.ja}", f"{s.title.en}: {f.label.en}")
    for s in SECTIONS
    for f in s.fields
}


@dataclass(kw_only=True)
class Said:
    """What the form says besides its fields: `meanwhile` is field name → the value that is registered now."""

    status: int = 200
    errors: dict[str, Text] = field(default_factory=dict)
    meanwhile: dict[str, str] | None = None
    unchanged: bool = False
    restored: bool = False


async def registration_here(visit: Visit, session: PortalSession) -> Registration | None:
    """The registration that 変更 changes; None at 登録.

    Raises:
        CardRefused: its card may not change it any more.
    """
    if session.procedure != "change":
        return None
    certificate = load_certificate(session.certificate or b"")
    return (await active_card(visit.db, certificate, visit.municipality.code))[1]


async def _show(visit: Visit, session: PortalSession, form: dict[str, str], said: Said) -> web.Response:
    return page(
        visit,
        "s5.html",
        status=said.status,
        company=await visit.db.get_one(Company, session.company_id),
        holder=holder_of(load_certificate(session.certificate or b"")),
        sections=SECTIONS,
        labels=LABELS,
        form=form,
        errors=said.errors,
        meanwhile=said.meanwhile,
        unchanged=said.unchanged,
        restored=said.restored,
    )


async def _elsewhere(visit: Visit, session: PortalSession, form: dict[str, str]) -> dict[str, str] | None:
    """What is registered now where `form` differs, if it has changed since it was shown; told once."""
    registration = await registration_here(visit, session)
    if registration is None or registration.version == session.version:
        return None
    session.version, session.transaction_id = registration.version, None
    return {name: registration.form.get(name, "") for name in changed_fields(registration.form, form)}


@routes.get("/m/{code}/form")
async def show(request: web.Request) -> web.Response:
    """S5 利用者登録, or of a change."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.procedure == "renew":
        return see(visit.address("renew"))
    if session.company_id is None:
        return see(visit.address("search"))
    if session.event_id is not None:
        return see(visit.address("done"))
    blank = {each.name: "" for each in FIELDS}
    sent = {**blank, **(session.form or {})}
    draft = {
        **sent,
        **(await drafts.kept(visit.db, visit.settings, session, drafts.form_kind(session)) or {}),
    }
    try:
        meanwhile = await _elsewhere(visit, session, read_form(draft))
    except CardRefused as refusal:
        return page(visit, "refused.html", status=403, refusal=refusal)
    return await _show(visit, session, draft, Said(meanwhile=meanwhile, restored=read_form(draft) != sent))


@routes.post("/m/{code}/form")
async def check(request: web.Request) -> web.Response:
    """入力内容確認: to S6, or back with what is said at the fields."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.company_id is None or session.procedure not in {"register", "change"}:
        return see(visit.address("search"))
    if session.event_id is not None:
        return see(visit.address("done"))
    given = await form_of(request)
    # In the fields stands what was typed; the form has X 0208's own characters for it.
    typed = {each.name: str(given.get(each.name, "")) for each in FIELDS}
    await drafts.keep(visit.db, visit.settings, session, drafts.form_kind(session), typed)
    form = read_form(typed)
    try:
        meanwhile = await _elsewhere(visit, session, form)
        registration = await registration_here(visit, session)
    except CardRefused as refusal:
        return page(visit, "refused.html", status=403, refusal=refusal)
    errors = errors_of(form)
    unchanged = not errors and registration is not None and not changed_fields(registration.form, form)
    if not errors and form != session.form:
        session.form, session.transaction_id = form, None
    if not errors and not unchanged and meanwhile is None:
        return see(visit.address("confirm"))
    status = 409 if meanwhile is not None else 422
    said = Said(status=status, errors=errors, meanwhile=meanwhile, unchanged=unchanged)
    return await _show(visit, session, typed, said)
