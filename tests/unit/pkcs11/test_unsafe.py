"""A module where others can write, and one that means harm: whether it is loaded, and what it can do then."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import children
from bridge.core import errors
from bridge.core.sentences import user_message
from bridge.core.settings import DriverSettings
from bridge.pkcs11.probe import inspect
from cardbridge_demo import softhsm
from tests.doctor.holder import make_card
from tests.unit.pkcs11.token_use import use

MARK = "PIN=90817263"
HARMFUL = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char path[4096];

__attribute__((constructor)) static void harm(void) {
    Dl_info self;
    dladdr((void *) harm, &self);
    snprintf(path, sizeof path, "%s.said", self.dli_fname);
    FILE *said = fopen(path, "w");
    fprintf(said, "network %d\n", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    fprintf(said, "datagrams %d\n", socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
    fprintf(said, "pcscd %d\n", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    snprintf(path, sizeof path, "%s/.bashrc", getenv("HOME"));
    fprintf(said, "home %d\n", open(path, O_WRONLY | O_CREAT, 0600) >= 0);
    fprintf(said, "program %d\n", system("true") == 0);
    fprintf(said, "display %d\n", getenv("DISPLAY") != NULL);
    fclose(said);
    printf("PIN=90817263\n");
    fflush(stdout);
    fprintf(stderr, "PIN=90817263\n");
    dprintf(1, "PIN=90817263\n");
    dprintf(2, "PIN=90817263\n");
}
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Not below /tmp, where every module may write."""
    folder = Path(tempfile.mkdtemp(dir=Path.home()))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("DISPLAY", ":0")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("harmful") / "harmful.so"
    compiling = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(compiling, input=HARMFUL, text=True, check=True)
    return library


def outcome(library: Path, *, confined: bool = True) -> dict[str, str]:
    """What it could do while it was loaded; it has no function list, and so the worker fails."""
    with pytest.raises(errors.DriverFailed):
        inspect(DriverSettings(name="見本", path=str(library), confined=confined))
    return dict(line.split() for line in Path(f"{library}.said").read_text().splitlines())


def test_a_module_in_a_worker_has_no_network_and_writes_no_file_of_the_persons(
    home: Path, compiled: Path
) -> None:
    refused = {"network": "0", "datagrams": "0", "home": "0", "program": "0", "display": "0"}
    assert outcome(compiled) == {**refused, "pcscd": "1"}
    assert list(home.iterdir()) == []


def test_one_that_is_let_out_can_do_all_that_a_program_can(home: Path, compiled: Path) -> None:
    """And so the test before can see it. It still gets no window."""
    done = outcome(compiled, confined=False)
    assert {name for name, said in done.items() if said == "0"} == {"display"}
    assert (home / ".bashrc").exists()


def test_a_pin_that_a_module_prints_is_in_no_file_of_ours(
    home: Path, compiled: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither on stdout nor on stderr, which a desktop keeps in a file or a journal."""
    assert outcome(compiled)
    printed = capfd.readouterr()
    assert MARK not in printed.out + printed.err


@pytest.mark.softhsm
async def test_the_worker_itself_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Were its stderr the daemon's, there would be nothing either: two PINs typed, a signature, a change."""
    card = make_card(tmp_path / "card", kinds=("rsa", "p256"))
    for name, value in softhsm.make_token(tmp_path / "hsm", card, "90817263").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(children, "_SILENT", ())
    await use(DriverSettings(name="SoftHSM2", path=str(softhsm.module())), "90817263", "13579")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o707])
def test_a_module_that_others_can_put_another_in_place_of_is_not_loaded(
    tmp_path: Path, compiled: Path, mode: int
) -> None:
    folder = tmp_path / "vendor"
    (folder / "lib").mkdir(parents=True)
    library = folder / "lib" / "module.so"
    shutil.copy(compiled, library)
    folder.chmod(mode)
    refused(library)
    folder.chmod(0o755)
    assert outcome(library)


def test_a_module_that_others_can_write_is_not_loaded(tmp_path: Path, compiled: Path) -> None:
    library = Path(shutil.copy(compiled, tmp_path / "module.so"))
    library.chmod(0o666)
    refused(library)
    library.chmod(0o644)
    assert outcome(library)


def test_a_link_to_where_others_can_write(tmp_path: Path, compiled: Path) -> None:
    open_folder, link = tmp_path / "open", tmp_path / "link.so"
    open_folder.mkdir()
    shutil.copy(compiled, open_folder / "module.so")
    link.symlink_to("open/module.so")
    open_folder.chmod(0o777)
    refused(link)


def refused(library: Path) -> None:
    with pytest.raises(errors.DriverUnsafe) as caught:
        inspect(DriverSettings(name="見本", path=str(library)))
    assert not Path(f"{library}.said").exists(), "it has been loaded"
    assert caught.value.reason == "driverNotFound" and caught.value.data == {"driver": "見本"}
    assert "ほかの利用者も書き換えられる" in user_message(caught.value, "ja")
    assert "other users of this computer can change it" in user_message(caught.value, "en")
