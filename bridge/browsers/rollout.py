"""All browsers' policies at once, for exactly the sites given: written, changed with them, and taken away."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from bridge.browsers.chromium import ALLOWED
from bridge.browsers.firefox import POLICY
from bridge.browsers.ours import FOLDER, Ours
from bridge.browsers.policiesjson import PoliciesJson
from bridge.browsers.policyfolder import PolicyFolder
from bridge.browsers.registrylist import RegistryList
from bridge.browsers.rootfiles import Refused, RootFiles
from bridge.browsers.target import Outcome, Target, url_pattern
from bridge.core.origin import Origin
from bridge.registry import Registry

_FOLDERS = {
    "Chromium": "etc/chromium/policies/managed",
    "Google Chrome": "etc/opt/chrome/policies/managed",
    "Microsoft Edge": "etc/opt/edge/policies/managed",
}
_SNAP = ("etc/chromium-browser", "etc/chromium-browser/policies/managed")
_FIREFOX = "etc/firefox/policies/policies.json"
_FIREFOX_OWN = (
    "usr/lib/firefox/distribution/policies.json",
    "usr/lib/firefox-esr/distribution/policies.json",
    "opt/firefox/distribution/policies.json",
)
_KEYS = {
    "Google Chrome": f"Software\\Policies\\Google\\Chrome\\{ALLOWED}",
    "Microsoft Edge": f"Software\\Policies\\Microsoft\\Edge\\{ALLOWED}",
}
_FIREFOX_KEY = f"Software\\Policies\\Mozilla\\Firefox\\{POLICY}\\SkipDomains"


def apply(sites: Iterable[Origin], root: Path = Path("/")) -> list[Outcome]:
    """Have these sites, and of ours no other, in every browser's policy, whether or not it is installed yet.

    Args:
        root: another one for tests and for building packages.

    Raises:
        Refused: what is remembered of ours cannot be read.
        OSError
    """
    wanted = tuple(sites)
    if sys.platform == "win32":
        from bridge.registry import WindowsRegistry

        return [_tried(target, wanted) for target in in_registry(WindowsRegistry())]
    files = RootFiles(root)
    with files.locked(FOLDER):
        ours = Ours.load(files)
        outcomes = [_tried(target, wanted) for target in in_files(ours)]
        ours.folders = files.drop_folders(ours.folders)
        ours.save()
    return outcomes


def remove(root: Path = Path("/")) -> list[Outcome]:
    """Take all of ours away, with the folders made for it. Raises: see `apply`."""
    if sys.platform != "win32" and not (root / FOLDER).is_dir():
        return []
    outcomes = apply((), root)
    if sys.platform != "win32":
        RootFiles(root).drop_folders([FOLDER])
    return outcomes


def in_files(ours: Ours) -> list[Target]:
    """Linux."""
    folders = dict(_FOLDERS)
    if (ours.files.root / _SNAP[0]).is_dir():
        folders["Chromium (snap)"] = _SNAP[1]
    targets: list[Target] = [
        PolicyFolder(browser=browser, folder=folder, ours=ours) for browser, folder in folders.items()
    ]
    return [*targets, PoliciesJson(browser="Firefox", file=_FIREFOX, own=_FIREFOX_OWN, ours=ours)]


def in_registry(registry: Registry) -> list[Target]:
    """Windows."""
    targets: list[Target] = [
        RegistryList(browser=browser, key=key, entry=url_pattern, registry=registry)
        for browser, key in _KEYS.items()
    ]
    return [
        *targets,
        RegistryList(browser="Firefox", key=_FIREFOX_KEY, entry=lambda site: site.host, registry=registry),
    ]


def _tried(target: Target, sites: tuple[Origin, ...]) -> Outcome:
    """One browser's trouble is not the others'."""
    try:
        return target.apply(sites)
    except Refused as error:
        return Outcome(browser=target.browser, place=str(error.path), state="refused", problem=str(error))
    except OSError as error:
        place = str(error.filename or "")
        return Outcome(
            browser=target.browser, place=place, state="refused", problem=error.strerror or str(error)
        )
