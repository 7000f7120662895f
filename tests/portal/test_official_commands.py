"""The authority's commands: notices, the mail's list, releases."""

import argparse
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker

from cardbridge_portal.cli import _arguments
from cardbridge_portal.database import Company, OutgoingMail, Registration
from cardbridge_portal.engine import open_database
from cardbridge_portal.official_commands import CommandError, run_official_verb
from cardbridge_portal.settings import Settings
from tests.portal.clerk import FORM, Clock

FORM_HERE = FORM | {"contact_email": "daihyo@example.jp", "unit_email": "busho@example.jp"}


@pytest.fixture
def number(data: Path) -> str:
    """The first sample company's."""
    found: str = json.loads((data / "samples.json").read_text("utf-8"))[0]["number"]
    return found


async def run(data: Path, *words: str) -> None:
    """One command line."""
    company = ["--municipality", "462012", "--company", "株式会社見本建設"]
    if words[0] == "mail":
        company = []
    given: argparse.Namespace = _arguments().parse_args([*words, *company, "--data", str(data)])
    await run_official_verb(given, Settings(data=data, origin="", database=given.database))


async def letters(data: Path) -> list[OutgoingMail]:
    engine = await open_database(Settings(data=data, origin="").database_url)
    async with async_sessionmaker(engine)() as db:
        found = list(await db.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))
    await engine.dispose()
    return found


async def register(data: Path) -> None:
    engine = await open_database(Settings(data=data, origin="").database_url)
    async with async_sessionmaker(engine).begin() as db:
        company = (await db.scalars(select(Company).where(Company.municipality == "462012"))).one()
        db.add(Registration(company_id=company.id, registered=Clock()(), form=FORM_HERE))
    await engine.dispose()


@pytest.mark.parametrize(
    ("kind", "recipient"),
    [
        ("nomination", "daihyo@example.jp"),
        ("quotation", "daihyo@example.jp"),
        ("announcement", "busho@example.jp"),
    ],
)
async def test_notice(data: Path, kind: str, recipient: str, capsys: pytest.CaptureFixture[str]) -> None:
    await register(data)
    await run(data, "notice", kind, "--title", "見本道路改良工事", "--line", "締切=12月10日 17時")
    written = await letters(data)
    assert [row.recipient for row in written] == [recipient] and written[0].state == "waiting"
    assert "件名：見本道路改良工事" in written[0].body and "締切：12月10日 17時" in written[0].body
    assert "1通" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["{}", "番号は{}です", "wide", "apart"])
async def test_a_notice_never_carries_the_number(data: Path, number: str, form: str) -> None:
    await register(data)
    written = {"wide": number.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})}
    written["apart"] = f"{number[:4]} - {number[4:]}"
    text = written.get(form) or form.format(number)
    with pytest.raises(CommandError, match="利用者登録番号"):
        await run(data, "notice", "announcement", "--title", "お知らせ", "--line", f"本文={text}")
    assert await letters(data) == []


async def test_notice_to_nobody(data: Path) -> None:
    with pytest.raises(CommandError, match="まだありません"):
        await run(data, "notice", "nomination", "--title", "工事")
    with pytest.raises(CommandError, match="LABEL=VALUE"):
        await run(data, "notice", "nomination", "--title", "工事", "--line", "締切")


async def test_unknown_company_and_reference(data: Path) -> None:
    given = _arguments().parse_args(
        ["release", "1234-5678-9012", "--municipality", "462012", "--company", "だれか", "--data", str(data)]
    )
    with pytest.raises(CommandError, match="0社"):
        await run_official_verb(given, Settings(data=data, origin=""))
    with pytest.raises(CommandError, match="お問い合わせ番号"):
        await run(data, "release", "1234-5678-9012")


async def test_list_of_mail_and_another_try(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await register(data)
    await run(data, "notice", "nomination", "--title", "工事")
    engine = await open_database(Settings(data=data, origin="").database_url)
    async with async_sessionmaker(engine).begin() as db:
        row = (await db.scalars(select(OutgoingMail))).one()
        row.state, row.answer = "failed", "550 no such user"
    await engine.dispose()
    capsys.readouterr()
    await run(data, "mail")
    shown = capsys.readouterr().out
    assert "送信できなかったもの：1通" in shown and "550 no such user" in shown and "daihyo" not in shown
    await run(data, "mail", "--retry", "1")
    assert [row.state for row in await letters(data)] == ["waiting"]
    with pytest.raises(CommandError, match="1番"):
        await run(data, "mail", "--retry", "1")
