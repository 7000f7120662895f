"""The history as an official reads it: of a company, or all that officials did."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Company, Event
from ..municipalities import Municipality
from ..releases import spoken
from ..text import Text
from .cards import REASONS
from .paging import Listing, listing
from .tables import Official

KINDS = {
    "registered": Text("登録", "Registered"),
    "changed": Text("変更", "Changed"),
    "renewed": Text("ICカード更新", "Card renewed"),
    "revoked": Text("ICカード失効", "Card revoked"),
    "suspended": Text("利用停止", "Suspended"),
    "resumed": Text("利用再開", "Resumed"),
    "numberIssued": Text("利用者登録番号の発行", "Registration number issued"),
    "numberIssuedInBulk": Text("利用者登録番号の発行", "Registration number issued"),
    "numbersIssued": Text("利用者登録番号の一括発行", "Registration numbers issued"),
    "imported": Text("資格審査情報の取り込み", "Imported from a list"),
    "listImported": Text("資格審査情報の一括取り込み", "List imported"),
    "refused": Text("検索の拒否", "Look-ups refused"),
    "lookupReleased": Text("検索停止の解除", "Look-ups let through again"),
    "officialEnrolled": Text("職員の登録", "Official enrolled"),
    "officialWithdrawn": Text("職員の登録抹消", "Official withdrawn"),
    "officialLogin": Text("職員のログイン", "Official logged in"),
}
IN_BULK = ("imported", "numberIssuedInBulk")  # one a company; another entry counts them
AGAIN = Text(
    "利用者登録番号の再発行（前の番号は無効）", "Registration number re-issued (the old one is void)"
)


def kind_text(event: Any) -> Text:
    """What happened, in words; an unknown kind is its own name."""
    if event.kind == "numberIssued" and event.detail.get("again"):
        return AGAIN
    return KINDS.get(event.kind, Text(event.kind, event.kind))


def detail_text(event: Any) -> Text:
    """What an official noted, or what a list was; empty if nothing."""
    detail: Mapping[str, Any] = event.detail
    companies = detail.get("companies")
    if companies is not None:
        file = str(detail.get("file", ""))
        return Text(f"{file} {companies:,}社".strip(), f"{file} {companies:,} companies".strip())
    reason = detail.get("reason", "")
    known = REASONS.get(reason, Text(reason, reason))
    words = [detail.get("remark", ""), spoken(str(detail.get("reference", "")))]
    if event.kind in {"officialEnrolled", "officialWithdrawn"}:
        words = [str(detail.get("name", ""))]
    return Text(*("　".join(word for word in (name, *words) if word) for name in (known.ja, known.en)))


async def actor_names(db: AsyncSession, events: Sequence[Any]) -> dict[str, Text]:
    """What the actors of these events are called, by `Event.actor`."""
    names: dict[str, Text] = {}
    ids: dict[int, str] = {}
    for actor in {event.actor for event in events}:
        kind, _, rest = actor.partition(":")
        if kind == "official" and rest.isdigit():
            ids[int(rest)] = actor
        names[actor] = {
            "card": Text(f"ICカード {rest[:12]}…", f"IC card {rest[:12]}…"),
            "system": Text("システム管理者", "System administrator"),
        }.get(kind, Text(actor, actor))
    if ids:
        for official in await db.scalars(select(Official).where(Official.id.in_(ids))):
            names[ids[official.id]] = Text(f"職員　{official.name}", f"Official {official.name}")
    return names


def _wanted(municipality: Municipality) -> Select[Any]:
    return select(Event.id).where(Event.municipality == municipality.code)


async def company_history(
    db: AsyncSession, municipality: Municipality, company_id: int, after: int | None = None
) -> Listing:
    """What happened to a company, the newest first, before the event `after`."""
    return await _list(db, _wanted(municipality).where(Event.company_id == company_id), after)


async def work_history(db: AsyncSession, municipality: Municipality, after: int | None = None) -> Listing:
    """What officials and the system did in a municipality; a list's companies count as one entry."""
    done = or_(Event.actor.startswith("official:"), Event.actor == "system")
    return await _list(db, _wanted(municipality).where(done, Event.kind.not_in(IN_BULK)), after)


async def _list(db: AsyncSession, wanted: Select[Any], after: int | None) -> Listing:
    details = select(
        Event.id, Event.moment, Event.kind, Event.actor, Event.receipt, Event.detail, Event.company_id,
        Event.card_id, Event.signature.is_not(None).label("signed"), Company.name.label("company"),
    ).join(Company, Event.company_id == Company.id, isouter=True)  # fmt: skip
    later = None if after is None else Event.id < after
    return await listing(db, wanted, details, order=(Event.id.desc(),), later=later)


async def event_of(db: AsyncSession, municipality: Municipality, event_id: int) -> Event | None:
    """An entry, if it is one of the municipality."""
    found: Event | None = await db.scalar(
        select(Event).where(Event.id == event_id, Event.municipality == municipality.code)
    )
    return found
