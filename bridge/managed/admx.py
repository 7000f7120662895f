"""Group policy templates (ADMX and ADML, PolicyDefinitions 1.0) out of `KEYS` and the words.

Each value is there twice: as a policy that locks it, and under 推奨 / Recommended as a default. They write
what `bridge.managed.registry` reads. **Never loaded into a group policy editor.**
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bridge.core.language import Language
from bridge.core.names import LANGUAGES
from bridge.core.settings import LISTS, TABLES
from bridge.core.settings_words import WORDS, Words
from bridge.managed.definition import ENTRIES, KEYS, Key
from bridge.managed.registry import LOCKED_SUFFIX, RECOMMENDED, ROOT
from bridge.managed.words import FIXED, NOTES

_NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
_TARGET = "Cardbridge.Policies"
_REVISION = "1.0"
_MOST = 2147483647
_LONGEST = 1023
_ROOT_CATEGORY, _RECOMMENDED_CATEGORY = "cardbridge", "recommended"
_SUPPORTED = "supported"
CULTURES: dict[str, Language] = {"ja-JP": "ja", "en-US": "en"}
_LANGUAGES: dict[str, str] = dict(LANGUAGES.items())
Level = Literal["locked", "recommended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    """One policy of the template; `key` or `list` says what it sets, `closes` which list it closes."""

    name: str
    category: str
    key: Key | None = None
    list: str = ""
    closes: str = ""
    level: Level = "locked"

    @property
    def has_presentation(self) -> bool:
        return not self.closes

    def words(self, language: Language) -> Words:
        words, notes = WORDS[language], NOTES[language]
        if self.key is not None:
            given = words[self.key.full]
            return Words(given.title, f"{given.text}\n\n{notes[self.level]}")
        if self.list:
            first, second = (words[f"{self.list}.{name}"].title for name in ENTRIES[self.list])
            given = words[self.list]
            return Words(given.title, f"{given.text}\n\n{notes['list'].format(first=first, second=second)}")
        return Words(notes["closed"].format(title=words[self.closes].title), notes["closed_text"])


def admx() -> str:
    """The template itself, without a word in it."""
    root = _root("policyDefinitions")
    SubElement(SubElement(root, "policyNamespaces"), "target", prefix="cardbridge", namespace=_TARGET)
    SubElement(root, "resources", minRequiredRevision=_REVISION)
    definitions = SubElement(SubElement(root, "supportedOn"), "definitions")
    SubElement(definitions, "definition", name=_SUPPORTED, displayName=f"$(string.{_SUPPORTED})")
    categories = SubElement(root, "categories")
    for name, parent in _categories():
        category = SubElement(categories, "category", name=name, displayName=f"$(string.{name})")
        if parent:
            SubElement(category, "parentCategory", ref=parent)
    policies = SubElement(root, "policies")
    for policy in _policies():
        _add_policy(policies, policy)
    return _text(root)


def adml(language: Language) -> str:
    """The words and the forms of one language."""
    root = _root("policyDefinitionResources")
    SubElement(root, "displayName").text = FIXED[language][_ROOT_CATEGORY]
    SubElement(root, "description").text = FIXED[language][_ROOT_CATEGORY]
    resources = SubElement(root, "resources")
    table = SubElement(resources, "stringTable")
    for name, text in _strings(language):
        SubElement(table, "string", id=name).text = text
    forms = SubElement(resources, "presentationTable")
    for policy in _policies():
        if policy.has_presentation:
            _add_form(forms, policy, policy.words(language).title)
    return _text(root)


def _root(name: str) -> Element:
    return Element(name, xmlns=_NAMESPACE, revision=_REVISION, schemaVersion="1.0")


def _text(root: Element) -> str:
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _categories() -> Iterator[tuple[str, str]]:
    """Name and parent."""
    yield _ROOT_CATEGORY, ""
    for table in TABLES:
        yield table, _ROOT_CATEGORY
    yield _RECOMMENDED_CATEGORY, _ROOT_CATEGORY


def _policies() -> Iterator[_Policy]:
    for key in KEYS:
        yield _Policy(name=f"{key.table}_{key.name}", category=key.table, key=key)
    for name in LISTS:
        yield _Policy(name=name, category=_ROOT_CATEGORY, list=name)
        yield _Policy(name=f"{name}{LOCKED_SUFFIX}", category=_ROOT_CATEGORY, closes=name)
    for key in KEYS:
        name = f"{key.table}_{key.name}_recommended"
        yield _Policy(name=name, category=_RECOMMENDED_CATEGORY, key=key, level="recommended")


def _strings(language: Language) -> Iterator[tuple[str, str]]:
    yield from FIXED[language].items()
    for table in TABLES:
        yield table, WORDS[language][table].title
    for policy in _policies():
        words = policy.words(language)
        yield f"{policy.name}_title", words.title
        yield f"{policy.name}_text", words.text
    for key in KEYS:
        for choice in key.choices:
            yield f"{key.table}_{key.name}_{choice}", _LANGUAGES.get(choice, choice)


def _add_policy(policies: Element, policy: _Policy) -> None:
    key = policy.key
    folder = RECOMMENDED if policy.level == "recommended" else ROOT
    attributes = {
        "name": policy.name,
        "class": "Machine",
        "displayName": f"$(string.{policy.name}_title)",
        "explainText": f"$(string.{policy.name}_text)",
        "key": folder if key is None else f"{folder}\\{key.table}",
    }
    if policy.has_presentation:
        attributes["presentation"] = f"$(presentation.{policy.name})"
    else:
        attributes["valueName"] = policy.name
    made = SubElement(policies, "policy", attributes)
    SubElement(made, "parentCategory", ref=policy.category)
    SubElement(made, "supportedOn", ref=_SUPPORTED)
    if policy.closes:
        for name, value in (("enabledValue", "1"), ("disabledValue", "0")):
            SubElement(SubElement(made, name), "decimal", value=value)
        return
    elements = SubElement(made, "elements")
    if key is None:
        attributes = {"id": policy.name, "key": f"{ROOT}\\{policy.list}", "explicitValue": "true"}
        SubElement(elements, "list", attributes)
    else:
        _add_element(elements, policy.name, key)


def _add_element(elements: Element, name: str, key: Key) -> None:
    attributes = {"id": name, "valueName": key.name, "required": "true"}
    if key.kind == "integer":
        least, most = key.least or 0, _MOST if key.most is None else key.most
        SubElement(elements, "decimal", attributes, minValue=str(least), maxValue=str(most))
    elif key.kind == "choice":
        choices = SubElement(elements, "enum", attributes)
        for choice in key.choices:
            item = SubElement(choices, "item", displayName=f"$(string.{key.table}_{key.name}_{choice})")
            SubElement(SubElement(item, "value"), "string").text = choice
    else:
        SubElement(elements, "text", attributes, maxLength=str(_LONGEST))


def _add_form(forms: Element, policy: _Policy, title: str) -> None:
    form = SubElement(forms, "presentation", id=policy.name)
    key, label = policy.key, f"{title}:"
    if key is None:
        SubElement(form, "listBox", refId=policy.name).text = label
    elif key.kind == "integer":
        SubElement(form, "decimalTextBox", refId=policy.name, defaultValue=str(key.default)).text = label
    elif key.kind == "choice":
        chosen = str(key.choices.index(key.default))
        SubElement(form, "dropdownList", refId=policy.name, defaultItem=chosen, noSort="true").text = label
    else:
        box = SubElement(form, "textBox", refId=policy.name)
        SubElement(box, "label").text = label
        given = "-".join(map(str, key.default)) if key.kind == "range" else str(key.default)
        SubElement(box, "defaultValue").text = given
