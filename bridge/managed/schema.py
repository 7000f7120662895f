"""The JSON Schema of the administrator's config.toml: for editors, and for tools that make the file."""

from __future__ import annotations

import json
from inspect import cleandoc
from typing import Any

import msgspec

from bridge.core.settings import LOCKABLE, LOCKED, TABLES, MachineSettings, Settings
from bridge.core.settings_words import WORDS
from bridge.managed.definition import ENTRY_TYPES


def schema() -> str:
    """Draft 2020-12, with each key's words in both languages."""
    made = msgspec.json.schema(MachineSettings)
    definitions = made.pop("$defs")
    root = definitions.pop(MachineSettings.__name__)
    for name, part in root["properties"].items():
        _describe(part, name)
    root["properties"][LOCKED]["items"] = {"enum": list(LOCKABLE)}
    types = {name: type(getattr(Settings(), name)) for name in TABLES} | ENTRY_TYPES
    for name, kind in types.items():
        for key, part in definitions[kind.__name__]["properties"].items():
            _describe(part, f"{name}.{key}")
    del made["$ref"]
    for part in (root, *definitions.values()):
        part["description"] = cleandoc(part.get("description", ""))
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        **root,
        "title": "config.toml",
        "$defs": definitions,
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _describe(part: dict[str, Any], key: str) -> None:
    part["description"] = "\n".join(WORDS[language][key].text for language in ("ja", "en"))
