"""Whom to call: issuers.toml of this package, and the administrator's beside the machine's config.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec

from bridge import config
from bridge.manual.errorpages import Text, shipped

FILE_NAME = "issuers.toml"
_Address = Annotated[str, msgspec.Meta(pattern="^(https?://[!-~]+)?$")]
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\n\r]*$")]


class HelpDesk(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The municipality's own; only an administrator names it."""

    name: _Line = ""
    phone: _Line = ""
    hours: _Line = ""
    email: _Line = ""
    page: _Address = ""


class Issuer(HelpDesk, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A certification authority that issues cards.

    Args:
        service: the name of the card; `name` is the company's.
        unlock: what to do about a locked card; empty where no page said it.
        sources: the pages that say all this; `seen`: when they were read.
    """

    service: _Line = ""
    unlock: Text = Text()
    sources: list[_Address] = []
    seen: date | None = None


class Contacts(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The form of issuers.toml."""

    issuer: dict[str, Issuer] = {}
    helpdesk: HelpDesk | None = None
    edited: dict[str, list[str]] = {}
    """Of each issuer: the keys that the administrator has set; never in a file."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    issuer: dict[str, Issuer] = {}
    helpdesk: HelpDesk | None = None


def load(machine_config: Path | None) -> Contacts:
    """The shipped contacts, with what the administrator has set above them.

    Args:
        machine_config: the machine's config.toml, beside which the administrator's issuers.toml stands; None
            where there is none (only Linux has one).

    Raises:
        ConfigurationError: the administrator's file cannot be used, or others than root can write it.
    """
    own: dict[str, Any] = {}
    if machine_config is not None:
        own = config.read_machine_tables(machine_config.with_name(FILE_NAME), _File)
    tables = tomllib.loads(shipped(FILE_NAME))
    issuers: dict[str, dict[str, Any]] = tables["issuer"]
    edits: dict[str, dict[str, Any]] = own.get("issuer", {})
    for key, edit in edits.items():
        issuers[key] = {"service": key} | issuers.get(key, {}) | edit
    edited = {key: list(edit) for key, edit in edits.items()}
    merged = {"issuer": issuers, "helpdesk": own.get("helpdesk"), "edited": edited}
    return msgspec.convert(merged, Contacts)
