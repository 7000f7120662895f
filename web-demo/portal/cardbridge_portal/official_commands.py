"""What the authority does at the command line: send a notice, look after the mail, let a company back in."""

import argparse
import sys
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from .database import Company
from .engine import open_database
from .history import SYSTEM
from .language import time_of_day
from .mail.notices import Fact, notify_company
from .mail.outbox import count, listed, retry
from .mail.texts import WORDINGS, Kind
from .municipalities import municipalities
from .numbers import NumberKey
from .releases import ReferenceUnknown, release
from .settings import Settings

SENT_BY_OFFICIALS = (Kind.NOMINATION, Kind.QUOTATION, Kind.ANNOUNCEMENT)
VERBS = ("notice", "mail", "release")


class CommandError(Exception):
    """A sentence for the person at the keyboard."""


def add_official_verbs(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_storage: Callable[[argparse.ArgumentParser], None],
) -> None:
    """`notice`, `mail` and `release`."""
    notice = verbs.add_parser("notice", help="write a notice to a company into the outbox")
    notice.add_argument("kind", type=Kind, choices=SENT_BY_OFFICIALS, metavar="|".join(SENT_BY_OFFICIALS))
    notice.add_argument("--title", required=True, help="件名")
    notice.add_argument(
        "--line", action="append", default=[], metavar="LABEL=VALUE", help="例：締切=12月10日"
    )
    mail = verbs.add_parser("mail", help="list the letters that wait or have failed")
    mail.add_argument("--retry", type=int, metavar="ID", help="put a failed letter back into the queue")
    letting = verbs.add_parser("release", help="let a stopped card look for its company again")
    letting.add_argument("reference", help="お問い合わせ番号, as the company reads it out")
    for verb in (notice, mail, letting):
        add_storage(verb)
    for verb in (notice, letting):
        verb.add_argument("--municipality", required=True, choices=sorted(municipalities()), metavar="CODE")
        verb.add_argument("--company", required=True, metavar="商号又は名称")


async def run_official_verb(given: argparse.Namespace, settings: Settings) -> None:
    """Do what was asked for.

    Raises:
        CommandError
    """
    async with _session(settings) as db:
        if given.verb == "mail":
            await _mail(db, given.retry, settings.clock())
            return
        company = await _company(db, given.municipality, given.company)
        if given.verb == "release":
            await _release(db, settings, company, given.reference)
        else:
            await _notice(db, settings, company, given)


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[AsyncSession]:
    engine = await open_database(settings.database_url)
    try:
        async with async_sessionmaker(engine, expire_on_commit=False)() as db:
            yield db
    finally:
        await engine.dispose()


async def _company(db: AsyncSession, municipality: str, name: str) -> Company:
    found = (
        await db.scalars(select(Company).where(Company.municipality == municipality, Company.name == name))
    ).all()
    if len(found) != 1:
        raise CommandError(
            f"{municipalities()[municipality].name}に「{name}」という会社は{len(found)}社あります。"
            f" / There are {len(found)} companies of this name."
        )
    return found[0]


async def _notice(db: AsyncSession, settings: Settings, company: Company, given: argparse.Namespace) -> None:
    facts: list[Fact] = [("件名", given.title)]
    for line in given.line:
        label, sign, value = line.partition("=")
        if not sign:
            raise CommandError(f"--line LABEL=VALUE: {line}")
        facts.append((label, value))
    key = NumberKey.open(settings.number_key)
    if await mentions_number(db, key, company, "\n".join(f"{label}\n{value}" for label, value in facts)):
        raise CommandError(
            "本文に利用者登録番号が含まれています。番号はメールで送れません。"
            " / The text contains the registration number, which mail must never carry."
        )
    letters = await notify_company(db, given.kind, company, moment=settings.clock(), facts=facts)
    await db.commit()
    if not letters:
        raise CommandError("この会社の利用者登録はまだありません。 / The company has no registration yet.")
    whose = "代表窓口" if WORDINGS[given.kind].field == "contact_email" else "ICカード利用部署"
    sys.stdout.write(f"{whose}あてのメールを{letters}通、送信箱に入れました。1分以内に送信されます。\n")


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
            raise CommandError(f"送信できなかったメールに{again}番はありません。 / No failed letter {again}.")
        await db.commit()
    counts = await count(db)
    words = [("waiting", "送信待ち"), ("failed", "送信できなかったもの"), ("sent", "送信済み（30日間）")]
    sys.stdout.write("、".join(f"{word}：{counts.get(state, 0)}通" for state, word in words) + "\n")
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
        raise CommandError(
            "このお問い合わせ番号で停止中のICカードはありません。 / No card is stopped under this reference."
        ) from None
    sys.stdout.write(f"解除しました。{time_of_day(until).ja}まで、5回まで検索できます。\n")
