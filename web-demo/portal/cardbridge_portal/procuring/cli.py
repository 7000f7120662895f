"""The verbs of `cardbridge-portal` for whoever runs the server: officials, import, issue-numbers."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ..authority import write_private
from ..engine import exclusive, session_on
from ..history import SYSTEM
from ..language import time_of_day
from ..municipalities import Municipality, municipalities
from ..numbers import KEY_TURN, NumberKey
from ..settings import Settings
from ..text import Text
from ..verification import VerificationError, load_certificate
from .csvfile import MAX_BYTES, FileRefused
from .importing import Checked, ListOutdated, check_list, import_list
from .issuing import NumbersExhausted, issue_missing
from .officials import CardInUse, enrol, list_officials, withdraw
from .report import findings_csv, numbers_csv
from .tables import Official

OUTDATED = Text("検査のあとに登録内容が変わりました。やり直してください", "records changed, run it again")
EXHAUSTED = Text("使える番号がほとんど残っていません", "nearly all numbers are in use")
VERBS = ("officials", "import", "issue-numbers")


class Refused(Exception):
    """Not done; says why, in both languages."""

    def __init__(self, text: Text, which: object = "") -> None:
        super().__init__(f"{both(text)}: {which}" if which else both(text))


def both(text: Text) -> str:
    """Japanese first, English second."""
    return f"{text.ja} / {text.en}"


def municipality_of(code: str) -> Municipality:
    """A municipality by its 6-digit code. Raises: ValueError."""
    try:
        return municipalities()[code]
    except KeyError:
        raise ValueError(code) from None


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> list[argparse.ArgumentParser]:
    """The parsers of these verbs; the caller adds where data, database and keys are."""
    officials = verbs.add_parser("officials", help="whose cards may act for a municipality")
    officials.add_argument("act", choices=("add", "list", "remove"))
    officials.add_argument("--certificate", type=Path, help="authentication certificate, PEM or DER")
    officials.add_argument("--municipality", type=municipality_of, metavar="CODE")
    officials.add_argument("--name", default="", help="as the history calls the holder")
    officials.add_argument("--id", type=int, help="of the official to remove")
    importing = verbs.add_parser("import", help="import a qualification list (CSV), all or nothing")
    importing.add_argument("file", type=Path)
    importing.add_argument("--municipality", type=municipality_of, metavar="CODE", required=True)
    importing.add_argument("--check", action="store_true", help="check only, change nothing")
    importing.add_argument("--report", type=Path, help="write what is wrong to this CSV file")
    issuing = verbs.add_parser("issue-numbers", help="number every company that has none")
    issuing.add_argument("--municipality", type=municipality_of, metavar="CODE", required=True)
    issuing.add_argument("--output", type=Path, required=True, help="new CSV file (0600) for the numbers")
    return [officials, importing, issuing]


def run(given: argparse.Namespace) -> int:
    """Do one of `VERBS`; the exit status."""
    os.umask(0o077)
    settings = Settings(
        data=given.data.resolve(), origin="", database=given.database, key_file=given.number_key
    )
    work = {"officials": _officials, "import": _import, "issue-numbers": _issue}[given.verb]
    try:
        if not settings.data.is_dir():
            raise Refused(Text("データのフォルダーがありません", "no such data folder"), settings.data)
        return asyncio.run(work(given, settings))
    except (Refused, OSError) as error:
        sys.stderr.write(f"cardbridge-portal: {error}\n")
    except SQLAlchemyError as error:
        failed = Text("データベースを使えません", "the database failed")
        sys.stderr.write(f"cardbridge-portal: {both(failed)}: {type(error).__name__}\n")
    return 1


async def _officials(given: argparse.Namespace, settings: Settings) -> int:
    async with session_on(settings.database_url) as db:
        if given.act == "add":
            await _add(db, given, settings)
        elif given.act == "remove":
            official = await db.get(Official, given.id) if given.id is not None else None
            if official is None or official.state != "active":
                raise Refused(Text("--id の職員がいません", "no such official (see: officials list)"))
            await withdraw(db, official, settings.clock())
            await db.commit()
        for official in await list_officials(db, given.municipality):
            since = time_of_day(official.enrolled).ja
            sys.stdout.write(
                f"{official.id}\t{official.municipality}\t{official.state}\t{official.name}\t"
                f"{official.serial}\t{since}\n"
            )
    return 0


async def _add(db: AsyncSession, given: argparse.Namespace, settings: Settings) -> None:
    if given.certificate is None or given.municipality is None:
        raise Refused(Text("--certificate と --municipality が必要です", "both are needed"))
    try:
        certificate = _certificate(given.certificate.read_bytes())
    except (ValueError, VerificationError):
        raise Refused(Text("電子証明書を読めません", "not a certificate"), given.certificate) from None
    try:
        await enrol(db, given.municipality, certificate, given.name, settings.clock())
    except CardInUse:
        raise Refused(Text("このICカードは登録済みです", "this card is registered already")) from None
    await db.commit()


def _certificate(content: bytes) -> x509.Certificate:
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content)
    return load_certificate(content)


async def _import(given: argparse.Namespace, settings: Settings) -> int:
    if given.file.stat().st_size > MAX_BYTES:
        raise Refused(Text("ファイルが大きすぎます", "too large"), given.file)
    content = given.file.read_bytes()
    key = NumberKey.open(settings.number_key)
    async with session_on(settings.database_url) as db:
        try:
            checked = await check_list(db, key, given.municipality, content)
        except FileRefused as refused:
            raise Refused(refused.text) from None
        _tell(checked, given.report)
        if checked.findings:
            return 1
        if given.check:
            return 0
        try:
            stored = await import_list(
                db,
                key,
                given.municipality,
                checked,
                file_name=given.file.name[:120],
                actor=SYSTEM,
                moment=settings.clock(),
            )
        except ListOutdated:
            raise Refused(OUTDATED) from None
    sys.stdout.write(f"{both(Text('取り込みました', 'imported'))}: {stored}\n")
    return 0


def _tell(checked: Checked, report: Path | None) -> None:
    sys.stdout.write(
        f"{both(Text('文字コード', 'encoding'))}: {checked.encoding}\n"
        f"{both(Text('データの行', 'rows'))}: {checked.total}\n"
        f"{both(Text('誤りのある行', 'rows with errors'))}: {checked.refused}\n"
    )
    if checked.ignored:
        columns = Text("取り込まない列", "columns left out")
        sys.stdout.write(f"{both(columns)}: {', '.join(checked.ignored)}\n")
    if checked.findings:
        header = (Text("行", "row"), Text("項目", "column"), Text("理由", "reason"))
        sys.stdout.write("\t".join(map(both, header)) + "\n")
    for finding in checked.findings[:50]:
        sys.stdout.write(f"{finding.row}\t{finding.field}\t{both(finding.reason)}\n")
    if len(checked.findings) > 50:
        sys.stdout.write(f"… {len(checked.findings)}\n")
    if report is not None:
        report.write_bytes(findings_csv(checked.findings))


async def _issue(given: argparse.Namespace, settings: Settings) -> int:
    if given.output.exists():
        raise Refused(Text("ファイルがすでにあります", "the file exists"), given.output)
    key = NumberKey.open(settings.number_key)
    async with session_on(settings.database_url) as db:
        await exclusive(db, KEY_TURN)
        try:
            issued = await issue_missing(db, key, given.municipality, actor=SYSTEM, moment=settings.clock())
        except NumbersExhausted:
            raise Refused(EXHAUSTED) from None
        # Before the commit: numbers that could not be written down were never issued.
        write_private(given.output, numbers_csv(issued))
        await db.commit()
    sys.stdout.write(f"{both(Text('発行しました', 'issued'))}: {len(issued)}\n")
    return 0
