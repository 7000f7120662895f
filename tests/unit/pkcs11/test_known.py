"""The list of places to look for modules."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from bridge.pkcs11 import known


def test_every_place_is_absolute_and_has_a_source() -> None:
    modules = known.known_modules()
    assert len({module.name for module in modules}) == len(modules)
    for module in modules:
        assert module.sources and all(source.startswith("https://") for source in module.sources)
        assert set(module.about) == {"ja", "en"}
        for platform, paths in module.paths.items():
            assert platform in ("linux", "darwin", "win32")
            kind = PureWindowsPath if platform == "win32" else PurePosixPath
            assert paths and all(kind(path).is_absolute() for path in paths)


def test_only_what_is_there_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "module.so"
    there.touch()
    modules = tuple(
        known.KnownModule(name=name, about={}, paths={"linux": paths}, sources=())
        for name, paths in (
            ("here", ("/no/such.so", str(there))),
            ("gone", ("/no/such.so",)),
            ("dir", (str(tmp_path),)),
        )
    )
    monkeypatch.setattr(known, "known_modules", lambda: modules)
    monkeypatch.setattr("sys.platform", "linux")
    assert known.found_here() == {"here": str(there)}
    monkeypatch.setattr("sys.platform", "win32")
    assert known.found_here() == {}
