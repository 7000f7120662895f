"""Whether a browser would ask, from policy files below a root of the test's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.browsers.access import matches
from bridge.core.origin import Origin
from bridge.doctor.checks.browsers import browsers
from bridge.doctor.place import Place

SITE = "https://ebid.example.jp"
ALLOWED, BLOCKED = "LoopbackNetworkAllowedForUrls", "LoopbackNetworkBlockedForUrls"
CHROMIUM = "etc/chromium/policies/managed"
PROGRAMS = {
    "Chromium": "usr/bin/chromium",
    "Google Chrome": "opt/google/chrome/chrome",
    "Microsoft Edge": "usr/bin/microsoft-edge",
    "Firefox": "usr/bin/firefox",
}


@pytest.fixture
def root(place: Place) -> Path:
    place.user.write_text(f'[[site]]\norigin = "{SITE}"\n[[site]]\norigin = "http://localhost:1"\n')
    return place.root


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def found(place: Place) -> dict[str, str]:
    return {each.values.get("browser", ""): each.code for each in browsers(place)}


def test_none_and_all_of_them(place: Place, root: Path) -> None:
    assert found(place) == {"": "browser_none"}
    for program in PROGRAMS.values():
        put(root / program, "")
    assert found(place) == {name: "browser_asks" for name in PROGRAMS if name != "Firefox"} | {
        "Firefox": "browser_unset"
    }


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Chromium", CHROMIUM),
        ("Google Chrome", "etc/opt/chrome/policies/managed"),
        ("Microsoft Edge", "etc/opt/edge/policies/managed"),
    ],
)
def test_the_family(place: Place, root: Path, name: str, folder: str) -> None:
    put(root / PROGRAMS[name], "")
    put(root / folder / "b.json", {ALLOWED: [SITE]})
    assert found(place) == {name: "browser_allows"}
    put(root / folder / "a.json", {ALLOWED: []})
    assert found(place) == {name: "browser_allows"}, "the last file counts"
    put(root / folder / "c.json", {BLOCKED: ["*"]})
    assert found(place) == {name: "browser_blocks"}
    put(root / folder / "c.json", {ALLOWED: ["https://other.example.jp"]})
    assert found(place) == {name: "browser_asks"}
    for odd in ("[1]", '{"LoopbackNetworkAllowedForUrls": "x"}', '{"LoopbackNetworkAllowedForUrls": [7]}'):
        put(root / folder / "c.json", odd)
        assert found(place)[name] in ("browser_allows", "browser_asks")
    put(root / folder / "c.json", "{")
    assert found(place) == {name: "browser_unreadable"}


def test_firefox(place: Place, root: Path) -> None:
    put(root / PROGRAMS["Firefox"], "")
    file = root / "etc/firefox/policies/policies.json"
    for policy, code in (
        ({"SkipDomains": ["ebid.example.jp"]}, "browser_allows"),
        ({"SkipDomains": ["*.example.jp"], "Enabled": True}, "browser_allows"),
        ({"SkipDomains": ["other.example.jp"], "Enabled": True}, "browser_asks"),
        ({"Enabled": False}, "browser_unset"),
        ("odd", "browser_unset"),
    ):
        put(file, {"policies": {"LocalNetworkAccess": policy}})
        assert found(place) == {"Firefox": code}
    for odd in ("{", "[]", '{"policies": 1}'):
        put(file, odd)
        assert found(place) == {"Firefox": "browser_unreadable"}


def test_without_sites(place: Place, root: Path) -> None:
    put(root / PROGRAMS["Chromium"], "")
    place.user.write_text("")
    assert found(place) == {"": "browser_no_sites"}


@pytest.mark.parametrize(
    ("pattern", "is_it"),
    [
        ("*", True),
        (SITE, True),
        ("https://ebid.example.jp/", True),
        ("https://ebid.example.jp:443", True),
        ("https://ebid.example.jp:*", True),
        ("https://ebid.example.jp:8443", False),
        ("http://ebid.example.jp", False),
        ("ebid.example.jp", True),
        ("[*.]example.jp", True),
        ("https://[*.]example.jp", True),
        ("https://[*.]ebid.example.jp", True),
        ("https://example.jp", False),
        ("https://ebid.example.jp:44", False),
        ("https://[*.]ample.jp", False),
        ("https://evil.example/https://ebid.example.jp", False),
        ("", False),
        ("https://", False),
    ],
)
def test_patterns(pattern: str, is_it: bool) -> None:
    assert matches(pattern, Origin.parse(SITE)) is is_it


def test_a_pattern_without_a_port_covers_all_ports() -> None:
    assert matches(SITE, Origin.parse(f"{SITE}:8443"))
    assert not matches(f"{SITE}:443", Origin.parse(f"{SITE}:8443"))
