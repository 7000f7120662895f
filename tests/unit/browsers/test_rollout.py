"""Browser policies on Linux: ours appear, follow the sites and go, and nobody else's character is touched."""

import json
import os
from pathlib import Path

import pytest

from bridge.browsers.chromium import ALLOWED
from bridge.browsers.ours import FILE
from bridge.browsers.rollout import apply, remove
from bridge.browsers.target import Outcome
from bridge.core.origin import Origin

CITY, OTHER = Origin.parse("https://ebid.city.example.jp"), Origin.parse("https://other.example.jp:8443")
LOCAL = Origin.parse("http://localhost:8000")
CHROMIUM = "etc/chromium/policies/managed"
FIREFOX = "etc/firefox/policies/policies.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir(mode=0o755)
    return tmp_path


def put(root: Path, name: str, text: str) -> Path:
    path = root / name
    for folder in reversed([each for each in path.parents if not each.exists()]):
        folder.mkdir(mode=0o755)
    path.write_text(text)
    path.chmod(0o644)
    return path


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text() if path.is_file() else "" for path in root.rglob("*")
    }


def of(outcomes: list[Outcome], browser: str) -> Outcome:
    return next(each for each in outcomes if each.browser == browser)


def test_exactly_the_https_sites_in_every_browser(root: Path) -> None:
    outcomes = apply([CITY, OTHER, LOCAL], root)
    assert {each.state for each in outcomes} == {"written"} and len(outcomes) == 4
    patterns = {ALLOWED: ["https://ebid.city.example.jp:443", "https://other.example.jp:8443"]}
    for folder in (CHROMIUM, "etc/opt/chrome/policies/managed", "etc/opt/edge/policies/managed"):
        assert json.loads((root / folder / "cardbridge.json").read_text()) == patterns
    assert json.loads((root / FIREFOX).read_text()) == {
        "policies": {"LocalNetworkAccess": {"SkipDomains": ["ebid.city.example.jp", "other.example.jp"]}}
    }
    assert (root / FIREFOX).stat().st_mode & 0o777 == 0o644


def test_again_changes_nothing_and_removal_leaves_nothing(root: Path) -> None:
    before = tree(root)
    apply([CITY], root)
    written = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert {each.state for each in apply([CITY], root)} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()} == written
    assert {each.state for each in remove(root)} == {"removed"}
    assert tree(root) in (before, before | {"var": "", "var/lib": ""})
    assert remove(root) == []


def test_follows_the_list(root: Path) -> None:
    apply([CITY, OTHER], root)
    apply([OTHER], root)
    assert "city" not in (root / CHROMIUM / "cardbridge.json").read_text() + (root / FIREFOX).read_text()
    apply([LOCAL], root)
    assert not (root / CHROMIUM).exists() and not (root / FIREFOX).exists()


THEIRS = """{
    "policies": {
        "DisableTelemetry": true, "Homepage": {"URL": "https://intra.example.jp/ホーム"},
        "LocalNetworkAccess": { "Enabled": true,
            "SkipDomains": [
                "intra.example.jp",
                "other.example.jp"
            ] }
    }
}"""


def test_a_shared_file_gets_ours_and_loses_ours_only(root: Path) -> None:
    file = put(root, FIREFOX, THEIRS)
    assert of(apply([CITY, OTHER], root), "Firefox").state == "written"
    expected = THEIRS.replace(
        '"other.example.jp"\n', '"other.example.jp",\n                "ebid.city.example.jp"\n'
    )
    assert file.read_text() == expected
    remove(root)
    assert file.read_text() == THEIRS


@pytest.mark.parametrize("text", [
    "{}", "{}\n", '{"policies":{}}', '{\n\t"policies": {\n\t\t"A": [1, {"b": "}"}]\n\t}\n}\n',
    '{"policies": {"LocalNetworkAccess": {"Enabled": true}}}',
    '{"policies": {"LocalNetworkAccess": {"SkipDomains": []}}, "x": 1}',
    '{ "other" : "\\u007b" }',
])  # fmt: skip
def test_other_forms_of_the_shared_file(root: Path, text: str) -> None:
    file = put(root, FIREFOX, text)
    apply([CITY], root)
    assert json.loads(file.read_text())["policies"]["LocalNetworkAccess"]["SkipDomains"] == [CITY.host]
    remove(root)
    assert json.loads(file.read_text()) == json.loads(text)


def test_what_others_add_to_a_file_that_was_ours_stays(root: Path) -> None:
    apply([CITY], root)
    document = json.loads((root / FIREFOX).read_text())
    document["policies"]["LocalNetworkAccess"]["SkipDomains"].append("theirs.example.jp")
    document["policies"]["DisablePocket"] = True
    (root / FIREFOX).write_text(json.dumps(document))
    remove(root)
    assert json.loads((root / FIREFOX).read_text()) == {
        "policies": {"LocalNetworkAccess": {"SkipDomains": ["theirs.example.jp"]}, "DisablePocket": True}
    }


@pytest.mark.parametrize("text", [
    "// ours\n{}", "[]", '{"policies": []}', '{"policies": {"LocalNetworkAccess": true}}',
    '{"policies": {"LocalNetworkAccess": {"SkipDomains": "x"}}}', "",
    '{"policies": {}, "policies": {"A": 1}}',
])  # fmt: skip
def test_a_shared_file_that_is_not_understood_is_left_alone(root: Path, text: str) -> None:
    file = put(root, FIREFOX, text)
    outcomes = apply([CITY], root)
    assert of(outcomes, "Firefox").state == "refused" and file.read_text() == text
    assert of(outcomes, "Chromium").state == "written"


def test_firefox_goes_on_reading_its_own_file(root: Path) -> None:
    put(root, "usr/lib/firefox-esr/distribution/policies.json", '{"policies": {}}')
    outcome = of(apply([CITY], root), "Firefox")
    assert outcome.state == "conflict" and CITY.host in outcome.problem
    assert not (root / FIREFOX).exists()


@pytest.mark.parametrize("name", ["aaa.json", "zzz.json"])
def test_another_file_with_the_same_policy_is_neither_overridden_nor_repeated(root: Path, name: str) -> None:
    apply([CITY], root)
    rival = put(root, f"{CHROMIUM}/{name}", json.dumps({ALLOWED: ["https://intra.example.jp"]}))
    outcome = of(apply([CITY], root), "Chromium")
    assert outcome.state == "conflict" and name in outcome.problem and str(CITY) in outcome.problem
    assert not (root / CHROMIUM / "cardbridge.json").exists()
    rival.write_text(json.dumps({ALLOWED: ["https://[*.]example.jp"]}))
    outcome = of(apply([CITY], root), "Chromium")
    assert outcome.state == "unchanged" and outcome.entries == ("https://ebid.city.example.jp:443",)
    rival.unlink()
    assert of(apply([CITY], root), "Chromium").state == "written"


def test_a_site_that_is_blocked_is_told(root: Path) -> None:
    put(root, f"{CHROMIUM}/block.json", json.dumps({"LoopbackNetworkBlockedForUrls": ["*"]}))
    outcome = of(apply([CITY], root), "Chromium")
    assert outcome.state == "written" and "block.json" in outcome.problem


def test_other_policies_under_our_name_stay(root: Path) -> None:
    file = put(root, f"{CHROMIUM}/cardbridge.json", '{"HomepageLocation": "https://x.jp"}')
    for outcomes in (apply([CITY], root), remove(root)):
        assert of(outcomes, "Chromium").state == "refused"
    assert "HomepageLocation" in file.read_text()


@pytest.mark.parametrize("link", [CHROMIUM, f"{CHROMIUM}/cardbridge.json", FIREFOX, "etc/firefox", FILE])
def test_a_link_is_never_followed(root: Path, tmp_path_factory: pytest.TempPathFactory, link: str) -> None:
    bait = tmp_path_factory.mktemp("bait") / "bait"
    if link.endswith(".json"):
        bait.write_text('{"policies": {}}')
    else:
        bait.mkdir()
    put(root, f"{link}.parent", "").unlink()
    (root / link).symlink_to(bait)
    try:
        outcomes = apply([CITY], root)
    except Exception as error:
        assert link == FILE and type(error).__name__ == "Refused"
    else:
        assert "refused" in {each.state for each in outcomes}
    assert bait.is_dir() and not any(bait.iterdir()) or bait.read_text() == '{"policies": {}}'


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_others_can_write_is_not_trusted(root: Path) -> None:
    put(root, FIREFOX, "{}").chmod(0o666)
    put(root, f"{CHROMIUM}/x.json", "{}")
    os.chown(root / CHROMIUM, 4321, 4321)
    outcomes = apply([CITY], root)
    assert of(outcomes, "Firefox").state == of(outcomes, "Chromium").state == "refused"
    assert (root / FIREFOX).read_text() == "{}"


def test_a_folder_of_others_is_not_climbed_into(root: Path) -> None:
    put(root, "etc/opt/vendor.conf", "")
    apply([CITY], root)
    put(root, "etc/opt/chrome/policies/managed/theirs.json", "{}")
    remove(root)
    assert (root / "etc/opt/chrome/policies/managed/theirs.json").exists()
    assert (root / "etc/opt/vendor.conf").exists() and not (root / "etc/opt/edge").exists()
