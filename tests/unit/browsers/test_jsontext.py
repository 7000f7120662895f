"""Edits of JSON text: the document changes as wanted, and nothing else of the text does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.browsers.jsontext import drop, put

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)
INDENTS = st.sampled_from([None, 1, 2, 4, "\t"])


@given(DOCUMENTS, INDENTS, st.booleans())
def test_put_then_drop_gives_the_text_back(document: dict[str, Any], indent: Any, is_ascii: bool) -> None:
    document = {"policies": {"B": document}, **document}
    document.pop("new", None)
    text = json.dumps(document, indent=indent, ensure_ascii=is_ascii)
    edited = put(text, ("policies", "new", "list"), ["a", "b"])
    assert json.loads(edited)["policies"].pop("new") == {"list": ["a", "b"]}
    assert drop(edited, ("policies", "new")) == json.dumps(
        {**document, "policies": {k: v for k, v in document.get("policies", {}).items() if k != "new"}},
        indent=indent,
        ensure_ascii=is_ascii,
    )


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', "{} x"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        put(text, ("policies",), 1)


def test_the_first_and_the_only_member_go_too() -> None:
    assert drop('{"a": 1, "b": 2}', ("a",)) == '{"b": 2}'
    assert drop('{\n  "a": 1\n}', ("a",)) == "{}"
