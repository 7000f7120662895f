"""The program fetches nothing of its own accord: what can speak over a network is on a short list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKS = {
    "aiohttp", "asyncio.open_connection", "ftplib", "http", "httpx", "imaplib", "poplib", "requests",
    "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3", "websockets",
    "xmlrpc",
}  # fmt: skip
LOCAL = (
    "bridge/server/",
    "bridge/doctor/checks/program.py",
    "bridge/arrivals.py",
    "bridge/confine/",
    "bridge/ui/tray/process.py",
)
"""Listens on loopback; asks the own daemon whether it answers; pipes to children; what takes the
network away from them, and tries whether it is gone."""
OUTSIDE = {"bridge/timestamps.py"}
"""Asks the time-stamping authority that the administrator or the person has named for a site."""


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "asyncio"
        ):
            yield f"{node.value.id}.{node.attr}"


def speaks(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in SPEAKS)


def test_only_the_time_stamps_module_reaches_out() -> None:
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "bridge").rglob("*.py")
        if any(map(speaks, imported(ast.parse(file.read_text(encoding="utf-8")))))
    }
    assert {file for file in found if not file.startswith(LOCAL)} == OUTSIDE


def test_what_is_installed_is_pinned_by_its_hash() -> None:
    """A mirror, a proxy or a stolen account at the registry puts no other file in."""
    for lock in ("requirements.lock", "installer/requirements.lock"):
        entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)[
            1:
        ]
        assert len(entries) > 15
        for entry in entries:
            assert re.match(r"[a-z0-9.-]+==\S+", entry) and "--hash=sha256:" in entry, entry
    script = (ROOT / "installer/bootstrap.sh").read_text(encoding="utf-8")
    installs = [line for line in script.splitlines() if "pip install" in line]
    assert installs and all("--require-hashes" in line or "--no-deps" in line for line in installs)
