"""The published contract page says what the code does: methods, examples, errors, codes, limits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from bridge.core import cancellations, jsonrpc, messages, settings, token, upload
from bridge.core.errors import ERRORS
from bridge.core.pinentry import PinState
from bridge.core.readers import Card, Reader, ReaderState
from bridge.methods import bridge, session, uploads
from bridge.server import connection, guard, server, sockets
from bridge.signatures import packaging

PAGE = (Path(__file__).parents[2] / "web-demo/client/CONTRACT.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^ *```(.*?)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FENCES = [(info.split(), body) for info, body in _FENCE.findall(PAGE)]


def example(*kind: str) -> list[str]:
    return [body for info, body in FENCES if info == ["json", *kind]]


def section(heading: str) -> str:
    """The text under a heading, up to the next one of the same or a higher level."""
    level = heading.split()[0]
    _, found, rest = PAGE.partition(f"\n{heading}\n")
    assert found, heading
    return re.split(rf"^#{{2,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """The first table under a heading, without its head."""
    lines = [line for line in map(str.strip, section(heading).splitlines()) if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(cell: str) -> str:
    return cell.strip().strip("`?")


def members(kind: Any) -> set[str]:
    """Names on the wire of a Struct and of the Structs inside it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return {field.encode_name for field in fields}.union(*(members(field.type) for field in fields))
    return set().union(*(members(each) for each in get_args(kind)))


def test_methods_and_notifications_are_these_and_no_others() -> None:
    named = re.findall(r"^### `([^`]+)`$", section("## Methods"), re.MULTILINE)
    assert named == list(messages.METHODS)
    named = re.findall(r"^### `([^`]+)`$", section("## Notifications"), re.MULTILINE)
    assert named == list(messages.NOTIFICATIONS)
    known = {*messages.METHODS, *messages.NOTIFICATIONS}
    rooms = {name.partition(".")[0] for name in messages.METHODS}
    used = {name for name in re.findall(r"`([a-z]+\.[a-zA-Z]+)`", PAGE) if name.partition(".")[0] in rooms}
    assert used <= known


def test_every_example_is_checked() -> None:
    """A block of JSON says what it is an example of, so that none escapes the tests below."""
    for info, _ in FENCES:
        assert info[0] == "json", info
        assert info[1:] == ["message"] or (
            info[1] in ("params", "result")
            and info[2] in messages.METHODS
            or info[1] == "notification"
            and info[2] in messages.NOTIFICATIONS
        ), info


@pytest.mark.parametrize("method", messages.METHODS)
def test_examples_of_a_method(method: str) -> None:
    """Params as the daemon decodes them, results as it encodes them, and no member of either is left out."""
    params, result = messages.METHODS[method]
    assert example("params", method) and example("result", method)
    for text in example("params", method):
        assert jsonrpc.decode_params(msgspec.Raw(text.encode()), params) is not None
    for text in example("result", method):
        assert json.loads(msgspec.json.encode(msgspec.json.decode(text, type=result))) == json.loads(text)
    described = section(f"### `{method}`") + section("## Types")
    for member in members(params) | members(result):
        assert re.search(rf'[`"{{ ]{member}[`"?}},:]', described), member


@pytest.mark.parametrize("name", messages.NOTIFICATIONS)
def test_examples_of_a_notification(name: str) -> None:
    kind = messages.NOTIFICATIONS[name]
    assert example("notification", name)
    for text in example("notification", name):
        assert json.loads(msgspec.json.encode(msgspec.json.decode(text, type=kind))) == json.loads(text)
    described = section(f"### `{name}`") + section("## Types")
    for member in members(kind):
        assert re.search(rf'[`"]{member}[`"?]', described), member


def test_examples_of_messages() -> None:
    request, answer = (json.loads(text) for text in example("message"))
    decoded = jsonrpc.decode(json.dumps(request))
    assert jsonrpc.decode_params(decoded.params, messages.METHODS[decoded.method][0]) is not None
    data = dict(answer["error"]["data"])
    kind = ERRORS[data.pop("reason")]
    sentence, retriable = data.pop("userMessage"), data.pop("retriable")
    assert retriable is kind.retriable
    error = kind(answer["error"]["message"], **data)
    assert json.loads(jsonrpc.encode_error(answer["id"], error, sentence)) == answer


def test_features_of_this_version() -> None:
    (info,) = (json.loads(text) for text in example("result", "bridge.info"))
    assert info["features"] == list(bridge.FEATURES)
    assert (info["name"], info["protocol"]) == (bridge.NAME, messages.PROTOCOL)


def test_errors() -> None:
    """Code, reason and retriable of every error, and nothing else; each says what the page should do."""
    table = rows("## Errors")
    assert {code(row[1]): (int(row[0]), row[2] == "yes") for row in table} == {
        reason: (error.code, error.retriable) for reason, error in ERRORS.items()
    }
    assert len(table) == len(ERRORS)
    assert all(row[4] for row in table)
    for row in table:
        documented = ERRORS[code(row[1])].__doc__ or ""
        for member in (code(each) for each in row[3].split(",") if each):
            assert member in documented or member == "member", (row[1], member)


def test_reasons_named_elsewhere_exist() -> None:
    words = set(re.findall(r"`([a-z]+[A-Z][a-zA-Z]*)`", PAGE))
    kinds = [kind for pair in messages.METHODS.values() for kind in pair]
    known = set(ERRORS).union(*(members(kind) for kind in [*kinds, *messages.NOTIFICATIONS.values()]))
    known |= {*get_args(messages.ProgressState), *get_args(ReaderState), *get_args(PinState)}
    known |= {"userMessage", "topLeft", "topRight", "bottomLeft", "bottomRight", "sessionStorage"}
    known |= {"timeoutSeconds", "retryAfterSeconds"}
    assert words <= known, words - known


def test_values_that_a_page_may_see() -> None:
    for values, where in (
        (get_args(messages.ProgressState), section("### `$/progress`")),
        (get_args(ReaderState), section("## Types")),
        (get_args(PinState), section("## Types")),
        (members(Reader) | members(Card), section("## Types")),
    ):
        for value in values:
            assert f"`{value}`" in where or f"`{value}?`" in where, value
    forms = {(row[0], code(row[1].split()[0])) for row in rows("### `sign.documents`")}
    assert forms == {(name, each or "none") for name, some in packaging._OFFERED.items() for each in some}


def test_close_codes() -> None:
    codes = {int(row[0]) for row in rows("## Messages")}
    assert codes == {
        server.CLOSE_GOING_AWAY,
        sockets.CLOSE_PROTOCOL_ERROR,
        connection.CLOSE_UNSUPPORTED_DATA,
        1007,
        1009,
        1012,
        connection.CLOSE_SITE_NOT_PERMITTED,
        sockets.CLOSE_UNFINISHED,
    }


def longest(kind: Any) -> int:
    """What `Annotated[…, Meta(max_length=…)]` says."""
    return int(get_args(kind)[1].max_length)


def test_limits() -> None:
    """Every number of the table is the code's."""
    limits = {code(row[0]): [int(n) for n in re.findall(r"\d+", row[1])] for row in rows("## Limits")}
    default, ui = settings.ServerSettings(), settings.UiSettings()
    assert limits.pop("server.ports") == list(default.ports)
    assert limits.pop("server.max_message_bytes")[0] == default.max_message_bytes
    assert limits.pop("server.max_connections") == [default.max_connections]
    assert limits.pop("server.max_connections_per_origin") == [default.max_connections_per_origin]
    assert limits.pop("server.max_silent") == [default.max_silent, int(sockets.SILENT_S)]
    assert limits.pop("ui.timeout_s") == [ui.timeout_s]
    assert limits.pop("ui.queue") == [ui.queue]
    assert limits.pop("requests in flight on a connection") == [connection.MAX_IN_FLIGHT]
    assert limits.pop("documents in a request") == [messages.MAX_DOCUMENTS]
    texts = "name and media type of a document, name of a reader, issuer in a filter"
    assert limits.pop(texts) == [longest(messages.ShortText)]
    filters = get_type_hints(messages.Filter, include_extras=True)
    counts = {longest(get_args(filters[name])[0]) for name in ("issuers", "thumbprints", "policies")}
    assert limits.pop("issuers, thumbprints, policies in a filter") == [*counts]
    assert limits.pop("the certificate of `sign.hash") == [token.MAX_CERTIFICATE_BYTES]
    assert limits.pop("a document that is uploaded") == [upload.MAX_UPLOAD_BYTES // 1024**2]
    held = [upload.MAX_UPLOADS, upload.MAX_UPLOADED_BYTES // 1024**2]
    assert limits.pop("uploads that a connection holds") == held
    assert limits.pop("an unfinished upload without a byte") == [int(uploads.IDLE_S)]
    assert limits.pop(f"cancellations by the user within {int(cancellations.WITHIN_S)} seconds") == [
        cancellations.ALLOWED
    ]
    unseen = (
        "requests within 60 seconds that end for what is on the card, or is not, before there is a window, "
        "or whose window you withdraw"
    )
    assert limits.pop(unseen) == [cancellations.UNANSWERED]
    assert limits.pop("an opening handshake, or a message that was begun") == [int(sockets.UNFINISHED_S)]
    assert limits.pop("frames that you do not take") == [int(connection.SEND_TIMEOUT_S)]
    assert not limits
    assert f"for {int(cancellations.PAUSE_S)} seconds" in section("## Limits")


def test_numbers_in_the_text() -> None:
    default, site = settings.ServerSettings(), settings.SiteSettings(origin="https://a.example")
    first, last = default.ports
    assert f"**{first} to {last}**" in PAGE and f"{first}` ～ `{last}`" in PAGE
    assert f"({site.pin_idle_s} seconds by default)" in PAGE and f"({site.pin_max_s} seconds)" in PAGE
    assert f"within {int(session.RESUME_WITHIN_S)} seconds" in section("### `session.resume`")
    assert f"at most {jsonrpc.MAX_ID_LENGTH} characters" in PAGE
    assert f"ws://127.0.0.1:PORT{guard.PATH}" in PAGE
    (begun,) = (json.loads(text) for text in example("result", "upload.begin"))
    assert (begun["chunkBytes"], begun["creditBytes"]) == (upload.CHUNK_BYTES, upload.CREDIT_BYTES)
    begin = section("### `upload.begin`").replace("\n", " ")
    assert f"at most {upload.MAX_UPLOAD_BYTES // 1024**2} MiB" in begin
    assert f"at most {upload.MAX_UPLOADS} uploads, of {upload.MAX_UPLOADED_BYTES // 1024**3} GiB" in begin
    assert f"nothing has come for {int(uploads.IDLE_S)} seconds" in begin
    assert f"`{messages.SUBPROTOCOL}`" in PAGE


def test_links_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    links = re.findall(r"\]\(#([^)]*)\)", PAGE)
    assert links and set(links) <= anchors
