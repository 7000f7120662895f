"""Guesses registration numbers at a running portal, with many cards and addresses; it gets nowhere.

    python -m pytest -s tests/portal/test_guessing.py

prints what was tried, what of it was compared, and how long it took.
"""

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector, web
from yarl import URL

from cardbridge_demo.ports import free_port
from cardbridge_portal.app import create_app
from cardbridge_portal.authority import issue_card
from cardbridge_portal.check_digits import check_digit
from cardbridge_portal.limits import CARD, FOREIGN_NAME
from cardbridge_portal.settings import Settings
from tests.portal.clerk import FORM, Clerk, Clock, read_samples

CARDS = 12
GUESSES_EACH = 8
ROMAJI = "MIHON KENSETSU CO LTD"  # how some authorities write a company; not the registered name


@dataclass
class Portal:
    """The process; `seen` is all that it said to anybody."""

    data: Path
    origin: str
    log: Path
    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def clerk(self, card: Path, address: str, sample: int = 0) -> AsyncIterator[Clerk]:
        """A browser at another address of this machine, with this card."""
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(self.origin))
        connector = TCPConnector(local_addr=(address, 0))
        async with ClientSession(self.origin, cookie_jar=jar, connector=connector) as client:
            known = read_samples(self.data)[sample] | {"card": str(card)}
            yield Clerk(client=cast("Any", client), origin=self.origin, sample=known)

    def command(self, *words: str) -> str:
        """The authority's command; what it says."""
        command = [sys.executable, "-m", "cardbridge_portal", *words, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.seen += [done.stdout, done.stderr]
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running_portal(data: Path, folder: Path) -> Iterator[Portal]:
    port = free_port()
    origin, log = f"http://127.0.0.1:{port}", folder / "portal.log"
    command = [sys.executable, "-m", "cardbridge_portal", "run", "--data", str(data), "--port", str(port)]
    command += ["--origin", origin, "--mail-folder", str(folder / "outbox")]
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True)
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == f"portal ready {origin}\n"
            yield Portal(data, origin, log)
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


@dataclass
class Attack:
    """Guesses at one company, all cards at once, each from an address of its own."""

    portal: Portal
    cards: list[Path]
    answers: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    async def run(self) -> None:
        async with AsyncExitStack() as stack:
            clerks = [
                await stack.enter_async_context(self.portal.clerk(card, f"127.0.0.{number + 10}"))
                for number, card in enumerate(self.cards)
            ]
            for clerk in clerks:
                await clerk.authenticate()
            started = time.monotonic()
            await asyncio.gather(*(self._guess(number, clerk) for number, clerk in enumerate(clerks)))
            self.seconds = time.monotonic() - started
            # Stopped is stopped: even the right number is not looked at.
            assert (await clerks[0].find()).status == 429

    async def _guess(self, number: int, clerk: Clerk) -> None:
        for step in range(GUESSES_EACH):
            guess = f"{number * GUESSES_EACH + step:08d}"
            if guess != clerk.sample["number"]:
                self.answers[(await clerk.find(number=guess)).status] += 1
                self.portal.seen.append(clerk.text)


async def register(portal: Portal, clerk: Clerk) -> None:
    """From S4 to the receipt."""
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text, clerk.text
    await clerk.submit("form", **FORM)
    portal.seen.append(clerk.text)
    transaction, document = await clerk.document()
    portal.seen.append(document.decode("utf-8", "replace"))
    answer = await clerk.complete(transaction, await clerk.sign(document))
    assert answer.status == 200, await answer.text()
    for page in ("done", "print"):
        await clerk.get(page)
        portal.seen.append(clerk.text)


def letters(outbox: Path) -> list[EmailMessage]:
    raw = [path.read_bytes() for path in outbox.glob("*.eml")]
    return [message_from_bytes(each, policy=default) for each in raw]


async def digest(data: Path, outbox: Path) -> str:
    """What the company is told, by a portal two minutes later."""
    app = create_app(Settings(data=data, origin="http://localhost:1", clock=Clock(120), mail_folder=outbox))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        async with asyncio.timeout(30):
            while True:
                if told := [mail for mail in letters(outbox) if "拒否" in mail["Subject"]]:
                    return f"{told[0]['To']}\n{told[0].get_content()}"
                await asyncio.sleep(0.05)
    finally:
        await runner.cleanup()


async def test_guessing_gets_nowhere_and_the_company_gets_in(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cards = [issue_card(data, f"攻撃商会{n}", "例示　次郎", curve=True).directory for n in range(CARDS)]
    romaji = issue_card(data, ROMAJI, "MIHON TARO", curve=True).directory
    samples = read_samples(data)
    with running_portal(data, tmp_path) as portal:
        attack = Attack(portal, cards)
        await attack.run()
        compared, stopped = attack.answers[422], attack.answers[429]
        with capsys.disabled():
            print(  # noqa: T201 - the figures are what the script is for
                f"\n{CARDS} cards at {CARDS} addresses: {compared + stopped} guesses in "
                f"{attack.seconds:.1f} s, {compared} compared, {stopped} refused unseen; "
                "no card may go on within 15 minutes"
            )
        assert compared == FOREIGN_NAME.free and stopped == CARDS * GUESSES_EACH - compared
        # A spread over names does not help: a card has five tries.
        async with portal.clerk(cards[-1], "127.0.0.99", sample=1) as spread:
            await spread.authenticate()
            spread.sample["name"] = "有限会社だれか"
            guesses = (f"{n:09d}" + check_digit(f"{n:09d}", "luhn") for n in range(CARD.free + 3))
            statuses = [(await spread.find(number=guess)).status for guess in guesses]
            assert statuses.count(422) <= CARD.free and statuses[-3:] == [429] * 3

        # The company's own card: not stopped by others, from an attacker's very address.
        async with portal.clerk(Path(samples[0]["card"]), "127.0.0.10") as clerk:
            await clerk.authenticate()
            await register(portal, clerk)
        # A card that does not carry the name: stopped, and let in by the authority.
        async with portal.clerk(romaji, "127.0.0.200") as clerk:
            await clerk.authenticate()
            assert (await clerk.find()).status == 429
            portal.seen.append(clerk.text)
            reference = re.search(r"[0-9]{4}-[0-9]{4}-[0-9]{4}", clerk.text)
            assert reference is not None
            name, code = samples[0]["name"], samples[0]["municipality"]
            told = portal.command("release", reference[0], "--municipality", code, "--company", name)
            assert "解除しました" in told
            await register(portal, clerk)
        portal.command(
            "notice", "nomination", "--municipality", code, "--company", name, "--title", "見本道路改良工事"
        )
    told = await digest(data, tmp_path / "outbox")
    assert told.startswith("keiyaku@example.jp") and f"{compared}回" in told and "一時的に停止" in told
    subjects = Counter(str(mail["Subject"]) for mail in letters(tmp_path / "outbox"))
    assert subjects["【電子入札】ICカードが登録されました（鹿児島市）"] == 2
    assert subjects["【電子入札】指名通知書のお知らせ（鹿児島市）"] == 1
    nowhere(portal, tmp_path, [sample["number"] for sample in samples if "number" in sample])


def nowhere(portal: Portal, folder: Path, numbers: list[str]) -> None:
    """No number is in the database, the log, the mails, the pages, the commands' words."""
    files = [path for path in portal.data.glob("portal.sqlite3*")]
    mails = [mail.as_string() + str(mail.get_content()) for mail in letters(folder / "outbox")]
    assert files and mails and portal.log.stat().st_size > 1000
    for number in numbers:
        for path in (*files, portal.log):
            assert number.encode() not in path.read_bytes(), path.name
        assert not any(number in text for text in (*portal.seen, *mails))
