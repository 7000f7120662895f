"""The packages as they were built, a portal, a screen; and at the end a table: passed, failed, not run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_NAME, PUBLIC_ORIGIN
from cardbridge_demo.desktop import Desktop, desktop
from cardbridge_demo.ports import free_port, free_ports
from cardbridge_demo.tls import make_certificate
from tests.packages import roots

DIST = Path(__file__).parents[2] / "dist"
_NOT_RUN = "NOT RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A portal on a public name, a company's card, a screen, ports for a daemon."""

    portal: stack.Portal
    sample: stack.Sample
    pin: str
    screen: Desktop
    ports: tuple[int, int]


@pytest.fixture(scope="session")
def deb() -> Path:
    return _built("cardbridge_*.deb")


@pytest.fixture(scope="session")
def tarball() -> Path:
    return _built("cardbridge-*-linux-*.tar.gz")


def _built(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern))
    if not found:
        pytest.skip("it has not been built: make packages")
    return found[-1]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as running:
        first = free_ports(4)
        ports = (first, first + 3)
        tls = make_certificate(folder, PUBLIC_NAME)
        portal = running.enter_context(
            stack.portal(folder, PUBLIC_ORIGIN, free_port(), tls=tls, bridge_ports=ports)
        )
        screen = running.enter_context(desktop())
        sample = portal.samples()[0]
        yield Town(portal=portal, sample=sample, pin=stack.demo_pin(folder), screen=screen, ports=ports)


@pytest.fixture
def root() -> Iterator[Callable[..., roots.Root]]:
    """Makes a clean root: of a suite, with packages that are not ours."""
    if (missing := roots.missing_piece()) is not None:
        pytest.skip(missing)

    with ExitStack() as unpacked:

        def make(suite: str, *packages: str) -> roots.Root:
            return unpacked.enter_context(roots.unpacked(suite, packages))

        yield make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A table of everything in this folder. What was skipped was not run: it is no success."""
    rows = []
    for word, outcome in (
        ("passed", "passed"),
        ("FAILED", "failed"),
        ("FAILED", "error"),
        (_NOT_RUN, "skipped"),
    ):
        for report in terminalreporter.stats.get(outcome, []):
            if "tests/packages/" in report.nodeid:
                rows.append((report.nodeid.removeprefix("tests/packages/"), word, _reason(report)))
    if not rows:
        return
    terminalreporter.section("packages")
    for name, word, reason in sorted(rows):
        terminalreporter.write_line(f"{word:8} {name}{'  ' + reason if reason else ''}")


def _reason(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return ""
