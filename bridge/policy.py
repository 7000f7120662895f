"""The configuration as it stands now: read again when its file has changed."""

from __future__ import annotations

import logging
from pathlib import Path

from bridge.config import ConfigurationError, load
from bridge.core.origin import Origin
from bridge.core.settings import DriverSettings, Settings, SiteSettings, UiSettings

_log = logging.getLogger(__name__)


class ConfiguredPolicy:
    """Sites, drivers and windows' settings follow the file; `[server]` counts from the start on.

    A file that has become invalid is reported in the log once, and the last good one goes on.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._settings = settings
        self._sites = _by_origin(settings)

    @property
    def ui(self) -> UiSettings:
        return self._settings.ui

    def site(self, origin: Origin) -> SiteSettings | None:
        """The site's entry, or None where it is not allowed."""
        self._refresh()
        return self._sites.get(origin)

    def drivers(self) -> tuple[DriverSettings, ...]:
        self._refresh()
        return self._settings.driver

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._settings = load(self._path)
        except ConfigurationError as error:
            _log.error("the changed configuration is not used: %s", error)
        else:
            self._sites = _by_origin(self._settings)
            _log.info("the configuration was read again")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _by_origin(settings: Settings) -> dict[Origin, SiteSettings]:
    return {site.parsed_origin: site for site in settings.site}
