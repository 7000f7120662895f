"""The configuration's shape and defaults; where it is read and edited is `bridge.config`."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Annotated, Literal, get_origin, get_type_hints

import msgspec

from bridge.core.language import Language
from bridge.core.origin import InvalidOrigin, Origin

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86400)]
MAX_SITES = 1024
MAX_DRIVERS = 32
"""Each is a process that is started when a card is looked for."""

_URL = re.compile(r"(?P<origin>[^/?#]+://[^/?#]+)(/[!-~]*)?", re.ASCII)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of config.toml; a key that is not declared is refused."""


class ServerSettings(_Table, frozen=True, kw_only=True):
    """`[server]`. `ports` is the first and the last port of the range, both included."""

    ports: tuple[Port, Port] = (28470, 28473)
    max_message_bytes: Annotated[int, msgspec.Meta(ge=65536, le=268435456)] = 33554432
    max_connections: Positive = 64
    max_connections_per_origin: Positive = 16
    max_silent: Positive = 32

    def __post_init__(self) -> None:
        if self.ports[0] > self.ports[1]:
            raise ValueError("`ports` is [first, last]: the first is larger than the last")


class UiSettings(_Table, frozen=True, kw_only=True):
    """`[ui]`. `timeout_s`: how long a window waits for the user, in seconds."""

    timeout_s: Seconds = 120
    queue: Positive = 8
    language: Language = "ja"


class SiteSettings(_Table, frozen=True, kw_only=True):
    """One `[[site]]`: an origin that may use the bridge, and its rules.

    `timestamp_url`: the time-stamping authority (RFC 3161 over HTTP) for signatures of level B-T.
    """

    origin: str
    name: str = ""
    pin: Literal["each", "session"] = "each"
    pin_idle_s: Seconds = 300
    pin_max_s: Seconds = 900
    allow_hash_signing: bool = False
    timestamp_url: str = ""

    def __post_init__(self) -> None:
        try:
            parsed = Origin.parse(self.origin)
        except InvalidOrigin as error:
            raise ValueError(f"`origin`: {error}") from None
        if not parsed.is_permissible:
            raise ValueError("`origin` must be https; http is allowed on loopback only, for development")
        if self.timestamp_url and not _is_fetchable(self.timestamp_url):
            raise ValueError(
                "`timestamp_url` must be an https address without user name; http on loopback only"
            )

    @property
    def parsed_origin(self) -> Origin:
        return Origin.parse(self.origin)


def _is_fetchable(url: str) -> bool:
    """Whether the daemon may send a request to `url`."""
    match = _URL.fullmatch(url)
    if match is None:
        return False
    try:
        return Origin.parse(match["origin"]).is_permissible
    except InvalidOrigin:
        return False


class DriverSettings(_Table, frozen=True, kw_only=True):
    """One `[[driver]]`: a PKCS#11 module by its absolute path."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    path: Annotated[str, msgspec.Meta(min_length=1)]
    confined: bool = True


class Settings(_Table, frozen=True, kw_only=True):
    """All of config.toml."""

    server: ServerSettings = ServerSettings()
    ui: UiSettings = UiSettings()
    site: Annotated[tuple[SiteSettings, ...], msgspec.Meta(max_length=MAX_SITES)] = ()
    driver: Annotated[tuple[DriverSettings, ...], msgspec.Meta(max_length=MAX_DRIVERS)] = ()

    def __post_init__(self) -> None:
        if (index := _repeated([entry.parsed_origin for entry in self.site])) is not None:
            raise ValueError(f"`site[{index}].origin`: the same origin is there twice")
        if (index := _repeated([entry.name for entry in self.driver])) is not None:
            raise ValueError(f"`driver[{index}].name`: the same name is there twice")


TABLES = {
    name: kind.__struct_fields__
    for name, kind in get_type_hints(Settings).items()
    if isinstance(kind, type) and issubclass(kind, _Table)
}
"""The keys of each table of config.toml, e.g. `ui`."""

LISTS = tuple(name for name, kind in get_type_hints(Settings).items() if get_origin(kind) is tuple)
"""What stands there as a list of entries: `site`, `driver`."""

LOCKED = "locked"
LOCKABLE = (*TABLES, *LISTS, *(f"{table}.{key}" for table, keys in TABLES.items() for key in keys))


class MachineSettings(Settings, frozen=True, kw_only=True):
    """The administrator's file, below the user's.

    `locked`: what the user may not change, e.g. ``ui.language``, a whole table ``ui``, or a list ``site``,
    to which the user then cannot add. A value that is locked and not given is the default.
    """

    locked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for index, key in enumerate(self.locked):
            if key not in LOCKABLE:
                raise ValueError(f"`{LOCKED}[{index}]`: there is no key {key!r} that can be locked")


def _repeated(values: Sequence[Hashable]) -> int | None:
    """Where the first value stands that was there before."""
    return next((index for index, value in enumerate(values) if value in values[:index]), None)
