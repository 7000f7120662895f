"""Two portal processes on one PostgreSQL: registration, change and login, each request at the other one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from cardbridge_demo import procedures, stack
from cardbridge_demo.browser import PUBLIC_NAME, PUBLIC_ORIGIN, chromium
from cardbridge_demo.ports import free_port
from cardbridge_demo.process import running
from cardbridge_demo.registration import Walk
from cardbridge_demo.tls import make_certificate
from tests.e2e.conftest import Lab
from tests.portal import postgres

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
LOGS = ("one.log", "two.log")


@pytest.fixture
def pair(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """`lab` with two portals behind one address in the place of one."""
    with ExitStack() as entered:
        database = postgres.new_database(entered.enter_context(postgres.server()), "portal")
        tls = make_certificate(tmp_path, PUBLIC_NAME)
        ports = [free_port() for _ in LOGS]
        portals = [
            entered.enter_context(
                stack.portal(
                    tmp_path, PUBLIC_ORIGIN, port, bridge_ports=lab.ports, database=database, log=log
                )
            )
            for port, log in zip(ports, LOGS, strict=True)
        ]
        front = free_port()
        command = [sys.executable, "-m", "tests.e2e.alternating", front, *tls, *ports]
        words = [str(word) for word in command]
        entered.enter_context(
            running(words, ready="front ready", log=tmp_path / "front.log", env={"PYTHONPATH": str(ROOT)})
        )
        portal = replace(portals[0], port=front)
        sample, pin = portal.samples()[0], stack.demo_pin(tmp_path)
        token = stack.soft_token(tmp_path, sample.card, pin)
        yield replace(lab, folder=tmp_path, portal=portal, sample=sample, pin=pin, token=token)


def test_whole_registration_over_both(pair: Lab, tmp_path: Path) -> None:
    """Nonce, session, document and receipt are found whichever process is asked."""
    with (
        stack.daemon(pair.folder, pair.configuration(), pair.env),
        chromium(pair.portal.port, "granted") as browser,
    ):
        walk = Walk(
            page=browser.new_page(),
            desktop=pair.screen,
            origin=PUBLIC_ORIGIN,
            sample=pair.sample,
            pin=pair.pin,
            folder=tmp_path,
        )
        assert re.fullmatch(r"\d{8}-\d{8}", walk.whole())
        changed = procedures.change(walk, "unit_phone", "099-000-0009")
        procedures.login(walk)
        assert changed in walk.page.inner_text("#history")
        procedures.logout(walk)
    answered = [len(re.findall(r"(?:GET|POST) ", (tmp_path / log).read_text())) for log in LOGS]
    assert min(answered) > 20 and max(answered) - min(answered) <= 2
    for kind in ("challenge", "authenticate", "document", "complete"):
        assert any(f"api/{kind} 200" in (tmp_path / log).read_text() for log in LOGS)
