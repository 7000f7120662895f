"""The 32-bit Python in the MSI: one known file and no other. python.org's own was never fetched here."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import zipfile
from pathlib import Path
from types import ModuleType

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
