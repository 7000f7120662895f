"""Whether each browser that is installed asks the person before an allowed site may connect."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from bridge.browsers.access import Access, Browser, UnreadablePolicy
from bridge.browsers.known import known
from bridge.config import ConfigurationError
from bridge.core.finding import Finding, State
from bridge.core.origin import Origin
from bridge.doctor.place import Place

_WORST: tuple[tuple[Access, str, State], ...] = (
    ("blocked", "browser_blocks", "failure"),
    ("asks", "browser_asks", "warning"),
    ("unset", "browser_unset", "ok"),
    ("allowed", "browser_allows", "ok"),
)


def browsers(place: Place) -> Iterable[Finding]:
    """One finding for each browser, by what it does with the site that it treats worst."""
    try:
        sites = [site.parsed_origin for site in place.layers().settings.site]
    except ConfigurationError:
        yield Finding(id="browser", code="config_first", state="skipped")
        return
    sites = [site for site in sites if not site.is_loopback]  # pages of this computer are never asked about
    installed = [browser for browser in known(place.root) if browser.is_installed()]
    if sys.platform == "darwin":
        yield Finding(id="browser", code="not_here", state="skipped")
    elif not installed:
        yield Finding(id="browser", code="browser_none", state="warning")
    elif not sites:
        names = ", ".join(browser.name for browser in installed)
        yield Finding(id="browser", code="browser_no_sites", state="skipped", values={"browsers": names})
    else:
        for browser in installed:
            yield _of(browser, sites)


def _of(browser: Browser, sites: list[Origin]) -> Finding:
    try:
        report = browser.check(sites)
    except UnreadablePolicy as error:
        values = {"browser": browser.name, "path": error.path}
        return Finding(
            id="browser", code="browser_unreadable", state="warning", values=values, detail=str(error)
        )
    access, code, state = next(each for each in _WORST if each[0] in report.access.values())
    concerned = [str(site) for site in sites if report.access[site] == access]
    values = {"browser": browser.name, "sites": ", ".join(concerned), "policy": report.policy}
    return Finding(id="browser", code=code, state=state, values=values)
