"""What the demonstration and the browser tests run: portal, token, daemon."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import softhsm
from .process import running

BIN = Path(sys.executable).parent
PROGRAM_VARIABLE = "CARDBRIDGE_PROGRAM"


def program() -> str:
    """The `cardbridge` that is started: this environment's, or the one that `CARDBRIDGE_PROGRAM` names."""
    return os.environ.get(PROGRAM_VARIABLE) or str(BIN / "cardbridge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample company of the demo portal. `number` is its 利用者登録番号, demo data."""

    municipality: str
    number: str
    name: str
    card: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A running portal; `port` is where it listens on 127.0.0.1."""

    origin: str
    port: int
    data: Path

    def issue_card(self, company: str, holder: str) -> Path:
        """The folder of another card by the demo certification authority."""
        command = [str(BIN / "cardbridge-portal"), "issue-card", "--data", str(self.data)]
        command += ["--company", company, "--holder", holder]
        made = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - own program
        return Path(made.stdout.strip())

    def samples(self) -> list[Sample]:
        """The sample companies, each with its card."""
        return [
            Sample(
                municipality=entry["municipality"],
                number=entry["number"],
                name=entry["name"],
                card=Path(entry["card"]),
            )
            for entry in self._entries()
            if "kind" not in entry
        ]

    def official_cards(self) -> list[Path]:
        """The cards of the sample officials; the first is of the first sample's municipality."""
        return [Path(entry["card"]) for entry in self._entries() if entry.get("kind") == "official"]

    def _entries(self) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = json.loads((self.data / "samples.json").read_text())
        return entries


@contextmanager
def portal(
    folder: Path,
    origin: str,
    port: int,
    *,
    tls: tuple[Path, Path] | None = None,
    bridge_ports: tuple[int, int] = (28470, 28473),
    card_control: str | None = None,
    database: str | None = None,
    log: str = "portal.log",
) -> Iterator[Portal]:
    """The demo portal with its data in `folder`/portal, and its database there too or at `database`."""
    data = folder / "portal"
    command: list[str | Path] = [
        BIN / "cardbridge-portal",
        "run",
        "--data",
        data,
        "--port",
        str(port),
        "--origin",
        origin,
    ]
    command += ["--mail-folder", data / "outbox"]
    command += ["--bridge-ports", f"{bridge_ports[0]}-{bridge_ports[1]}"]
    if card_control is not None:
        command += ["--card-control", card_control]
    if tls is not None:
        command += ["--tls-cert", tls[0], "--tls-key", tls[1]]
    env = {} if database is None else {"CARDBRIDGE_PORTAL_DATABASE": database}
    with running(command, ready="portal ready", log=folder / log, env=env):
        yield Portal(origin=origin, port=port, data=data)


def demo_pin(folder: Path) -> str:
    """The demo token's PIN: made at the first start and kept, so that it can be shown each time."""
    path = folder / "pin"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"{secrets.randbelow(10**6):06d}")
    return path.read_text()


def soft_token(folder: Path, card: Path, pin: str) -> dict[str, str]:
    """The SoftHSM2 token of `card`, made at the first call; the environment in which it is found."""
    place = folder / "softhsm"
    if not place.exists():
        place.mkdir(mode=0o700)
        return softhsm.make_token(place, card, pin)
    return {"SOFTHSM2_CONF": str(place / "softhsm2.conf")}


def write_configuration(
    folder: Path,
    origin: str,
    driver: tuple[str, Path],
    *,
    ports: tuple[int, int] = (28470, 28473),
    site_rules: str = "",
    ui_rules: str = "",
    server_rules: str = "",
) -> Path:
    """The daemon's config.toml for one site and one driver."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(
        f"[server]\nports = [{ports[0]}, {ports[1]}]\n{server_rules}\n"
        f"[ui]\n{ui_rules}\n"
        f'[[site]]\norigin = "{origin}"\nname = "かごしま県市町村電子入札システム（実演用）"\n{site_rules}\n'
        f'[[driver]]\nname = "{driver[0]}"\npath = "{driver[1]}"\n',
        encoding="utf-8",
    )
    return path


@contextmanager
def daemon(
    folder: Path, configuration: Path, env: Mapping[str, str], *, has_tray: bool = False
) -> Iterator[str]:
    """`cardbridge run`; gives its address. Its state and logs go to `folder`."""
    places = {
        "CARDBRIDGE_CONFIG": str(configuration),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_DATA_HOME": str(folder / "share"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    command: list[str | Path] = [program(), "run", *([] if has_tray else ["--no-tray"])]
    log = folder / "daemon.log"
    with running(command, ready="cardbridge ready", log=log, env={**places, **env}) as (_, line):
        yield line.removeprefix("cardbridge ready").strip()


def has_display() -> bool:
    """Whether a person can see windows here."""
    return bool(os.environ.get("DISPLAY"))
