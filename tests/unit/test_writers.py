"""Every file that is written: for its owner only whatever the umask, through no link, nowhere that is open.

`WRITES` is the whole list of places in the source that make or change a file; a new one fails here until it
is looked at, and either goes through one of the writers that are tried below, or says why not.
"""

from __future__ import annotations

import ast
import logging
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from bridge import autostart, instance, logs, paths, refused, urlscheme
from bridge.audit.files import AuditFiles
from bridge.audit.lock import alone
from bridge.audit.reading import export
from bridge.config import ConfigurationError
from bridge.core.expiry import Known
from bridge.core.refusals import Refusal
from bridge.doctor import bundle
from bridge.edits import Editor
from bridge.expiry import CertificateMemory
from tests.unit.core.chains import ENTRIES

BRIDGE = Path(paths.__file__).parent

WRITES = {
    "audit/files.py": "tried below",
    "audit/lock.py": "tried below",
    "browsers/rootfiles.py": "root's, for all to read; tests/unit/browsers",
    "cli.py": "/dev/null, in place of a terminal that is not there",
    "confine/trial.py": "a file that must not come to be, removed at once",
    "daemon.py": "/dev/null, in place of an output that nobody reads any more",
    "doctor/bundle.py": "a ZIP archive in memory, then paths.write_private",
    "handover.py": "a pipe, which the program reads that this process becomes",
    "instance.py": "tried below",
    "logs.py": "tried below",
    "manual/book.py": "the manual, made by developers",
    "paths.py": "tried below: write_private, private_folder",
    "pkcs11/opensc.py": "in a temporary folder of its own, with no secret",
    "pkcs11/places.py": "a folder, for OpenSC's cache",
    "preferences/model.py": "a broken config.toml gets another name beside",
    "policycli.py": "folders of templates for administrators, where they want them",
}
_METHODS = ("write_text", "write_bytes", "mkdir", "makedirs", "touch", "symlink_to", "hardlink_to", "rename")
_FUNCTIONS = ("mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile", "ZipFile")


def writes(tree: ast.AST) -> bool:
    """Whether something in it makes or changes a file or a folder."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            if isinstance(node, ast.Attribute) and node.attr in ("O_CREAT", "O_WRONLY", "O_RDWR"):
                return True
            if isinstance(node, ast.Name) and node.id == "RotatingFileHandler":
                return True
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _METHODS or name in _FUNCTIONS:
            return True
        if name in ("open", "fdopen"):
            modes = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
            if any(isinstance(mode, str) and set(mode) & set("wax+") and len(mode) < 4 for mode in modes):
                return True
    return False


def test_every_writer_is_on_the_list() -> None:
    found = {
        str(file.relative_to(BRIDGE))
        for file in BRIDGE.rglob("*.py")
        if writes(ast.parse(file.read_text("utf-8")))
    }
    assert found == set(WRITES)


class Clock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC)


def _lock() -> None:
    with instance.only_one(paths.lock_file()):
        pass


def _audit_lock() -> None:
    paths.private_folder(paths.audit_folder())
    with alone(paths.audit_folder() / "lock"):
        pass


def _log() -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    level, raising = root.level, logging.raiseExceptions
    logs.start(paths.log_folder())
    try:
        if not any(isinstance(each, RotatingFileHandler) for each in root.handlers if each not in before):
            raise PermissionError("it goes on without a log")
        logging.getLogger("bridge.test").warning("x")
    finally:
        for handler in [each for each in root.handlers if each not in before]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
        logging.raiseExceptions = raising


def _certificates() -> None:
    CertificateMemory(paths.certificates_file(), Clock())._save(Known(key="00"))


def _refused() -> None:
    refusal = Refusal(origin="https://x.example", at=0)
    refused._write(paths.refused_file(), [refusal])


WRITERS: dict[str, Callable[[], object]] = {
    "config": lambda: Editor(paths.config_file(), None).set_value("ui", "queue", 3),
    "refused": _refused,
    "certificates": _certificates,
    "runtime": lambda: paths.write_private(paths.runtime_file(), b"{}"),
    "audit": lambda: AuditFiles(paths.audit_folder()).append(ENTRIES[1]),
    "audit lock": _audit_lock,
    "lock": _lock,
    "log": _log,
    "autostart": autostart.turn_on,
    "url": urlscheme.register,
}
EXPORTS: dict[str, Callable[[Path], object]] = {
    "export": lambda file: export(paths.audit_folder(), file, "ja"),
    "bundle": lambda file: bundle.save(file, {"README.txt": "x"}),
}
EACH = pytest.mark.parametrize("name", sorted(WRITERS))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder, and a umask that keeps nothing from anybody."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    for variable in [each for each in os.environ if each.startswith(("XDG_", "CARDBRIDGE_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(folder))
    before = os.umask(0)
    yield folder
    os.umask(before)


def below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def files(folder: Path) -> dict[Path, tuple[int, int, bytes]]:
    """Which they are, when they were written last, and what is in them."""
    found = [path for path in below(folder) if path.is_file()]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@EACH
def test_only_the_owner_reads_and_writes(home: Path, name: str) -> None:
    WRITERS[name]()
    assert below(home)
    assert {mode(path) for path in below(home) if path.is_dir()} == {0o700}
    assert {mode(path) for path in below(home) if not path.is_dir()} == {0o600}


@EACH
def test_a_link_in_the_place_of_the_file_is_not_followed(home: Path, tmp_path: Path, name: str) -> None:
    WRITERS[name]()
    victim = tmp_path / "victim"
    for file in [path for path in below(home) if path.is_file()]:
        victim.write_text("# untouched")
        victim.chmod(0o644)
        file.unlink()
        file.symlink_to(victim)
        tried(WRITERS[name])
        assert (victim.read_text(), mode(victim)) == ("# untouched", 0o644)


@EACH
def test_a_link_to_where_there_is_nothing_makes_nothing_there(home: Path, tmp_path: Path, name: str) -> None:
    WRITERS[name]()
    for file in [path for path in below(home) if path.is_file()]:
        file.unlink()
        file.symlink_to(tmp_path / "elsewhere")
        tried(WRITERS[name])
        assert not (tmp_path / "elsewhere").exists()


@EACH
@pytest.mark.parametrize("others", [0o777, 0o773])
def test_nothing_is_written_where_others_could_put_something_else(home: Path, name: str, others: int) -> None:
    """As when somebody has made ~/.config or ~/.local/state open to all."""
    WRITERS[name]()
    before = files(home)
    for folder in {path.parent.parent for path in before} | {home}:
        folder.chmod(others)
    is_refused = not tried(WRITERS[name])
    assert is_refused or name == "certificates", "it only logs that it cannot write"
    assert files(home) == before


@pytest.mark.parametrize("name", ["refused", "lock", "audit", "audit lock", "log"])
def test_a_folder_that_is_a_link_is_not_written_to(home: Path, tmp_path: Path, name: str) -> None:
    WRITERS[name]()
    folder = next(path for path in below(home) if path.is_file()).parent
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in below(elsewhere)}
    with pytest.raises(OSError):
        WRITERS[name]()
    assert {path: path.read_bytes() for path in below(elsewhere)} == before


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_an_export_is_the_owners_alone_and_never_through_a_link(
    home: Path, tmp_path: Path, name: str
) -> None:
    """Where the person wants it, also in a folder that is shared."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    EXPORTS[name](shared / "file")
    assert mode(shared / "file") == 0o600
    (shared / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        EXPORTS[name](shared / "link")
    assert not (tmp_path / "elsewhere").exists()


def tried(writer: Callable[[], object]) -> bool:
    """Whether it has found nothing wrong."""
    try:
        writer()
    except (OSError, ConfigurationError):
        return False
    return True
