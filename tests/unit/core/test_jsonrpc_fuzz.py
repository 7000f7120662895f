"""Whatever comes in a frame, the codec answers or refuses; what it writes, it reads back."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.core import errors, jsonrpc, messages
from tests.unit.fuzz import quick

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=130)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
ids = st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=128)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | scalars,
        "id": ids | values,
        "method": st.sampled_from([*messages.METHODS, "$/cancel"]) | scalars,
        "params": values,
    },
)


def answered(frame: str | bytes) -> None:
    """Nothing but a Request, or a Refusal with an error of the contract whose answer can be written."""
    try:
        request = jsonrpc.decode(frame)
    except jsonrpc.Refusal as refusal:
        assert refusal.error.code in (-32700, -32600)
        json.loads(jsonrpc.encode_error(refusal.id, refusal.error, "…"))
        return
    assert request.id is None or jsonrpc.is_request_id(request.id)
    kind = messages.METHODS.get(request.method, (messages.Cancel, None))[0]
    try:
        jsonrpc.decode_params(request.params, kind)
    except errors.InvalidParams as error:
        json.loads(jsonrpc.encode_error(request.id, error, "…"))


@quick
@given(st.binary(max_size=200) | st.text(max_size=200))
@example("\ud800")
@example("[" * 3000)
@example('{"id":' + "9" * 5000 + "}")
def test_any_bytes(frame: str | bytes) -> None:
    answered(frame)


@quick
@given(envelopes)
def test_any_envelope(envelope: dict[str, Any]) -> None:
    answered(json.dumps(envelope))
    answered(json.dumps(envelope, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@quick
@given(st.data())
def test_a_good_frame_with_a_byte_changed(data: st.DataObject) -> None:
    nonce = "A" * 44
    frame = bytearray(
        b'{"jsonrpc":"2.0","id":1,"method":"auth.getToken","params":{"challengeNonce":"%s"}}' % nonce.encode()
    )
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    answered(bytes(frame))


@quick
@given(
    ids,
    words,
    st.dictionaries(words, values),
)
def test_a_request_comes_through_unchanged(id: int | str, method: str, params: dict[str, Any]) -> None:
    request = jsonrpc.decode(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    assert (request.id, type(request.id), request.method) == (id, type(id), method)
    assert json.loads(bytes(request.params)) == params


@quick
@given(ids, words)
def test_the_id_comes_back_as_it_was(id: int | str, contact: str) -> None:
    body = json.loads(jsonrpc.encode_result(id, messages.VerifiedPin(verified=True, contact=contact)))
    assert (body["id"], type(body["id"])) == (id, type(id))
    assert body["result"] == {"verified": True, "contact": contact}


@quick
@given(st.lists(st.binary(max_size=64), min_size=1, max_size=3), st.sampled_from(["cades", "xades", "pades"]))
def test_params_round_trip(contents: list[bytes], format: Any) -> None:
    sent = messages.SignDocumentsParams(
        documents=tuple(messages.Document(name="a", media_type="x/y", content=c) for c in contents),
        format=format,
    )
    assert jsonrpc.decode_params(msgspec.Raw(msgspec.json.encode(sent)), messages.SignDocumentsParams) == sent


@quick
@given(words.filter(bool))
def test_an_unknown_member_is_named_whatever_it_is_called(name: str) -> None:
    with pytest.raises(errors.InvalidParams) as caught:
        jsonrpc.decode_params(msgspec.Raw(json.dumps({name: 1}).encode()), messages.NoParams)
    assert caught.value.data["member"] == name
