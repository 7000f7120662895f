"""Clean Debian roots: made by debootstrap once, kept as archives, unpacked for each test.

Mounts are made in a mount namespace of each command's own, so that none is ever left behind, and removing a
root cannot reach through one. The mirror is the one that this machine's own apt uses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUITES = ("bookworm", "trixie")
CLERK = "clerk"
CLERK_ID = 1000
_URI = re.compile(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(?P<uri>https?://\S+/debian)/?(?:\s|$)", re.MULTILINE)
_SETUP = """
set -e
root=$1 share=$2 user=$3; shift 3
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mkdir -p "$root$share" "$root/tmp/.X11-unix"
mount --bind "$share" "$root$share"
[ ! -d /tmp/.X11-unix ] || mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
exec chroot --userspec="$user" "$root" "$@"
"""
_SYSTEMS_OWN = ("proc", "sys", "dev", "tmp", "home", "var/cache", "var/lib/apt", "var/log")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def cache() -> Path:
    """Where the archives are kept: CARDBRIDGE_CACHE, else the user's own cache."""
    named = os.environ.get("CARDBRIDGE_CACHE")
    folder = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / ("roots" if named else "cardbridge/roots")


def mirror() -> str:
    """The Debian mirror of this machine's apt. Raises: LookupError: it has none."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in files:
        if file.is_file() and (found := _URI.search(file.read_text(errors="replace"))):
            return found["uri"]
    raise LookupError("no Debian archive in the sources of this machine's apt")


def missing_piece() -> str | None:
    """Why no root can be made here, or None."""
    if os.geteuid() != 0:
        return "only root can make a root"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed: installer/bootstrap.sh --packages"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if tried.returncode == 0 else f"no mount namespace here: {tried.stderr.strip()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """An unpacked root. `share` is a folder of this machine that is there under the same path, below /tmp."""

    place: Path
    share: Path

    def command(self, command: Sequence[str], *, user: str = "root") -> list[str]:
        """The command line that runs `command` in here."""
        setup = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _SETUP, "sh"]
        return [*setup, str(self.place), str(self.share), user, *command]

    def environment(self, user: str = "root", more: Mapping[str, str] | None = None) -> dict[str, str]:
        home = "/root" if user == "root" else f"/home/{user}"
        plain = {"PATH": _PATH, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8"}
        return {**plain, "DEBIAN_FRONTEND": "noninteractive", **(more or {})}

    def run(
        self,
        *command: str,
        user: str = "root",
        env: Mapping[str, str] | None = None,
        check: bool = True,
        text: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; what it says comes back."""
        done = subprocess.run(
            self.command(command, user=user),
            env=self.environment(user, env),
            capture_output=True,
            text=True,
            input=text,
        )
        assert not check or done.returncode == 0, (
            f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def install(self, *packages: str, recommends: bool = False) -> None:
        options = ["-y", "-q", *([] if recommends else ["--no-install-recommends"])]
        self.run("apt-get", "install", *options, *packages)

    def files(self) -> dict[str, str]:
        """Every file, folder and link with its kind, rights and (of files in /etc) content."""
        found = {}
        for folder, names, others in os.walk(self.place):
            here = Path(folder)
            names[:] = [name for name in names if (here / name) not in self._not_looked_at()]
            for name in (*names, *others):
                path = here / name
                status = path.lstat()
                inside = path.relative_to(self.place)
                said = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
                if path.is_symlink():
                    said += f" -> {os.readlink(path)}"
                elif inside.parts[0] == "etc" and path.is_file():
                    said += f" {path.read_bytes()!r}"
                found[str(inside)] = said
        return found

    def _not_looked_at(self) -> set[Path]:
        """The system's own notes: of apt and what its tools keep; and the users' own folders."""
        return {self.place / name for name in _SYSTEMS_OWN}


@contextmanager
def unpacked(suite: str, packages: Sequence[str] = ()) -> Iterator[Root]:
    """A root with these packages besides the smallest system, and the user `clerk`; gone afterwards.

    Its path is short: sockets of browsers are made below.
    """
    archive = _archive(suite, tuple(packages))
    with tempfile.TemporaryDirectory(prefix="root-") as folder:
        place, share = Path(folder, "root"), Path(folder, "share")
        place.mkdir()
        share.mkdir()
        share.chmod(0o777)
        subprocess.run(["tar", "-C", str(place), "-xpf", str(archive)], check=True)
        yield Root(place=place, share=share)


def base_archive(suite: str) -> Path:
    """The smallest system alone, compressed: what piuparts takes."""
    return _kept(f"{suite}.tgz", lambda root: _debootstrap(suite, root))


def _archive(suite: str, packages: tuple[str, ...]) -> Path:
    name = f"{suite}-{'-'.join(packages) or 'plain'}"[:100]

    def fill(place: Path) -> None:
        subprocess.run(["tar", "-C", str(place), "-xpf", str(base_archive(suite))], check=True)
        with tempfile.TemporaryDirectory() as share:
            root = Root(place=place, share=Path(share))
            _configure(suite, root)
            if packages:
                root.install(*packages)
                root.run("apt-get", "clean")

    return _kept(f"{name}.tar", fill)


def _configure(suite: str, root: Root) -> None:
    shutil.copyfile("/etc/resolv.conf", root.place / "etc/resolv.conf")
    for proxy in Path("/etc/apt/apt.conf.d").glob("*proxy*"):
        shutil.copyfile(proxy, root.place / "etc/apt/apt.conf.d" / proxy.name)
    sources = f"deb {mirror()} {suite} main\ndeb {mirror()}-security {suite}-security main\n"
    (root.place / "etc/apt/sources.list").write_text(sources)
    # No service starts in here.
    policy = root.place / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    root.run("useradd", "--create-home", "--uid", str(CLERK_ID), "--shell", "/bin/bash", CLERK)
    root.run("apt-get", "update", "-q")


def _debootstrap(suite: str, place: Path) -> None:
    command = ["debootstrap", "--variant=minbase", suite, str(place), mirror()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    """The archive `name` from the cache, filled by `fill` the first time."""
    archive = cache() / name
    if archive.exists():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    place = archive.parent / f".{name}.{os.getpid()}"
    try:
        place.mkdir()
        fill(place)
        new = archive.with_name(f".{name}.{os.getpid()}.new")
        compress = ["--gzip"] if name.endswith(".tgz") else []
        subprocess.run(["tar", "-C", str(place), *compress, "-cpf", str(new), "."], check=True)
        new.replace(archive)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return archive
