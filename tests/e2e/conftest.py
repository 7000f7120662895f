"""Portal, daemon, SoftHSM2 token, virtual desktop: all real, one of each for the whole module."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cardbridge_card.pcscd import missing_piece
from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_NAME, PUBLIC_ORIGIN
from cardbridge_demo.card import virtual_cards
from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.ports import free_port, free_ports
from cardbridge_demo.tls import make_certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """What the tests share. The daemon is started by each test, as it needs it.

    `token` is the environment of the token, `driver` its module.
    """

    folder: Path
    portal: stack.Portal
    sample: stack.Sample
    pin: str
    token: dict[str, str]
    screen: Desktop
    ports: tuple[int, int]
    driver: tuple[str, Path]

    @property
    def env(self) -> dict[str, str]:
        return {**self.token, **self.screen.env}

    def configuration(self, origin: str = PUBLIC_ORIGIN, *, site_rules: str = "", ui_rules: str = "") -> Path:
        return stack.write_configuration(
            self.folder, origin, self.driver, ports=self.ports, site_rules=site_rules, ui_rules=ui_rules
        )


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    with ExitStack() as running:
        port, first = free_port(), free_ports(4)
        tls = make_certificate(folder, PUBLIC_NAME)
        ports = (first, first + 3)
        portal = running.enter_context(stack.portal(folder, PUBLIC_ORIGIN, port, tls=tls, bridge_ports=ports))
        sample, pin = portal.samples()[0], stack.demo_pin(folder)
        token = stack.soft_token(folder, sample.card, pin)
        screen = running.enter_context(desktop())
        yield Lab(
            folder=folder,
            portal=portal,
            sample=sample,
            pin=pin,
            token=token,
            screen=screen,
            ports=ports,
            driver=("SoftHSM2", softhsm.module()),
        )


@pytest.fixture
def card_lab(lab: Lab) -> Iterator[Lab]:
    """The same with the second sample company's card: a virtual IC card, pcscd and OpenSC."""
    if (missing := missing_piece()) is not None:
        pytest.skip(f"not installed: {missing}")
    sample, pin = lab.portal.samples()[1], f"{secrets.randbelow(10**6):06d}"
    with virtual_cards(lab.folder, [sample.card], pin) as token:
        yield replace(lab, sample=sample, pin=pin, token=token.env, driver=token.driver)


@pytest.fixture
def daemon(lab: Lab) -> Iterator[str]:
    """A daemon that allows the portal; its address."""
    with stack.daemon(lab.folder, lab.configuration(), lab.env) as url:
        yield url
