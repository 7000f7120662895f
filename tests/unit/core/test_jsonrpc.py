"""JSON-RPC 2.0 frames: what is taken, what is refused, with which error and which id."""

import json
import tracemalloc
from typing import Any

import msgspec
import pytest

from bridge.core import errors, jsonrpc, messages

NONCE = "A" * 44


def frame(**members: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "bridge.info"} | members)


def refused(text: str | bytes) -> jsonrpc.Refusal:
    with pytest.raises(jsonrpc.Refusal) as caught:
        jsonrpc.decode(text)
    return caught.value


@pytest.mark.parametrize("id", [0, 1, -1, 2**53, 2**64, -(2**70), "", "a", "日本", "x" * 128])
def test_a_request(id: int | str) -> None:
    request = jsonrpc.decode(frame(id=id, params={"a": [1]}))
    assert (request.id, request.method) == (id, "bridge.info")
    assert type(request.id) is type(id)
    assert json.loads(bytes(request.params)) == {"a": [1]}


def test_without_params_they_are_an_empty_object() -> None:
    assert jsonrpc.decode_params(jsonrpc.decode(frame()).params, messages.NoParams) == messages.NoParams()


def test_without_id_it_is_a_notification() -> None:
    request = jsonrpc.decode('{"jsonrpc":"2.0","method":"$/cancel","params":{"id":7}}')
    assert request.id is None
    assert jsonrpc.decode_params(request.params, messages.Cancel).id == 7


def test_members_of_the_envelope_that_jsonrpc_does_not_know_are_no_error() -> None:
    assert jsonrpc.decode(frame(trace="x")).id == 1


@pytest.mark.parametrize("text", [frame().encode(), frame(), " \t\r\n" + frame() + "\n"])
def test_text_and_bytes_and_white_space(text: str | bytes) -> None:
    assert jsonrpc.decode(text).id == 1


NOT_JSON = {
    "empty": "",
    "blank": "  ",
    "cut": '{"jsonrpc":"2.0"',
    "trailing text": frame() + "x",
    "two objects": frame() + frame(),
    "trailing comma": '{"jsonrpc":"2.0","id":1,"method":"x",}',
    "single quotes": "{'jsonrpc':'2.0','id':1,'method':'x'}",
    "comment": frame() + "// x",
    "byte order mark": "\ufeff" + frame(),
    "NaN": '{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":NaN}}',
    "Infinity": '{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":-Infinity}}',
    "leading zero": '{"jsonrpc":"2.0","id":01,"method":"x"}',
    "escaped lone surrogate": '{"jsonrpc":"2.0","id":"\\ud800","method":"x"}',
    "lone surrogate in params": '{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"\\udc00"}}',
    "lone surrogate itself": '{"jsonrpc":"2.0","id":"\ud800","method":"x"}',
    "control character in a string": '{"jsonrpc":"2.0","id":1,"method":"x\n"}',
    "not UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
    "only openings": "[" * 100_000,
    "nested arrays": '{"jsonrpc":"2.0","id":1,"method":"x","params":' + "[" * 5000 + "]" * 5000 + "}",
    "nested objects": '{"jsonrpc":"2.0","id":1,"method":"x","params":' + '{"a":' * 5000 + "1" + "}" * 5001,
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_is_a_parse_error_without_id(text: str | bytes) -> None:
    refusal = refused(text)
    assert (refusal.error.code, refusal.error.reason) == (-32700, "parseError")
    assert refusal.id is None


def test_an_integer_with_more_digits_than_python_converts_ends_nothing() -> None:
    assert refused('{"jsonrpc":"2.0","id":' + "9" * 5000 + ',"method":"x"}').error.code == -32600


def test_what_is_in_a_frame_is_not_built_before_it_is_asked_for() -> None:
    """A frame of many brackets costs about its own size, and no number is too large to be passed over."""
    brackets = "[" + "{}," * 300_000 + "1e999," + "9" * 5000 + "]"
    text = frame(params={"language": 0}, trace=0).replace(": 0", ": " + brackets)
    tracemalloc.start()
    try:
        request = jsonrpc.decode(text)
        _, peak = tracemalloc.get_traced_memory()
        with pytest.raises(errors.InvalidParams):
            jsonrpc.decode_params(request.params, messages.WindowParams)
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(text)


@pytest.mark.parametrize(
    "text", ["[]", "[" + frame() + "]", "[1]", "1", "true", "null", '"x"', "-1.5", f"[{frame()},{frame()}]"]
)
def test_a_batch_or_no_object_is_refused(text: str) -> None:
    refusal = refused(text)
    assert (refusal.error.code, refusal.error.reason) == (-32600, "invalidRequest")
    assert refusal.id is None


@pytest.mark.parametrize(
    "id", ["null", "true", "false", "1.0", "1.5", "1e3", "[1]", "{}", json.dumps("x" * 129)]
)
def test_an_id_of_another_kind_is_refused_and_not_echoed(id: str) -> None:
    refusal = refused('{"jsonrpc":"2.0","id":' + id + ',"method":"x"}')
    assert refusal.error.code == -32600
    assert refusal.id is None


@pytest.mark.parametrize(
    "text",
    [
        '{"id":5,"method":"x"}',
        '{"jsonrpc":"1.0","id":5,"method":"x"}',
        '{"jsonrpc":2.0,"id":5,"method":"x"}',
        '{"jsonrpc":null,"id":5,"method":"x"}',
        '{"jsonrpc":"2.0","id":5}',
        '{"jsonrpc":"2.0","id":5,"method":null}',
        '{"jsonrpc":"2.0","id":5,"method":["x"]}',
        '{"jsonrpc":"2.0","id":5,"result":{}}',
    ],
)
def test_a_readable_id_comes_back_with_the_refusal(text: str) -> None:
    refusal = refused(text)
    assert refusal.error.code == -32600
    assert refusal.id == 5


def test_of_members_that_are_there_twice_the_last_counts() -> None:
    request = jsonrpc.decode('{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b"}')
    assert (request.id, request.method) == (2, "b")
    assert refused('{"jsonrpc":"2.0","id":1,"id":null,"method":"a"}').id is None


def params(kind: type[messages.Params], value: Any) -> errors.InvalidParams:
    with pytest.raises(errors.InvalidParams) as caught:
        jsonrpc.decode_params(msgspec.Raw(json.dumps(value).encode()), kind)
    assert caught.value.code == -32602
    return caught.value


DOCUMENT = {"name": "a.txt", "mediaType": "text/plain", "content": "YQ=="}
SIGN = {"documents": [DOCUMENT], "format": "cades"}


@pytest.mark.parametrize(
    ("kind", "value", "member"),
    [
        (messages.NoParams, {"foo": 1}, "foo"),
        (messages.NoParams, {"a`b": 1}, "a`b"),
        (messages.NoParams, {"": 1}, None),
        (messages.GetTokenParams, {}, "challengeNonce"),
        (messages.GetTokenParams, {"challenge_nonce": NONCE}, "challenge_nonce"),
        (messages.GetTokenParams, {"challengeNonce": NONCE, "origin": "https://a.jp"}, "origin"),
        (messages.GetTokenParams, {"challengeNonce": 1}, "challengeNonce"),
        (messages.GetTokenParams, {"challengeNonce": NONCE, "filter": {"keyUsages": []}}, "filter.keyUsages"),
        (
            messages.GetTokenParams,
            {"challengeNonce": NONCE, "filter": {"keyUsage": [1]}},
            "filter.keyUsage[0]",
        ),
        (messages.GetTokenParams, {"challengeNonce": NONCE, "filter": []}, "filter"),
        (messages.GetTokenParams, {"challengeNonce": NONCE, "contactField": "yes"}, "contactField"),
        (messages.GetTokenParams, {"challengeNonce": NONCE, "language": "fr"}, "language"),
        (messages.SignDocumentsParams, SIGN | {"documents": []}, "documents"),
        (messages.SignDocumentsParams, SIGN | {"documents": [DOCUMENT, 1]}, "documents[1]"),
        (
            messages.SignDocumentsParams,
            SIGN | {"documents": [DOCUMENT, DOCUMENT | {"mediaType": 1}]},
            "documents[1].mediaType",
        ),
        (
            messages.SignDocumentsParams,
            SIGN | {"documents": [DOCUMENT | {"media_type": "x"}]},
            "documents[0].media_type",
        ),
        (
            messages.SignDocumentsParams,
            SIGN | {"documents": [DOCUMENT | {"content": "***"}]},
            "documents[0].content",
        ),
        (
            messages.SignDocumentsParams,
            SIGN | {"documents": [{"name": "a", "content": ""}]},
            "documents[0].mediaType",
        ),
        (messages.SignDocumentsParams, SIGN | {"format": "CAdES"}, "format"),
        (messages.SignDocumentsParams, SIGN | {"level": "B-LT"}, "level"),
        (messages.SignDocumentsParams, SIGN | {"certificate": "AB" * 32}, "certificate"),
        (messages.ChooseParams, {"purpose": "login"}, "purpose"),
        (messages.VerifyPinParams, {"pin": "1234"}, "pin"),
        (messages.VerifyPinParams, {"reader": ""}, "reader"),
        (messages.ResumeParams, {"session": None}, "session"),
        (messages.ResumeParams, {"session": "x" * 129}, "session"),
    ],
)
def test_the_member_that_does_not_fit_is_named(
    kind: type[messages.Params], value: Any, member: str | None
) -> None:
    assert params(kind, value).data.get("member") == member


@pytest.mark.parametrize("value", [None, [], [1], "x", 1, True])
def test_params_that_are_no_object_are_refused(value: Any) -> None:
    assert params(messages.NoParams, value).data == {}


@pytest.mark.parametrize(
    "nonce", ["A" * 43, "A" * 129, "A" * 44 + "\n", "A" * 43 + "-", "A" * 43 + "あ", "====" * 11]
)
def test_a_nonce_that_is_not_44_to_128_characters_of_base64_is_refused(nonce: str) -> None:
    assert params(messages.GetTokenParams, {"challengeNonce": nonce}).data == {"member": "challengeNonce"}


@pytest.mark.parametrize("nonce", ["A" * 44, "a+/0" * 32, "A" * 43 + "=", "A" * 42 + "=="])
def test_a_nonce_keeps_its_text(nonce: str) -> None:
    raw = msgspec.Raw(json.dumps({"challengeNonce": nonce}).encode())
    assert jsonrpc.decode_params(raw, messages.GetTokenParams).challenge_nonce == nonce


@pytest.mark.parametrize("text", ["f" * 64 + "\n", "F" * 64, "f" * 63])
def test_a_thumbprint_is_64_lowercase_hex_digits(text: str) -> None:
    assert params(messages.Filter, {"thumbprints": [text]}).data == {"member": "thumbprints[0]"}


@pytest.mark.parametrize("text", ["1.2.3\n", "1", "3.1", "1.02", "1.2.", "a.b", ""])
def test_a_policy_is_an_object_identifier(text: str) -> None:
    assert params(messages.Filter, {"policies": [text]}).data == {"member": "policies[0]"}


def test_deep_nesting_behind_an_unknown_member_is_still_invalid_params() -> None:
    raw = msgspec.Raw(b'{"filter":{"x":' + b"[" * 900 + b"]" * 900 + b"}}")
    with pytest.raises(errors.InvalidParams):
        jsonrpc.decode_params(raw, messages.GetTokenParams)


def test_the_frame_of_a_result() -> None:
    body = json.loads(jsonrpc.encode_result("あ", messages.VerifiedPin(verified=True)))
    assert body == {"jsonrpc": "2.0", "id": "あ", "result": {"verified": True}}


def test_the_frame_of_an_error() -> None:
    error = errors.PinIncorrect(triesLeft=2, pinState="countLow")
    assert json.loads(jsonrpc.encode_error(3, error, "PIN番号が違います。")) == {
        "jsonrpc": "2.0",
        "id": 3,
        "error": {
            "code": -32020,
            "message": "The user gave up after a wrong PIN. Data: triesLeft?, pinState.",
            "data": {
                "reason": "pinIncorrect",
                "userMessage": "PIN番号が違います。",
                "retriable": True,
                "triesLeft": 2,
                "pinState": "countLow",
            },
        },
    }


def test_an_error_without_a_readable_id_has_the_id_null() -> None:
    assert json.loads(jsonrpc.encode_error(None, errors.ParseError(), "…"))["id"] is None


def test_data_that_is_not_known_is_left_out() -> None:
    body = json.loads(jsonrpc.encode_error(1, errors.PinIncorrect(triesLeft=None, pinState="unknown"), "…"))
    assert "triesLeft" not in body["error"]["data"]


def test_the_frame_of_a_notification() -> None:
    progress = messages.Progress(id=4, state="signing", done=1, total=3)
    assert json.loads(jsonrpc.encode_notification("$/progress", progress)) == {
        "jsonrpc": "2.0",
        "method": "$/progress",
        "params": {"id": 4, "state": "signing", "done": 1, "total": 3},
    }
