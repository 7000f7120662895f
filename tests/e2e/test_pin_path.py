"""The PIN is in no memory of the daemon, and no process that held it lives on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import connected
from tests.e2e.test_contract import nonce, type_pin

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

CANARY = "Xq7!canary-PIN~31415"
ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")


def memory(pid: int) -> Iterator[bytes]:
    """Every readable mapping of a process."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as image:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if found is None or "[vvar" in line or "[vsyscall" in line:
                continue
            start, end = (int(part, 16) for part in found.groups())
            image.seek(start)
            try:
                yield image.read(end - start)
            except OSError:
                continue


def holds(pid: int, text: str) -> bool:
    needles = [text.encode(encoding) for encoding in ENCODINGS]
    return any(needle in part for part in memory(pid) for needle in needles)


def command_and_environment(pid: int) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{part}").read_bytes() for part in ("cmdline", "environ"))


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found + [grandchild for child in found for grandchild in descendants(child)]


@pytest.mark.parametrize("pin_rule", ["each", "session"])
async def test_daemon_never_holds_the_pin(lab: Lab, tmp_path: Path, pin_rule: str) -> None:
    token = softhsm.make_token(tmp_path, lab.sample.card, CANARY)
    rules = lab.configuration(site_rules=f'pin = "{pin_rule}"')
    with stack.daemon(lab.folder, rules, {**token, **lab.screen.env}) as url:
        pid = json.loads(next(lab.folder.rglob("runtime.json")).read_text())["pid"]
        async with connected(url, PUBLIC_ORIGIN) as client:
            id = await client.send("auth.getToken", challengeNonce=nonce())
            await type_pin(lab, "wrong-" + CANARY)
            await type_pin(lab, CANARY)
            assert "result" in await client.response(id)
            assert holds(pid, PUBLIC_ORIGIN), "the search itself does not work"
            assert not holds(pid, CANARY)
            workers = descendants(pid)
            assert len(workers) == (1 if pin_rule == "session" else 0)
            for worker in workers:
                assert CANARY.encode() not in command_and_environment(worker)
            if pin_rule == "session":
                await client.call("session.close")
                assert descendants(pid) == []
        assert not holds(pid, CANARY)
