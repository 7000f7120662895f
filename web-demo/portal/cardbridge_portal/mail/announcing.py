"""Every event of the history that concerns a card is told to its company, whoever wrote the event.

Hooked into the flush, so that no caller can forget it: the letters are written in the event's own
transaction. An attacker's best friend would be the one code path without a notice.
"""

from collections.abc import Mapping

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from ..database import Card, Company, Event
from .notices import Fact, forms_of, write
from .texts import Kind

ANNOUNCED = {
    "registered": Kind.CARD_ADDED,
    "changed": Kind.REGISTRATION_CHANGED,
    "renewed": Kind.CARD_RENEWED,
    "revoked": Kind.CARD_REVOKED,
    "numberIssued": Kind.NUMBER_ISSUED,
    "refused": Kind.REFUSED,
}
_PENDING = "events_to_announce"


def announce_events() -> None:
    """From now on, in all sessions of this process; more than once is once."""
    if not event.contains(Session, "after_flush", _collect):
        event.listen(Session, "after_flush", _collect)
        event.listen(Session, "after_flush_postexec", _announce)


def _collect(session: Session, _context: object) -> None:
    new = [each for each in session.new if isinstance(each, Event) and each.kind in ANNOUNCED]
    if new:
        session.info.setdefault(_PENDING, []).extend(new)


def _announce(session: Session, _context: object) -> None:
    for each in session.info.pop(_PENDING, []):
        if each in session:  # not after a flush that failed and was rolled back
            _tell(session, each)


def _tell(session: Session, told: Event) -> None:
    company = session.get(Company, told.company_id) if told.company_id is not None else None
    if company is None:
        return
    # Also to the address of the authority's list, lest who registers a foreign card first is the only one
    # to hear; and to that before a change, lest the news of a changed address goes to the new one only.
    forms = [*forms_of(session, company.id), {"contact_email": company.mail}, *_form_before(session, told)]
    write(session, ANNOUNCED[told.kind], company, forms, facts=_facts(session, told), moment=told.moment)


def _form_before(session: Session, told: Event) -> list[Mapping[str, str]]:
    if told.registration_id is None:
        return []
    earlier = (
        select(Event.form)
        .where(
            Event.registration_id == told.registration_id, Event.id < told.id, Event.signature.is_not(None)
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    return [form for form in session.scalars(earlier) if form]


def _facts(session: Session, told: Event) -> list[Fact]:
    facts = [] if told.receipt is None else [("受付番号", told.receipt)]
    card = session.get(Card, told.card_id) if told.card_id is not None else None
    if card is not None:
        facts += [
            ("ICカード取得者", card.holder),
            ("認証局", card.issuer),
            ("証明書のシリアル番号", card.serial),
        ]
    if told.kind == "refused":
        facts += refusal_facts(told.detail)
    return facts


def refusal_facts(detail: Mapping[str, object]) -> list[Fact]:
    """What `Event.detail` of a refusal says: `count`, `byNumber`, `byCard`, `locked` (refusals.py)."""
    facts = [("拒否した回数 / refused attempts", f"{detail.get('count', 1)}回")]
    if detail.get("locked"):
        facts.append(("処置 / measure", "間違いが続いたため、検索を一時的に停止しました"))
    if detail.get("byCard"):
        facts.append(
            (
                "内容 / what",
                "使えなくなった貴社のICカード、または貴社のものではないICカードで、手続きが行われようとしました",
            )
        )
    if detail.get("byNumber"):
        facts.append(
            (
                "ご注意 / warning",
                "正しい利用者登録番号が使われました。番号が知られているおそれがあります。"
                "発注機関に再発行を申し出てください",
            )
        )
    return facts
