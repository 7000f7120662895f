"""The office of the endurance run: readers and cards, a screen and who types there, portals, one daemon."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bridge import refused
from bridge.audit.reading import Log, read
from bridge.config import load
from cardbridge_card.contents import AUTHENTICATION, SIGNATURE
from cardbridge_demo import softhsm, stack
from cardbridge_demo.desktop import GUARD_S, Desktop, desktop
from cardbridge_demo.ports import free_ports
from tests.card.lab.daemon import Daemon, daemon, places
from tests.card.stack import Card, Stack, pcsc_stack
from tests.card.workplace import OPENSC
from tests.desktop.panel import trayer
from tests.portal.clerk import Clock, read_samples
from tests.portal.conftest import serve
from tests.unit.server.wire import ORIGIN, OTHER_ORIGIN

PIN, WRONG_PIN = "73190264", "84620917"
"""Of eight digits: that they do not stand in the logs is looked for, and no other number is like them."""

CONSTANTS = ("bridge.readiness:KEPT_S=3",)
"""A window's process and a worker are kept ready for 3 s instead of 30, so that there is rest to sample."""

EACH = [f"https://each-{number:02}.example.jp" for number in range(24)]
SESSION = [f"https://session-{number:02}.example.jp" for number in range(8)]
_RULES = "timeout_s = 60\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A card or a software token: the thumbprints of its two certificates, and its portal sample."""

    login: str
    signature: str
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything but the daemon, which is started, killed and started again on it."""

    folder: Path
    cards: Stack
    screen: Desktop
    tokens: Sequence[Token]
    portals: Sequence[tuple[TestServer, Path]]
    env: dict[str, str]

    @property
    def state(self) -> Path:
        return Path(places(self.folder)["XDG_STATE_HOME"]) / "cardbridge"

    @contextmanager
    def daemon(self) -> Iterator[Daemon]:
        """`cardbridge run` with its tray, on the same folders as the one before."""
        configuration = self.folder / "config.toml"
        with daemon(self.folder, configuration, self.env, constants=CONSTANTS, has_tray=True) as started:
            yield started

    def audit(self) -> Log:
        return read(self.state / "audit")

    def audit_verifies(self) -> bool:
        """By the program's own verb."""
        command = [stack.program(), "audit", "verify"]
        env = {**os.environ, **places(self.folder)}
        return subprocess.run(command, env=env, capture_output=True, timeout=120).returncode == 0

    def damage(self) -> list[str]:
        """What of the files that are kept cannot be used any more; and a PIN or a traceback in any."""
        faults = [] if self.audit_verifies() else ["cardbridge audit verify finds a fault"]
        load(self.folder / "config.toml")
        if (file := self.state / "refused.json").exists() and not refused.read(file):
            faults.append("the list of refused sites cannot be read")
        for file in self.state.glob("*.json"):
            try:
                json.loads(file.read_text())
            except ValueError:
                faults.append(f"{file.name} is damaged")
        return faults + self.said_too_much()

    def said_too_much(self) -> list[str]:
        """PINs in any file of the daemon's, tracebacks in its logs."""
        faults = []
        for file in self._own_files():
            content = file.read_bytes()
            faults += [f"a PIN is in {file.name}" for pin in (PIN, WRONG_PIN) if pin.encode() in content]
            if b"Traceback" in content and ".log" in file.name:
                faults.append(f"a traceback is in {file.name}: {_first_traceback(content.decode())}")
        return faults

    def _own_files(self) -> list[Path]:
        folders = [Path(place) for place in places(self.folder).values()]
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        return [*files, self.folder / "daemon.log"]

    async def reinsert(self) -> None:
        """The card in its reader, no PIN spent, nothing armed."""
        await asyncio.to_thread(self._reinsert)

    def _reinsert(self) -> None:
        status = self.cards.control("heal")
        if status["readers"][0]["card"] is None:
            self.cards.control("insert", card="first")
        self.cards.control("set-tries", value=3)

    async def answer(self, answered: asyncio.Future[dict[str, Any]], keys: Sequence[str]) -> None:
        """As a person does: whatever window stands there gets `keys`, until the request is over.

        Each of `keys` is typed and confirmed; ``Escape`` is the key.
        """
        while not answered.done():
            if await asyncio.to_thread(self.screen.windows):
                await asyncio.sleep(GUARD_S)
                await asyncio.to_thread(self._type, keys)
                await asyncio.wait([answered], timeout=2)
            else:
                await asyncio.wait([answered], timeout=0.1)

    def _type(self, keys: Sequence[str]) -> None:
        for text in keys:
            if text == "Escape":
                self.screen.press("Escape")
                continue
            self.screen.type_text(text)
            self.screen.press("Return")
            time.sleep(GUARD_S if len(keys) > 1 else 0)


@asynccontextmanager
async def desk(folder: Path, *, portals: int) -> AsyncIterator[Desk]:
    """Two sample companies' keys: one on a virtual card under OpenSC, one in SoftHSM2."""
    async with AsyncExitStack() as undo:
        servers = []
        for number in range(portals):
            data = folder / f"portal-{number}"
            if number:
                await asyncio.to_thread(_copied, folder / "portal-0", data)
            servers.append((await undo.enter_async_context(serve(data, Clock())), data))
        samples = [Path(sample["card"]) for sample in read_samples(servers[0][1])]
        with ExitStack() as here:
            given = {
                reference: (samples[0] / f"{name}.key.pem", samples[0] / f"{name}.crt.pem")
                for reference, name in ((AUTHENTICATION, "authentication"), (SIGNATURE, "signature"))
            }
            card = Card(name="first", pin=PIN, given=given)
            cards = here.enter_context(pcsc_stack([card], readers=1))
            screen = here.enter_context(desktop())
            here.enter_context(trayer(screen))
            soft = folder / "softhsm"
            soft.mkdir()
            env = {**cards.env, **screen.env, **softhsm.make_token(soft, samples[1], PIN)}
            env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
            _configure(folder, [str(server.make_url("/")).rstrip("/") for server, _ in servers])
            yield Desk(
                folder=folder,
                cards=cards,
                screen=screen,
                tokens=[_token(samples[number], number) for number in (0, 1)],
                portals=servers,
                env=env,
            )


def _copied(template: Path, data: Path) -> None:
    import shutil

    shutil.copytree(template, data)


def _configure(folder: Path, portals: Sequence[str]) -> None:
    first = free_ports(4)
    path = stack.write_configuration(
        folder, ORIGIN, OPENSC, ports=(first, first + 3), site_rules='pin = "session"', ui_rules=_RULES
    )
    text = f'[[driver]]\nname = "SoftHSM2"\npath = "{softhsm.module()}"\n'
    for origins, rule in (([*EACH, *portals, OTHER_ORIGIN], "each"), (SESSION, "session")):
        text += "".join(f'[[site]]\norigin = "{origin}"\npin = "{rule}"\n' for origin in origins)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _token(card: Path, sample: int) -> Token:
    login, signature = (
        x509.load_pem_x509_certificate((card / f"{name}.crt.pem").read_bytes())
        .fingerprint(hashes.SHA256())
        .hex()
        for name in ("authentication", "signature")
    )
    return Token(login=login, signature=signature, sample=sample)


def _first_traceback(log: str) -> str:
    return log[log.index("Traceback") :][:2000]
