"""The PIN is in no memory of the daemon, and no process that held it lives on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bridge.pkcs11.earlyworker import is_waiting
from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.card.workplace import is_alive
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import connected
from tests.e2e.test_contract import nonce, type_pin
from tests.memory import command_and_environment, descendants, everybody, holders, holds

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.softhsm,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into these processes' memory"),
]

CANARY = "Xq7!canary-PIN~31415"


def named(processes: dict[int, str], part: str) -> list[int]:
    return [pid for pid, name in processes.items() if part in name]


@pytest.mark.parametrize("pin_rule", ["each", "session"])
async def test_daemon_never_holds_the_pin(lab: Lab, tmp_path: Path, pin_rule: str) -> None:
    token = softhsm.make_token(tmp_path, lab.sample.card, CANARY)
    rules = lab.configuration(site_rules=f'pin = "{pin_rule}"')
    with stack.daemon(lab.folder, rules, {**token, **lab.screen.env}, has_tray=True) as url:
        pid = json.loads(next(lab.folder.rglob("runtime.json")).read_text())["pid"]
        async with connected(url, PUBLIC_ORIGIN) as client:
            id = await client.send("auth.getToken", challengeNonce=nonce())
            await type_pin(lab, "wrong-" + CANARY)
            lab.screen.wait_for_window()
            lab.screen.type_text(CANARY)
            (dialog,) = named(everybody(str(lab.folder)), "bridge.ui.dialog")
            assert holds(dialog, CANARY), "the search itself does not work"
            lab.screen.press("Return")
            assert "result" in await client.response(id)
            assert holds(pid, PUBLIC_ORIGIN), "the search itself does not work"
            assert not holds(pid, CANARY)
            workers = named(everybody(str(lab.folder)), "bridge.pkcs11.worker")
            in_use = [worker for worker in workers if not is_waiting(Path(f"/proc/{worker}"))]
            assert len(in_use) == (1 if pin_rule == "session" else 0)
            for worker in workers:
                assert not holds(worker, CANARY[4:])
                assert CANARY.encode() not in command_and_environment(worker)
            if pin_rule == "session":
                await client.call("session.close")
        family = {pid, *descendants(pid)}
        everywhere = everybody(str(lab.folder), str(tmp_path))
        assert set(filter(is_alive, family)) <= set(everywhere) and named(everywhere, "Xvfb")
        assert is_alive(pid) and holders(everywhere, CANARY[4:]) == set()
    files = [path for folder in (lab.folder, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10 and not [path for path in files if CANARY.encode() in path.read_bytes()]
