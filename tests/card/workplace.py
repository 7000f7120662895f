"""A clerk's desk: card readers with virtual cards, a screen, and daemons that drive OpenSC; all real."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.children import CHILD_FLAG, CHILDREN
from bridge.pkcs11.earlyworker import is_waiting
from cardbridge_demo import stack
from cardbridge_demo.card import OPENSC_MODULES
from cardbridge_demo.desktop import Desktop
from cardbridge_demo.ports import free_ports
from tests.card.stack import Stack
from tests.e2e.contract_client import Client

ORIGIN = "https://ebid.example.jp"
PIN, PUK, WRONG_PIN = "123456", "12345678", "999999"
OPENSC = ("OpenSC", next((path for path in OPENSC_MODULES if path.exists()), OPENSC_MODULES[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running daemon: its address and its process."""

    url: str
    pid: int

    def children(self, name: str) -> list[int]:
        """The process numbers of its children that run this module, e.g. ``bridge.pkcs11.worker``."""
        return children_of(self.pid, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What stands on the desk; daemons are started as they are needed."""

    folder: Path
    cards: Stack
    screen: Desktop

    @contextmanager
    def daemon(
        self,
        *,
        site_rules: str = "",
        ui_rules: str = "",
        driver: tuple[str, Path] = OPENSC,
        more: str = "",
        env: Mapping[str, str] | None = None,
        has_tray: bool = False,
    ) -> Iterator[Daemon]:
        """A daemon that allows `ORIGIN`, on ports of its own; `more` goes to the end of its config.toml."""
        folder = self.folder / secrets.token_hex(4)
        folder.mkdir()
        first = free_ports(2)
        configuration = stack.write_configuration(
            folder, ORIGIN, driver, ports=(first, first + 1), site_rules=site_rules, ui_rules=ui_rules
        )
        with configuration.open("a", encoding="utf-8") as file:
            file.write(more)
        environment = {**self.cards.env, **self.screen.env, **(env or {})}
        with stack.daemon(folder, configuration, environment, has_tray=has_tray) as url:
            runtime = json.loads(next(folder.rglob("runtime.json")).read_text())
            yield Daemon(url=url, pid=runtime["pid"])

    async def type_pin(self, *lines: str) -> None:
        """Into the window that appears: each line, then Enter."""
        await asyncio.to_thread(self.screen.wait_for_window)
        for line in lines or (PIN,):
            await asyncio.to_thread(self.screen.type_text, line)
            await asyncio.to_thread(self.screen.press, "Return")

    async def with_pin(self, client: Client, method: str, **params: Any) -> dict[str, Any]:
        """A whole request whose window gets the right PIN."""
        id = await client.send(method, **params)
        await client.until(id, "waitingForUser")
        await self.type_pin()
        return await client.response(id)


def nonce() -> str:
    return base64.b64encode(secrets.token_bytes(33)).decode()


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def until_gone(*pids: int) -> None:
    """Until none of the processes runs."""
    deadline = time.monotonic() + 60
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, "a process stays"
        time.sleep(0.05)


def children_of(pid: int, name: str) -> list[int]:
    """The process numbers of the children of `pid` whose command line has `name` in it, but for a worker
    that waits for a request.

    A frozen program calls its own modules by their short names.
    """
    frozen = next((f"{CHILD_FLAG}\0{key}\0" for key, module in CHILDREN.items() if module == name), name)
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except FileNotFoundError:  # a thread that has just ended
            continue
    named = (child for child in found if any(each.encode() in _command(child) for each in (name, frozen)))
    return [int(child) for child in named if not is_waiting(Path("/proc", child))]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, 9)
