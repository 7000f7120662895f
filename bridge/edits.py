"""The user's config.toml, edited without losing a comment and never against the administrator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bridge.config import parse, read
from bridge.core.layers import Layered
from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.settings import DriverSettings, SiteSettings
from bridge.paths import write_private


class SetByAdministrator(ValueError):
    """The administrator's value stands: the user's file cannot change it.

    Args:
        key: e.g. ``ui.language``, ``site``, or an entry's origin or name.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"管理者が設定しているため、変えられません: {key}\n"
            f"set by the administrator, not to be changed: {key}"
        )


class Editor:
    """Edits `user`, which stands above the administrator's `machine`.

    Every change raises ConfigurationError where one of the files is not in order (nothing is written then),
    OSError where the file cannot be written, and SetByAdministrator.
    """

    def __init__(self, user: Path, machine: Path | None) -> None:
        self._path, self._machine = user, machine

    def add_site(self, site: SiteSettings) -> None:
        """Allow a site. An origin that is there already gets the new rules; of the old ones none stays."""
        self.check_site(site.parsed_origin)
        entry = {"origin": str(site.parsed_origin), **_non_defaults(site, "origin")}
        self._put("site", entry, lambda other: _same_origin(other.get("origin"), site.origin))

    def remove_site(self, origin: str) -> bool:
        """Take a site off the list; whether it was there."""
        try:
            self.check_site(Origin.parse(origin))
        except InvalidOrigin:
            return False
        return self._drop("site", lambda entry: _same_origin(entry.get("origin"), origin))

    def add_driver(self, driver: DriverSettings) -> None:
        """Add a module, or change the path of the one with this name."""
        self.check_driver(driver.name)
        entry = {"name": driver.name, "path": driver.path}
        self._put("driver", entry, lambda other: bool(other.get("name") == driver.name))

    def remove_driver(self, name: str) -> bool:
        """Take a module out; whether it was there."""
        self.check_driver(name)
        return self._drop("driver", lambda entry: bool(entry.get("name") == name))

    def set_value(self, table: str, key: str, value: str | int) -> None:
        """Set a single value, e.g. `language` of `ui`."""
        import tomlkit

        if self._layers().is_locked(f"{table}.{key}"):
            raise SetByAdministrator(f"{table}.{key}")
        document = self._document()
        document.setdefault(table, tomlkit.table())[key] = value
        self._save(tomlkit.dumps(document))

    def _layers(self) -> Layered:
        return read(self._path, self._machine)

    def check_site(self, origin: Origin) -> None:
        """Whether the user may allow this one, change its rules or remove it."""
        layers = self._layers()
        if layers.site_source(origin) == "locked" or layers.is_locked("site"):
            raise SetByAdministrator(str(origin))

    def check_driver(self, name: str) -> None:
        """Whether the user may add, change or remove this one."""
        layers = self._layers()
        if layers.driver_source(name) == "locked" or layers.is_locked("driver"):
            raise SetByAdministrator(name)

    def _put(self, table: str, entry: dict[str, Any], is_same: Any) -> None:
        import tomlkit

        document = self._document()
        entries = document.setdefault(table, tomlkit.aot())
        existing = next((each for each in entries if is_same(each)), None)
        if existing is None:
            inline = tomlkit.inline_table()
            inline.update(entry)
            entries.append(inline if isinstance(entries, tomlkit.items.Array) else tomlkit.item(entry))
        else:
            for key in [key for key in existing if key not in entry]:
                del existing[key]
            existing.update(entry)
        self._save(tomlkit.dumps(document))

    def _drop(self, table: str, is_wanted: Any) -> bool:
        import tomlkit

        document = self._document()
        entries = document.get(table, [])
        index = next((i for i, each in enumerate(entries) if is_wanted(each)), None)
        if index is None:
            return False
        del entries[index]
        if not entries:
            del document[table]
        self._save(tomlkit.dumps(document))
        return True

    def _document(self) -> Any:
        import tomlkit

        return tomlkit.parse(self._path.read_text(encoding="utf-8") if self._path.exists() else "")

    def _save(self, text: str) -> None:
        parse(text, self._path)
        write_private(self._path, text.encode())


def _non_defaults(site: SiteSettings, *left_out: str) -> dict[str, Any]:
    defaults = msgspec.to_builtins(SiteSettings(origin=site.origin))
    values: dict[str, Any] = msgspec.to_builtins(site)
    return {k: v for k, v in values.items() if k not in left_out and v != defaults[k]}


def _same_origin(one: Any, other: str) -> bool:
    try:
        return Origin.parse(str(one)) == Origin.parse(other)
    except InvalidOrigin:
        return False
