"""What the authority does at the command line: send a notice, look after the mail, let a company back in."""

import argparse
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Company
from .engine import session_on
from .history import SYSTEM
from .language import time_of_day
from .mail.notices import Fact, notify_company
from .mail.outbox import count, listed, retry
from .mail.texts import WORDINGS, Kind
from .municipalities import municipalities
from .numbers import NumberKey
from .procuring.cli import both
from .releases import TRIES, ReferenceUnknown, release
from .settings import Settings
from .text import Text

SENT_BY_OFFICIALS = (Kind.NOMINATION, Kind.QUOTATION, Kind.ANNOUNCEMENT)
VERBS = ("notice", "mail", "release")
TITLE = Text("件名", "Subject")
CONTACT, UNIT = Text("代表窓口", "main contact"), Text("ICカード利用部署", "department")
NUMBER_IN_TEXT = Text(
    "本文に利用者登録番号が含まれています。番号はメールで送れません。",
    "The text contains the registration number, which mail must never carry.",
)
NO_REGISTRATION = Text("この会社の利用者登録はまだありません。", "The company has no registration yet.")
NOT_STOPPED = Text(
    "このお問い合わせ番号で停止中のICカードはありません。", "No card is stopped under this reference."
)


class CommandError(Exception):
    """A sentence for the person at the keyboard."""

    def __init__(self, text: Text) -> None:
        super().__init__(both(text))


def add_official_verbs(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_storage: Callable[[argparse.ArgumentParser], None],
) -> None:
    """`notice`, `mail` and `release`."""
    notice = verbs.add_parser("notice", help="write a notice to a company into the outbox")
    notice.add_argument("kind", type=Kind, choices=SENT_BY_OFFICIALS, metavar="|".join(SENT_BY_OFFICIALS))
    notice.add_argument("--title", required=True)
    notice.add_argument("--line", action="append", default=[], metavar="LABEL=VALUE")
    mail = verbs.add_parser("mail", help="list the letters that wait or have failed")
    mail.add_argument("--retry", type=int, metavar="ID", help="put a failed letter back into the queue")
    letting = verbs.add_parser("release", help="let a stopped card look for its company again")
    letting.add_argument("reference", help="12 digits, as the company reads them out")
    for verb in (notice, mail, letting):
        add_storage(verb)
    for verb in (notice, letting):
        verb.add_argument("--municipality", required=True, choices=sorted(municipalities()), metavar="CODE")
        verb.add_argument("--company", required=True, metavar="NAME", help="as registered")


async def run_official_verb(given: argparse.Namespace, settings: Settings) -> None:
    """Do what was asked for.

    Raises:
        CommandError
    """
    async with session_on(settings.database_url) as db:
        if given.verb == "mail":
            await _mail(db, given.retry, settings.clock())
            return
        company = await _company(db, given.municipality, given.company)
        if given.verb == "release":
            await _release(db, settings, company, given.reference)
        else:
            await _notice(db, settings, company, given)


async def _company(db: AsyncSession, municipality: str, name: str) -> Company:
    found = (
        await db.scalars(select(Company).where(Company.municipality == municipality, Company.name == name))
    ).all()
    if len(found) != 1:
        known = municipalities()[municipality].name
        raise CommandError(
            Text(
                f"{known}に「{name}」という会社は{len(found)}社あります。",
                f"There are {len(found)} companies of this name.",
            )
        )
    return found[0]


async def _notice(db: AsyncSession, settings: Settings, company: Company, given: argparse.Namespace) -> None:
    facts: list[Fact] = [(TITLE.ja, given.title)]
    for line in given.line:
        label, sign, value = line.partition("=")
        if not sign:
            raise CommandError(Text(f"--line は「項目=内容」です：{line}", "--line is LABEL=VALUE"))
        facts.append((label, value))
    key = NumberKey.open(settings.number_key)
    if await mentions_number(db, key, company, "\n".join(f"{label}\n{value}" for label, value in facts)):
        raise CommandError(NUMBER_IN_TEXT)
    letters = await notify_company(db, given.kind, company, moment=settings.clock(), facts=facts)
    await db.commit()
    if not letters:
        raise CommandError(NO_REGISTRATION)
    whose = CONTACT if WORDINGS[given.kind].field == "contact_email" else UNIT
    _say(
        Text(
            f"{whose.ja}あてのメールを{letters}通、送信箱に入れました。1分以内に送信されます。",
            f"{letters} letters to the {whose.en} are in the outbox and go within a minute.",
        )
    )


async def mentions_number(db: AsyncSession, key: NumberKey, company: Company, text: str) -> bool:
    """Whether the company's number stands in a text, whatever its width, spaces or hyphens."""
    length = municipalities()[company.municipality].number_length
    plain = "".join(
        each for each in unicodedata.normalize("NFKC", text) if not each.isspace() and each not in "-‐−ー"
    )
    windows = {plain[at : at + length] for at in range(len(plain) - length + 1)}
    digits = [window for window in windows if window.isascii() and window.isdigit()]
    macs = {await key.mac(db, company.municipality, window) for window in digits}
    return company.number_mac in macs


async def _mail(db: AsyncSession, again: int | None, moment: datetime) -> None:
    if again is not None:
        if not await retry(db, again, moment):
            raise CommandError(
                Text(f"送信できなかったメールに{again}番はありません。", f"No failed letter {again}.")
            )
        await db.commit()
    counts = await count(db)
    waiting, failed, sent = (counts.get(state, 0) for state in ("waiting", "failed", "sent"))
    _say(
        Text(
            f"送信待ち：{waiting}通、送信できなかったもの：{failed}通、送信済み（30日間）：{sent}通",
            f"waiting: {waiting}, failed: {failed}, sent (30 days): {sent}",
        )
    )
    for row in await db.scalars(listed("failed")):
        company = await db.get_one(Company, row.company_id)
        sys.stdout.write(
            f"{row.id}\t{time_of_day(row.created).ja}\t{company.name}\t{row.subject}\t{row.answer}\n"
        )


async def _release(db: AsyncSession, settings: Settings, company: Company, reference: str) -> None:
    key = NumberKey.open(settings.number_key)
    try:
        until = await release(db, key, company, reference, actor=SYSTEM, moment=settings.clock())
    except ReferenceUnknown:
        raise CommandError(NOT_STOPPED) from None
    end = time_of_day(until)
    _say(
        Text(
            f"解除しました。{end.ja}まで、{TRIES}回まで検索できます。",
            f"Let in again: {TRIES} tries until {end.en}.",
        )
    )


def _say(text: Text) -> None:
    sys.stdout.write(both(text) + "\n")
