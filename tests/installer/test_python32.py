"""The 32-bit Python in the MSI: one known file and no other. python.org's own was never fetched here."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "installer/windows/python32.py"


@pytest.fixture(scope="module")
def python32() -> ModuleType:
    spec = importlib.util.spec_from_file_location("python32", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def archive(names: list[str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, name)
    return content.getvalue()


def test_only_what_a_worker_needs_is_unpacked(python32: ModuleType, tmp_path: Path) -> None:
    wanted = [*python32.NEEDED, *python32.EXTENSIONS, *python32.LIBRARIES]
    content = archive([*wanted, "sqlite3.dll", "../evil.dll"])
    made = python32.unpack(content, tmp_path, sha256=hashlib.sha256(content).hexdigest())
    assert made == tmp_path / "python32/python.exe"
    assert sorted(file.name for file in made.parent.iterdir()) == sorted(wanted)
    assert [file.name for file in tmp_path.iterdir()] == ["python32"]


def test_another_file_is_refused(python32: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the file that is known"):
        python32.unpack(archive(["python.exe"]), tmp_path)
    assert list(tmp_path.iterdir()) == [] and len(bytes.fromhex(python32.SHA256)) == 32


def test_one_that_lacks_something_is_refused(python32: ModuleType, tmp_path: Path) -> None:
    content = archive(["python.exe"])
    with pytest.raises(ValueError, match=r"not in it: LICENSE.txt, _ctypes.pyd"):
        python32.unpack(content, tmp_path, sha256=hashlib.sha256(content).hexdigest())


def bill() -> dict[str, Any]:
    """As `installer.supply.sbom` writes it, with one part."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"bom-ref": "cardbridge"}},
        "components": [{"bom-ref": "cpython@3.11"}],
        "dependencies": [{"ref": "cardbridge", "dependsOn": ["cpython@3.11"]}, {"ref": "cpython@3.11"}],
    }


@pytest.fixture
def unpacked(python32: ModuleType, tmp_path: Path) -> Path:
    content = archive([*python32.NEEDED, *python32.EXTENSIONS, *python32.LIBRARIES])
    python32.unpack(content, tmp_path, sha256=hashlib.sha256(content).hexdigest())
    (tmp_path / "sbom.cdx.json").write_text(json.dumps(bill()), "utf-8")
    (tmp_path / "THIRD-PARTY.txt").write_text("What cardbridge ships with.\n", "utf-8")
    return tmp_path


def test_it_is_in_the_bill_file_by_file(python32: ModuleType, unpacked: Path) -> None:
    python32.record(unpacked)
    document = json.loads((unpacked / "sbom.cdx.json").read_text("utf-8"))
    had, added = document["components"]
    assert had == bill()["components"][0] and added["name"] == "cpython"
    assert added["version"] == python32.VERSION and python32.SHA256 in json.dumps(added)
    assert {each["name"]: each["hashes"][0]["content"] for each in added["components"]} == {
        f"python32/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (unpacked / "python32").iterdir()
    }
    assert document["dependencies"] == [
        {"ref": "cardbridge", "dependsOn": ["cpython@3.11", added["bom-ref"]]},
        {"ref": "cpython@3.11"},
        {"ref": added["bom-ref"]},
    ]
    notices = (unpacked / "THIRD-PARTY.txt").read_text("utf-8")
    assert notices.startswith("What cardbridge ships with.\n") and notices.endswith("LICENSE.txt\n")
    assert f"Python {python32.VERSION}, 32-bit" in notices
    with pytest.raises(ValueError, match="cpython-win32"):
        python32.record(unpacked)


def test_a_folder_without_a_bill_is_refused(python32: ModuleType, unpacked: Path) -> None:
    (unpacked / "sbom.cdx.json").unlink()
    with pytest.raises(OSError, match=r"sbom\.cdx\.json"):
        python32.record(unpacked)
    assert (unpacked / "THIRD-PARTY.txt").read_text("utf-8") == "What cardbridge ships with.\n"
