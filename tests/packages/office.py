"""A root with the package installed, a token, a screen, and a daemon of the clerk's in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cardbridge_demo import softhsm, stack
from cardbridge_demo.desktop import Desktop
from cardbridge_demo.process import running
from tests.packages.roots import CLERK, CLERK_ID, Root

PROGRAM = "/usr/lib/cardbridge/cardbridge"
DRIVER = "/usr/lib/softhsm/libsofthsm2.so"
CHECKOUT = Path(__file__).parents[2]
DEBCONF = {
    "sites": "string",
    "drivers": "string",
    "language": "select",
    "autostart": "boolean",
    "browser-policy": "boolean",
}


def preset(root: Root, **answers: str) -> None:
    """`debconf-set-selections`, as an administrator of many computers does it."""
    lines = [
        f"cardbridge cardbridge/{name.replace('_', '-')} {DEBCONF[name.replace('_', '-')]} {value}\n"
        for name, value in answers.items()
    ]
    root.run("debconf-set-selections", text="".join(lines))


def install(root: Root, package: Path) -> str:
    """Install the .deb with what it depends on; what apt and the package said."""
    (root.share / package.name).write_bytes(package.read_bytes())
    done = root.run(
        "apt-get", "install", "-y", "-q", "--no-install-recommends", str(root.share / package.name)
    )
    return done.stdout + done.stderr


def purge(root: Root) -> str:
    done = root.run("apt-get", "purge", "-y", "-q", "cardbridge")
    return done.stdout + done.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The clerk's daemon in the root: its address and its process."""

    url: str
    pid: int

    @property
    def program(self) -> str:
        """As this machine sees it."""
        return os.readlink(f"/proc/{self.pid}/exe")

    def used_files(self) -> set[str]:
        """Everything that it has mapped or open, and where it stands."""
        here = Path(f"/proc/{self.pid}")
        maps = {line.split(maxsplit=5)[5] for line in (here / "maps").read_text().splitlines() if "/" in line}
        opened = {os.readlink(each) for each in (here / "fd").iterdir()}
        return maps | opened | {os.readlink(here / "cwd"), os.readlink(here / "exe")}


def token(root: Root, sample: stack.Sample, pin: str) -> dict[str, str]:
    """The sample company's card as a token that the clerk's programs find."""
    env = softhsm.make_token(root.share, sample.card, pin)
    subprocess.run(["chown", "-R", str(CLERK_ID), str(root.share / "tokens")], check=True)
    return env


def configure_ports(root: Root, ports: tuple[int, int], rules: str = "") -> None:
    """The clerk's own file, above the administrator's: other tests have daemons here, too."""
    folder = root.place / f"home/{CLERK}/.config/cardbridge"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(f"[server]\nports = [{ports[0]}, {ports[1]}]\n{rules}")
    root.run("chown", "-R", f"{CLERK}:{CLERK}", f"/home/{CLERK}/.config")


@contextmanager
def daemon(
    root: Root, screen: Desktop, env: Mapping[str, str], *, program: str = "cardbridge"
) -> Iterator[Daemon]:
    """`cardbridge run` of the clerk's."""
    command = root.command([program, "run", "--no-tray"], user=CLERK)
    everything = root.environment(CLERK, {**screen.env, **env})
    with running(command, ready="cardbridge ready", log=root.share / "daemon.log", env=everything) as (
        process,
        line,
    ):
        yield Daemon(url=line.removeprefix("cardbridge ready").strip(), pid=process.pid)


@contextmanager
def as_user(identity: int) -> Iterator[None]:
    """Sockets that are made meanwhile are this user's."""
    os.seteuid(identity)
    try:
        yield
    finally:
        os.seteuid(0)
