"""A pcscd of one's own, with vpcd readers on free ports, for demonstration and tests.

Never the machine's: that one is left alone, and only refused if it has the only place there is.
"""

import itertools
import math
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_DRIVERS = Path("/usr/lib/pcsc/drivers")
_DRIVER = _DRIVERS / "serial" / "libifdvpcd.so"
_PLAIN_FOLDER = Path("/run/pcscd")
_SOCKET = "pcscd.comm"
_START_S = 60.0
_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
_ENV = os.environ | {"PATH": _PATH}
# One stanza of vpcd is one reader of two slots, on a port and the next one.
_SLOTS = 2
# pcscd numbers readers by library, and each has its own (see _own_driver).
FRIENDLY_NAMES = ("Virtual PCD", "Virtual PCD B", "Virtual PCD C")


class PcscdUnavailableError(RuntimeError):
    """pcscd cannot run here; the text says why."""


def missing_piece() -> str | None:
    """What is not installed of pcscd, vpcd and OpenSC, or None."""
    for program in ("pcscd", "opensc-tool", "pkcs11-tool"):
        if shutil.which(program, path=_PATH) is None:
            return program
    return None if _DRIVER.exists() else str(_DRIVER)


def cards_seen(env: Mapping[str, str]) -> dict[str, bool]:
    """What `opensc-tool --list-readers` says with the variables in `env`: reader -> a card is in it."""
    command = ["opensc-tool", "--list-readers"]
    listed = subprocess.run(command, capture_output=True, env={**_ENV, **env}, text=True, timeout=_START_S)  # noqa: S603, S607
    rows = (line.split(maxsplit=2) for line in listed.stdout.splitlines() if line[:1].isdigit())
    return {name.strip(): present == "Yes" for _, present, name in rows}


@dataclass(slots=True, kw_only=True)
class PrivatePcscd:
    """pcscd in the foreground, its socket in `folder`/run.

    In a mount namespace of its own where the kernel allows that; otherwise, for root only and only
    where no pcscd answers, plainly on /run/pcscd. `folder` is short (a socket's path has 107 octets
    at most) and not below /run, which the namespace hides.
    """

    folder: Path
    slots: int
    ports: list[int] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _prefix: list[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def reader_names(self) -> list[str]:
        """The slots' PC/SC names, in the order of the ports."""
        slots = range(len(self.ports))
        return [f"{FRIENDLY_NAMES[slot // _SLOTS]} 00 {slot % _SLOTS:02X}" for slot in slots]

    @property
    def socket(self) -> Path:
        """Where clients find it: the value for PCSCLITE_CSOCK_NAME."""
        return (self.folder / "run" if self._prefix else _PLAIN_FOLDER) / _SOCKET

    def start(self) -> None:
        """Returns when clients can connect. A second start serves the same ports again."""
        if not self.ports:
            (self.folder / "run").mkdir(exist_ok=True)
            self._prefix = _namespace_command(self.folder / "run")
            self.ports = _configure(self.folder, self.slots)
        if self._prefix is None:
            _take_plain_folder()
        command = ["pcscd", "--foreground", "-c", str(self.folder / "conf")]
        command = [*(self._prefix or []), *command]
        with (self.folder / "pcscd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=_ENV)  # noqa: S603
        deadline = time.monotonic() + _START_S
        while not _answers(self.socket):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PcscdUnavailableError((self.folder / "pcscd.log").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """SIGTERM: about a second."""
        self._end(kill=False)

    def kill(self) -> None:
        """SIGKILL: as when it crashes."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _namespace_command(run: Path) -> list[str] | None:
    """The command in front of pcscd that puts `run` in place of /run/pcscd, or None."""
    # USB drivers are hidden: a real reader belongs to the machine's own pcscd.
    script = (
        f"mount -t tmpfs none {_DRIVERS} && mount -t tmpfs none /run && mkdir {_PLAIN_FOLDER} "
        f'&& mount --bind "$0" {_PLAIN_FOLDER} && exec "$@"'
    )
    for flags in ("-Urm", "-m"):
        prefix = ["unshare", flags, "sh", "-c", script, str(run)]
        try:
            trial = subprocess.run([*prefix, "true"], capture_output=True, env=_ENV)  # noqa: S603
        except FileNotFoundError:
            return None
        if trial.returncode == 0:
            return prefix
    return None


def _take_plain_folder() -> None:
    if os.geteuid() != 0:
        raise PcscdUnavailableError("no namespaces here, and not root: pcscd cannot have /run/pcscd")
    if _answers(_PLAIN_FOLDER / _SOCKET):
        raise PcscdUnavailableError("a pcscd that is not ours serves /run/pcscd")
    _PLAIN_FOLDER.mkdir(exist_ok=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _configure(folder: Path, slots: int) -> list[int]:
    """Writes pcscd's reader configuration; the slots' ports in the order of the readers' names."""
    (folder / "conf").mkdir(exist_ok=True)
    starts = _free_ports(math.ceil(slots / _SLOTS))
    stanzas = [
        _stanza(FRIENDLY_NAMES[number], _own_driver(folder, number), start)
        for number, start in enumerate(starts)
    ]
    (folder / "conf" / "vpcd").write_text("\n".join(stanzas), "ascii")
    return [start + offset for start in starts for offset in range(_SLOTS)][:slots]


def _stanza(name: str, driver: Path, port: int) -> str:
    number = f"0x{port:X}"
    return f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{number}\nLIBPATH {driver}\nCHANNELID {number}\n'


def _own_driver(folder: Path, number: int) -> Path:
    """vpcd keeps its connections in an array by slot, for all readers of one loaded library: a second
    reader overwrites the first one's, and both hang. A copy of the file has an array of its own.
    """
    return shutil.copyfile(_DRIVER, folder / f"libifdvpcd{number}.so")


def _free_ports(count: int) -> list[int]:
    """So many times the first of two neighbouring free ports, below those the kernel hands out."""
    candidates = random.sample(range(20000, 28000, _SLOTS), 200)
    free = (first for first in candidates if all(_is_free(first + offset) for offset in range(_SLOTS)))
    starts = list(itertools.islice(free, count))
    if len(starts) < count:
        raise PcscdUnavailableError("not enough free ports")
    return starts


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - where vpcd will listen
        except OSError:
            return False
    return True
