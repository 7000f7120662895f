"""What administrators are handed out: as the configuration is now, complete, in the right form."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from bridge.core.settings import LISTS
from bridge.managed.definition import KEYS
from bridge.managed.registry import RECOMMENDED, ROOT
from bridge.managed.templates import templates

FOLDER = Path(__file__).parents[3] / "installer/windows/policy"
MADE = templates()
NS = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"
ROOT_ORDER = ["policyNamespaces", "resources", "supportedOn", "categories", "policies"]
POLICY_ORDER = ["parentCategory", "supportedOn", "enabledValue", "disabledValue", "elements"]
FORMS = {"decimal": "decimalTextBox", "text": "textBox", "enum": "dropdownList", "list": "listBox"}


def parsed(name: str) -> Any:
    return etree.fromstring(MADE[name].encode())


def named(element: Any) -> str:
    return str(element.tag).removeprefix(NS)


def test_what_lies_in_the_repository_is_what_is_made() -> None:
    """If not: `cardbridge policy templates --out installer/windows/policy`."""
    kept = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*") if path.is_file()}
    assert kept == MADE


@pytest.mark.parametrize("culture", ["ja-JP", "en-US"])
def test_every_reference_is_resolved_and_every_text_used(culture: str) -> None:
    admx, adml = MADE["cardbridge.admx"], parsed(f"{culture}/cardbridge.adml")
    for kind, tag in (("string", "string"), ("presentation", "presentation")):
        wanted = set(re.findall(rf"\$\({kind}\.(\w+)\)", admx))
        given = [each.attrib["id"] for each in adml.iter(NS + tag)]
        assert wanted == set(given) and len(given) == len(set(given))


def test_the_template_has_the_form_that_the_schema_asks_for() -> None:
    root = parsed("cardbridge.admx")
    assert [named(child) for child in root] == ROOT_ORDER
    categories = {each.attrib["name"] for each in root.iter(NS + "category")}
    names = [each.attrib["name"] for each in root.iter(NS + "policy")]
    assert len(names) == len(set(names)) == 2 * len(KEYS) + 2 * len(LISTS)
    for policy in root.iter(NS + "policy"):
        order = [named(child) for child in policy]
        assert order == [name for name in POLICY_ORDER if name in order]
        assert {"name", "class", "displayName", "explainText", "key"} <= set(policy.attrib)
        parent = policy.find(NS + "parentCategory")
        assert parent is not None and parent.attrib["ref"] in categories
        assert re.fullmatch(r"[\w]+", policy.attrib["name"])
        assert policy.attrib["key"].startswith(ROOT)


def test_every_key_is_there_locked_and_recommended() -> None:
    found = {
        (policy.attrib["key"], element.attrib.get("valueName"))
        for policy in parsed("cardbridge.admx").iter(NS + "policy")
        for element in policy.findall(f"{NS}elements/*")
    }
    places = {(f"{place}\\{key.table}", key.name) for key in KEYS for place in (ROOT, RECOMMENDED)}
    assert found == places | {(ROOT, None)}


@pytest.mark.parametrize("culture", ["ja-JP", "en-US"])
def test_every_element_has_its_control(culture: str) -> None:
    adml = parsed(f"{culture}/cardbridge.adml")
    forms = {each.attrib["id"]: list(each) for each in adml.iter(NS + "presentation")}
    for policy in parsed("cardbridge.admx").iter(NS + "policy"):
        for element in policy.findall(f"{NS}elements/*"):
            (control,) = forms[policy.attrib["name"]]
            assert control.attrib["refId"] == element.attrib["id"]
            assert named(control) == FORMS[named(element)]


@pytest.mark.parametrize(("text", "is_valid"), [
    ('locked = ["ui.language", "site"]\n[ui]\nlanguage = "en"\n[[site]]\norigin = "https://a.jp"\n', True),
    ("", True),
    ('locked = ["ui.langage"]', False),
    ("[ui]\nqueue = 0", False),
    ("[ui]\ncolour = 1", False),
    ("[[driver]]\nname = 'a'", False),
    ("[server]\nports = [1]", False),
])  # fmt: skip
def test_the_schema_takes_what_the_program_takes(text: str, is_valid: bool) -> None:
    schema = json.loads(MADE["cardbridge.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(tomllib.loads(text)) is is_valid
