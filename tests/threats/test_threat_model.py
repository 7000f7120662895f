"""THREAT_MODEL.md is true: its tests are there, and no method, default, port or key was overlooked."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.mutations.data import mutations
from tests.threats import model
from tests.threats.surface import Entry, surface

DOCUMENT = model.text()
THREATS = model.threats(DOCUMENT)


@cache
def functions(file: str) -> frozenset[str]:
    """Names of the tests in a file, ``Class::test`` for those of a class, as pytest collects them."""
    tree = ast.parse((model.ROOT / "tests" / file).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found |= {f"{node.name}::{each.name}" for each in node.body if _is_test(each)}  # type: ignore[attr-defined]
        elif _is_test(node):
            found.add(node.name)  # type: ignore[attr-defined]
    return frozenset(found)


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    is_collected = re.fullmatch(r"(.*/)?test_\w+\.py", file) is not None
    return is_collected and (model.ROOT / "tests" / file).is_file() and name in functions(file)


def test_every_threat_has_an_answer_a_file_and_a_test_that_exist() -> None:
    assert len(THREATS) > 40
    for threat in THREATS.values():
        assert threat.answer and threat.files and threat.tests, threat.id
        for file in threat.files:
            assert (model.ROOT / file).exists(), f"{threat.id}: {file}"
        for test in threat.tests:
            assert is_there(test), f"{threat.id}: {test}"


def test_every_threat_has_a_mutation_that_one_of_its_tests_catches() -> None:
    """That it does is seen when the mutations are run: `make mutations`."""
    for threat in THREATS.values():
        caught = {each.test.partition("[")[0] for each in mutations() if each.threat == threat.id}
        assert caught & set(threat.tests), threat.id


def test_mutations_fit_the_code() -> None:
    """Each finds its place exactly once, is about a threat that there is, and names a test that there is."""
    for each in mutations():
        assert each.threat in THREATS, each
        code = (model.ROOT / each.file).read_text(encoding="utf-8")
        assert code.count(each.find) == 1 and each.find != each.replace, f"{each.threat}: {each.defence}"
        assert is_there(each.test.partition("[")[0]), each.test


def test_every_kind_of_threat_is_there() -> None:
    assert {letter for threat in THREATS.values() for letter in threat.stride} == set("STRIDE")


def test_nothing_on_the_surface_was_overlooked() -> None:
    found = model.differences(model.considered(DOCUMENT), surface())
    assert not found, "\n".join(["read THREAT_MODEL.md, then run `make threat-model`:", *found])
    named = {id for row in model.considered(DOCUMENT).values() for id in row.threats.split()}
    assert named - {"–"} <= THREATS.keys(), named - THREATS.keys()


def test_a_change_is_named_and_waits_to_be_considered() -> None:
    """What the check itself says: of a default, of a new thing, of one that has gone."""
    found = surface()
    document = model.renewed(DOCUMENT, found).replace(f"| {model.UNREAD}", "| –")
    port = found["server.ports"]
    changed = {**found, "server.ports": Entry(name=port.name, text="[1, 2]"), "x": Entry(name="x", text="y")}
    del changed["auth.getToken"]
    lines = model.differences(model.considered(document), changed)
    assert lines == [f"changed: server.ports: {port.text} -> [1, 2]", "new: x: y", "gone: auth.getToken"]
    again = model.renewed(document, changed)
    assert model.differences(model.considered(again), changed) == [
        "not considered yet: server.ports",
        "not considered yet: x",
    ]
    assert model.threats(again) == THREATS
