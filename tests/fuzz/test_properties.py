"""What atheris does without a grammar, here with one: damaged files, messages and settings of any content."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import config
from bridge.core import consent, plainjson
from bridge.core.pinentry import NewPinEntered, PinEntered, PinOutcome
from bridge.core.settings import LISTS, TABLES, MachineSettings
from bridge.core.token import CertificateObject, Token
from bridge.managed import preferences
from bridge.managed.registry import RECOMMENDED, ROOT, RegistrySource
from bridge.managed.source import combined
from bridge.pkcs11 import wire as worker
from bridge.signing import wire as signing
from bridge.ui.preview import wire as preview
from tests.fuzz.targets import CORPUS, TARGETS
from tests.unit.browsers.memory import MemoryRegistry
from tests.unit.fuzz import brief, quick

INPUTS = {name: [path.read_bytes() for path in sorted((CORPUS / name).iterdir())] for name in TARGETS}
WORKER = (*get_args(worker.Request), *get_args(worker.Reply))
PIN = (PinEntered, NewPinEntered, PinOutcome)
WINDOW = (consent.Open, *get_args(consent.Screen), *get_args(consent.Answer))
PACKED: dict[Any, Any] = {
    signing.Check: signing.decode_request, signing.Make: signing.decode_request,
    signing.Brought: signing.decode_brought, preview.Begin: preview.decode_begin,
    preview.Given: preview.decode_given, preview.Unreadable: preview.decode_verdict,
    preview.Overview: preview.decode_overview, preview.Ask: preview.decode_ask,
    **dict.fromkeys(get_args(signing.Reply), signing.decode_reply),
    **dict.fromkeys((preview.TextPage, preview.PicturePage, preview.Failed), preview.decode_page),
}  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, inputs: list[bytes]) -> bytes:
    """One of the inputs with a few parts replaced, taken out, doubled, or put in from another."""
    content = draw(st.sampled_from(inputs))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 64)))
        part = content[start:end]
        other = draw(st.sampled_from(inputs))
        at = draw(st.integers(0, len(other)))
        put = draw(st.sampled_from([b"", part * 2, other[at : at + 64]]) | st.binary(max_size=8))
        content = content[:start] + put + content[end:]
    return content


@pytest.mark.parametrize("name", TARGETS)
@brief
@given(st.data())
def test_damaged(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(damaged(INPUTS[name])))


@pytest.mark.parametrize("kind", WORKER, ids=lambda kind: kind.__name__)
@brief
@given(st.data())
def test_messages_of_a_worker(kind: Any, data: st.DataObject) -> None:
    """They come through unchanged; what is absurd is refused."""
    message = data.draw(_of(kind))
    decode = worker.decode_request if kind in get_args(worker.Request) else worker.decode_reply
    try:
        assert decode(worker.encode(message)) == message
    except plainjson.Unreadable as error:
        assert str(error) == "absurd"


@pytest.mark.parametrize("kind", PIN, ids=lambda kind: kind.__name__)
@quick
@given(st.data())
def test_messages_of_the_pin_pipe(kind: Any, data: st.DataObject) -> None:
    message = data.draw(_of(kind))
    assert plainjson.decode(plainjson.encode(message), kind) == message
    assert all(value not in repr(message) for value in _secrets(message))


@pytest.mark.parametrize("kind", PACKED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@brief
@given(st.data())
def test_messages_of_signing_and_preview(kind: Any, data: st.DataObject) -> None:
    message = data.draw(st.builds(kind))
    try:
        encoded = signing.encode(message)
    except (OverflowError, UnicodeEncodeError):  # numbers beyond 64 bits, half a surrogate pair
        return
    try:
        assert PACKED[kind](encoded) == message
    except msgspec.ValidationError as error:
        assert "length" in str(error), "longer than it may be"


@pytest.mark.parametrize("kind", WINDOW, ids=lambda kind: kind.__name__)
@brief
@given(st.data())
def test_messages_of_a_window(kind: Any, data: st.DataObject) -> None:
    message = data.draw(_of(kind))
    union = get_args(consent.Answer if kind in get_args(consent.Answer) else consent.Open | consent.Screen)
    assert plainjson.decode(plainjson.encode(message), *union) == message


def _of(kind: Any) -> st.SearchStrategy[Any]:
    """Text without surrogates: what UTF-8 can say."""
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    hints = get_type_hints(kind)
    values = {name: text if hints[name] is str else st.from_type(hints[name]) for name in kind.fields}
    return st.builds(kind, **values)


SHOWN = (consent.Holder, consent.PinEntry, consent.Program, consent.ShownDocument, consent.Site)
for part in (CertificateObject, Token, *SHOWN, *get_args(consent.Screen)):
    st.register_type_strategy(part, _of(part))


def _secrets(message: Any) -> list[str]:
    values = (getattr(message, name, "") for name in ("pin", "current", "new"))
    known = f"{type(message)} {type(message).fields}"
    return [value for value in values if len(value) > 3 and value not in known]


SCALARS = st.text(max_size=12) | st.integers(-(2**40), 2**40) | st.booleans()
ANYTHING = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=8), SCALARS, max_size=3)
NAMES = {table: [*names, "unknown"] for table, names in TABLES.items()}


def judged(tables: dict[str, Any]) -> None:
    """Usable, or refused with an error that names the place."""
    try:
        config._fitting(tables, MachineSettings, "", Path("/p"))
    except config.ConfigurationError as error:
        assert error.file == Path("/p")


@quick
@given(st.dictionaries(st.sampled_from([*TABLES, *LISTS, "locked", "unknown"]), ANYTHING), ANYTHING)
def test_property_lists_of_any_content(document: dict[str, Any], offered: Any) -> None:
    for format in (plistlib.FMT_XML, plistlib.FMT_BINARY):
        try:
            data = plistlib.dumps(document, fmt=format)
        except (ValueError, OverflowError):  # control characters; larger numbers than it knows
            continue
        try:
            found = preferences.document_of(data, Path("/p"))
            known = {table: preferences._known(found, table) for table in TABLES}
        except ValueError:
            continue
        entries = {name: found.get(name, []) for name in LISTS}
        lists = entries if all(isinstance(each, list) for each in entries.values()) else {}
        judged(combined({**known, **lists}, {}, []))


@quick
@given(st.data())
def test_registries_of_any_content(data: st.DataObject) -> None:
    given = MemoryRegistry()
    for place in (ROOT, RECOMMENDED):
        for table, names in NAMES.items():
            for name in data.draw(st.lists(st.sampled_from(names), max_size=4)):
                given.set(
                    f"{place}\\{table}", name, data.draw(st.text(max_size=12) | st.integers(0, 2**32 - 1))
                )
    for name in LISTS:
        for entry in data.draw(st.lists(st.text(max_size=20), max_size=2)):
            value = data.draw(st.text(max_size=20) | st.sampled_from(["{ pin = 1 }", "{", "{ a.b = 2 }"]))
            given.set(f"{ROOT}\\{name}", entry, value)
    source = RegistrySource(given)
    source.unknown()
    try:
        judged(source.tables())
    except ValueError as error:
        assert str(error)
