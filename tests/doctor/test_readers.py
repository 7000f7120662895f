"""A real pcscd with a card in its reader, without it, silent, and gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardbridge_demo.stack import program
from tests.card.stack import Card, Stack, missing_piece, pcsc_stack
from tests.card.workplace import OPENSC
from tests.unit.server.running import environment

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

HOLDER = "KANARIENVOGEL JIRO"
IMPATIENT = """
import sys
from dataclasses import replace
from pathlib import Path
from bridge.doctor.place import Place
from bridge.doctor.running import STEPS, findings
steps = [replace(step, limit_s=1.0) for step in STEPS if step.id == "pcsc"]
for found in findings(Place(user=Path(sys.argv[1]), machine=None), (*steps, STEPS[0])):
    print(found.id, found.code)
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with pcsc_stack([Card(key_type="p256", holder=HOLDER)], readers=1) as running:
        yield running


@pytest.fixture
def env(stack: Stack, tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "config.toml"
    config.write_text(f'[[driver]]\nname = "{OPENSC[0]}"\npath = "{OPENSC[1]}"\n')
    config.chmod(0o600)
    return {**environment(tmp_path), **stack.env}


def report(env: dict[str, str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [program(), "doctor", "--json"], env=env, capture_output=True, text=True, timeout=100
    )
    assert HOLDER not in done.stdout and "株式会社見本建設" not in done.stdout
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def codes(found: list[dict[str, Any]]) -> set[str]:
    return {each["code"] for each in found}


def test_up_with_a_card_and_without(stack: Stack, env: dict[str, str]) -> None:
    tries = stack.control("status")
    found = report(env)
    assert {"pcsc_good", "reader_present", "driver_good", "certificate_valid"} <= codes(found)
    assert codes([each for each in found if each["id"] == "certificate.purpose"]) == {"purposes_both"}
    assert stack.control("status") == tries, "no PIN is tried, nothing is signed"
    stack.control("remove")
    try:
        stack.wait_for_cards([False])
        assert {"reader_empty", "card_none", "certificate_no_card"} <= codes(report(env))
    finally:
        stack.control("insert")
        stack.wait_for_cards([True])


def test_a_service_that_does_not_answer_is_left_behind(
    stack: Stack, env: dict[str, str], tmp_path: Path
) -> None:
    pid = stack.pcscd.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        done = subprocess.run(
            [sys.executable, "-c", IMPATIENT, str(tmp_path / "config.toml")],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.kill(pid, signal.SIGCONT)
    assert done.stdout == "pcsc no_answer\nprogram version\n", done.stderr


def test_down_and_up_again(stack: Stack, env: dict[str, str]) -> None:
    stack.pcscd.stop()
    try:
        found = report(env)
        assert {"pcsc_down", "pcsc_first"} <= codes(found) and "check_failed" not in codes(found)
    finally:
        stack.pcscd.start()
    stack.wait_for_cards([True])
    assert "pcsc_good" in codes(report(env))
