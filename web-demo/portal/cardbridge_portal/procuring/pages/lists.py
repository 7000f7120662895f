"""A9: import of a qualification list, checked first; and the numbers of companies that have none."""

from aiohttp import web
from aiohttp.web_request import FileField

from ...context import form_of, see
from ...engine import exclusive
from ...numbers import KEY_TURN
from ...text import Text
from .. import staging
from ..access import AlreadyDone, Desk, at_desk, with_fresh_card
from ..csvfile import MAX_BYTES, MAX_ROWS, FileRefused
from ..importing import ListOutdated, check_list, import_list
from ..issuing import NumbersExhausted, issue_missing, missing_count
from ..qualification import COLUMNS, OPTIONAL
from ..report import findings_csv, numbers_csv
from ..tables import CheckedList
from . import ALREADY, number_key
from .companies import EXHAUSTED

routes = web.RouteTableDef()

BASE = "/authority/import"
NUMBERS = "/authority/numbers"
SHOWN = 200
NO_FILE = Text("CSVファイルを選んでください。", "Choose a CSV file.")
OUTDATED = Text(
    "検査のあとに登録内容が変わったため、何も取り込みませんでした。もう一度検査してください。",
    "The records have changed since the check. Nothing was imported; check the list again.",
)
GONE = Text(
    "この検査結果はもうありません（取り込み済みか、別のファイルを検査しました）。",
    "This check is no longer there: it was imported, or another file was checked.",
)


@routes.get(BASE)
@at_desk
async def show(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A9 資格審査情報の取り込み: choice of the file."""
    return _form(desk)


def _form(desk: Desk, error: Text | None = None, status: int = 200) -> web.Response:
    return desk.page(
        "import.html",
        status=status,
        error=error,
        columns=COLUMNS,
        optional=OPTIONAL,
        max_rows=MAX_ROWS,
        max_megabytes=MAX_BYTES // 1024**2,
    )


@routes.post(BASE)
@at_desk
async def check(request: web.Request, desk: Desk) -> web.StreamResponse:
    """検査: changes nothing; its result has an address of its own."""
    given = (await form_of(request)).get("file")
    if not isinstance(given, FileField) or not given.filename:
        return _form(desk, NO_FILE, 422)
    db = desk.visit.db
    try:
        checked = await check_list(db, number_key(request), desk.municipality, given.file.read())
    except FileRefused as refused:
        return _form(desk, refused.text, 422)
    name = "".join(character for character in given.filename if character.isprintable())
    kept = await staging.keep(
        db, desk.session.id, desk.municipality, checked, file_name=name, moment=desk.visit.settings.clock()
    )
    return see(f"{BASE}/{kept.id}")


@routes.get(rf"{BASE}/{{list:[0-9a-f]{{32}}}}")
@with_fresh_card
async def show_check(request: web.Request, desk: Desk) -> web.StreamResponse:
    """検査結果: what is refused, or 取り込む."""
    kept = await _kept(request, desk)
    return _form(desk, GONE, 404) if kept is None else _result(desk, kept)


def _result(desk: Desk, kept: CheckedList, error: Text | None = None, status: int = 200) -> web.Response:
    checked = staging.checked_of(kept)
    return desk.page(
        "checked.html",
        status=status,
        kept=kept,
        refused=checked.refused,
        findings=checked.findings[:SHOWN],
        found=len(checked.findings),
        rows=checked.rows[:10],
        unnumbered=sum(row["number_mac"] is None for row in checked.rows),
        once=desk.new_confirmation(),
        error=error,
    )


@routes.get(rf"{BASE}/{{list:[0-9a-f]{{32}}}}/report.csv")
@at_desk
async def report(request: web.Request, desk: Desk) -> web.StreamResponse:
    """All findings of a check, as a file."""
    kept = await _kept(request, desk)
    if kept is None:
        raise web.HTTPNotFound
    return web.Response(
        body=findings_csv(staging.checked_of(kept).findings),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="import-report.csv"',
        },
    )


@routes.post(rf"{BASE}/{{list:[0-9a-f]{{32}}}}")
@with_fresh_card
async def run(request: web.Request, desk: Desk) -> web.StreamResponse:
    """取り込む: what was checked, all of it or nothing, once."""
    kept = await _kept(request, desk)
    if kept is None:
        return _form(desk, GONE, 404)
    db, given = desk.visit.db, await form_of(request)
    try:
        await desk.use_confirmation(str(given.get("once", "")))
        await db.delete(kept)
        stored = await import_list(
            db, number_key(request), desk.municipality, staging.checked_of(kept),
            file_name=kept.file_name, actor=desk.actor, moment=desk.visit.settings.clock(),
        )  # fmt: skip
    except AlreadyDone:
        await desk.undo()
        return see(request.path)
    except ListOutdated:
        await desk.undo()
        return _form(desk, OUTDATED, 409)
    return desk.page("imported.html", stored=stored, missing=await missing_count(db, desk.municipality))


@routes.get(NUMBERS)
@with_fresh_card
async def confirm_numbers(request: web.Request, desk: Desk) -> web.StreamResponse:
    """番号の一括発行の確認."""
    return await _numbers(desk)


async def _numbers(desk: Desk, error: Text | None = None, status: int = 200) -> web.Response:
    missing = await missing_count(desk.visit.db, desk.municipality)
    return desk.page(
        "numbers.html", status=status, missing=missing, once=desk.new_confirmation(), error=error
    )


@routes.post(NUMBERS)
@with_fresh_card
async def issue_numbers(request: web.Request, desk: Desk) -> web.StreamResponse:
    """The numbers of all companies that have none, as a file: this answer is the only one that has them."""
    db, given = desk.visit.db, await form_of(request)
    await exclusive(db, KEY_TURN)
    try:
        await desk.use_confirmation(str(given.get("once", "")))
        issued = await issue_missing(
            db, number_key(request), desk.municipality,
            actor=desk.actor, moment=desk.visit.settings.clock(),
        )  # fmt: skip
    except AlreadyDone:
        await desk.undo()
        return await _numbers(desk, ALREADY, 409)
    except NumbersExhausted:
        await desk.undo()
        return await _numbers(desk, EXHAUSTED, 503)
    await db.commit()
    text = numbers_csv(issued).decode("utf-8-sig")
    return desk.page("numbers_issued.html", issued=issued, text=text)


async def _kept(request: web.Request, desk: Desk) -> CheckedList | None:
    list_id = request.match_info["list"]
    return await staging.kept_list(desk.visit.db, desk.session.id, desk.municipality, list_id)
