"""The configuration as it stands now: read again when one of its files has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path

from bridge.config import ConfigurationError, read
from bridge.core.layers import Layered
from bridge.core.origin import Origin
from bridge.core.settings import DriverSettings, Settings, SiteSettings, UiSettings
from bridge.managed.source import here
from bridge.paths import stamp

_log = logging.getLogger(__name__)


class ConfiguredPolicy:
    """Sites, drivers and windows' settings follow the files; `[server]` counts from the start on.

    A file that has become invalid is reported in the log once, and the last good ones go on. What does not
    count of the user's file, because the administrator's value stands, is reported in one line.

    Args:
        layers: what was read from both files just now.
        machine: the administrator's file, below the user's.
        on_change: hears of what counted before, and of what counts now.
    """

    def __init__(
        self,
        path: Path,
        layers: Layered,
        *,
        machine: Path | None = None,
        on_change: Callable[[Settings, Settings], None] = lambda before, after: None,
    ) -> None:
        self._path, self._machine = path, machine
        self._on_change = on_change
        self._is_fresh = False
        self._stamps = self._look()
        self._use(layers)

    @property
    def ui(self) -> UiSettings:
        return self._settings.ui

    def site(self, origin: Origin) -> SiteSettings | None:
        """The site's entry, or None where it is not allowed."""
        self._refresh()
        return self._sites.get(origin)

    def open_sites(self) -> frozenset[str] | None:
        """The origins that are allowed; None where the user may not add any."""
        self._refresh()
        return None if self._is_closed else frozenset(map(str, self._sites))

    def drivers(self) -> tuple[DriverSettings, ...]:
        self._refresh()
        return self._settings.driver

    def _refresh(self) -> None:
        """Look at the files: once for all that happens in one turn of the event loop."""
        if self._is_fresh:
            return
        with suppress(RuntimeError):  # no loop runs
            asyncio.get_running_loop().call_soon(self._age)
            self._is_fresh = True
        stamps = self._look()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            layers = read(self._path, self._machine)
        except ConfigurationError as error:
            _log.error("the changed configuration is not used: %s", error)
        else:
            before = self._settings
            self._use(layers)
            _log.info("the configuration was read again")
            self._on_change(before, self._settings)

    def _age(self) -> None:
        self._is_fresh = False

    def _use(self, layers: Layered) -> None:
        self._settings = layers.settings
        self._sites = _by_origin(layers.settings)
        self._is_closed = layers.is_locked("site")
        if layers.ignored:
            _log.warning("the administrator's values stand, not the user's: %s", ", ".join(layers.ignored))

    def _look(self) -> tuple[Hashable, ...]:
        return stamp(self._path), administrators_stamp(self._machine)


def administrators_stamp(machine: Path | None) -> Hashable:
    """The same of the administrator's settings, wherever they are; None where nothing can be told."""
    if machine is not None:
        return stamp(machine)
    source = here()
    try:
        return None if source is None else source.stamp()
    except OSError:
        return None


def _by_origin(settings: Settings) -> dict[Origin, SiteSettings]:
    return {site.parsed_origin: site for site in settings.site}
