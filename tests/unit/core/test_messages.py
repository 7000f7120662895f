"""The published JSON Schema against the contract's messages, and against what the daemon really takes."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from bridge.core import jsonrpc, messages
from bridge.core.errors import InvalidParams

SCHEMA = json.loads(json.dumps(messages.schema()))
NONCE = "A" * 43 + "="
PRINT = "0123456789abcdef" * 4
BYTES = base64.b64encode(b"\x30\x00").decode()
SECRET = base64.b64encode(bytes(32)).decode()
FILTER = {
    "issuers": ["CN=Sample CA 1,O=見本認証局,C=JP"],
    "thumbprints": [PRINT],
    "keyUsage": ["digitalSignature"],
    "policies": ["1.2.392.200.1", "2.5.29.32.0"],
}
DOCUMENTS = [{"name": "入札書.xml", "mediaType": "text/xml; charset=utf-8", "content": BYTES}]
ALGORITHM = {"cryptoAlgorithm": "RSA", "hashFunction": "SHA-256", "paddingScheme": "PKCS1.5"}
CERTIFICATE = {
    "certificate": BYTES,
    "chain": [BYTES],
    "thumbprint": PRINT,
    "subject": {"commonName": "見本 太郎", "organization": "株式会社見本"},
    "issuer": {"commonName": "Sample CA 1"},
    "serialNumber": "1f",
    "notBefore": "2026-01-01T00:00:00Z",
    "notAfter": "2027-01-01T00:00:00Z",
    "keyUsage": ["nonRepudiation"],
    "supportedSignatureAlgorithms": [ALGORITHM],
}
READERS = {
    "readers": [
        {"name": "Empty", "state": "empty"},
        {
            "name": "ACS ACR39U 00 00",
            "state": "inUse",
            "card": {
                "type": "PIV-II",
                "pinState": "countLow",
                "triesLeft": 2,
                "protectedAuthenticationPath": False,
            },
        },
        {
            "name": "Keypad",
            "state": "present",
            "card": {"type": "x", "pinState": "unknown", "protectedAuthenticationPath": True},
        },
    ]
}
TOKEN = {
    "unverifiedCertificate": BYTES,
    "algorithm": "ES256",
    "signature": BYTES,
    "format": "web-eid:1.0",
    "appVersion": "https://example.jp/releases/v1",
}

PARAMS: dict[str, list[dict[str, Any]]] = {
    "bridge.info": [{}],
    "readers.list": [{}],
    "readers.watch": [{}],
    "certificates.choose": [
        {"purpose": "authentication"},
        {"purpose": "signature", "filter": FILTER, "language": "en"},
        {"purpose": "signature", "filter": {}},
    ],
    "card.verifyPin": [{}, {"reader": "ACS ACR39U 00 00", "contactField": "optional", "language": "ja"}],
    "card.changePin": [{}, {"reader": "ACS ACR39U 00 00", "language": "en"}],
    "card.unblockPin": [{}, {"reader": "ACS ACR39U 00 00"}],
    "auth.getToken": [
        {"challengeNonce": NONCE},
        {"challengeNonce": "A" * 128, "contactField": "hidden", "filter": FILTER, "language": "ja"},
    ],
    "sign.documents": [
        {"documents": DOCUMENTS, "format": "cades"},
        {"documents": DOCUMENTS * 2, "format": "cades", "packaging": "enveloping", "level": "B-T"},
        {
            "documents": DOCUMENTS,
            "format": "xades",
            "packaging": "enveloped",
            "certificate": PRINT,
            "language": "en",
        },
        {"documents": DOCUMENTS, "format": "pades", "level": "B-B"},
        {"documents": DOCUMENTS, "format": "pades", "stamp": {"page": -1, "corner": "bottomLeft"}},
        {"documents": [{"name": "a", "mediaType": "x/y", "upload": "u"}], "format": "cades"},
    ],
    "sign.hash": [
        {"certificate": BYTES, "hash": PRINT, "hashFunction": "SHA-256"},
        {"certificate": BYTES, "hash": "0f" * 64, "hashFunction": "SHA-512", "language": "en"},
    ],
    "upload.begin": [{"sizeBytes": 268435456, "sha256": PRINT}, {"sizeBytes": 0, "sha256": PRINT}],
    "upload.end": [{"upload": "u"}],
    "upload.cancel": [{"upload": "u"}],
    "session.resume": [{"session": SECRET}],
    "session.close": [{}],
}
RESULTS: dict[str, list[dict[str, Any]]] = {
    "bridge.info": [
        {"name": "cardbridge", "version": "1.0", "protocol": 1, "features": ["auth.getToken"], "locale": "ja"}
    ],
    "readers.list": [READERS, {"readers": []}],
    "readers.watch": [READERS],
    "certificates.choose": [CERTIFICATE],
    "card.verifyPin": [{"verified": True}, {"verified": True, "contact": "見本", "session": SECRET}],
    "card.changePin": [{"changed": True}],
    "card.unblockPin": [{"changed": True}],
    "auth.getToken": [{"token": TOKEN}, {"token": TOKEN, "contact": "見本", "session": SECRET}],
    "sign.documents": [
        {
            "signatures": [{"name": "a.p7s", "mediaType": "x/y", "content": BYTES, "documentDigest": PRINT}],
            "certificate": CERTIFICATE,
        }
    ],
    "sign.hash": [{"signature": BYTES, "signatureAlgorithm": ALGORITHM}],
    "upload.begin": [{"upload": "u", "chunkBytes": 65536, "creditBytes": 0}],
    "upload.end": [{"sizeBytes": 3, "sha256": PRINT}],
    "upload.cancel": [{}],
    "session.resume": [{}],
    "session.close": [{}],
}
NOTIFICATIONS: dict[str, list[dict[str, Any]]] = {
    "bridge.hello": [{"name": "cardbridge", "version": "1.0", "protocol": 1}],
    "readers.changed": [READERS],
    "upload.credit": [{"upload": "u", "creditBytes": 1048576}],
    "$/progress": [
        {"id": 1, "state": "waitingForUser"},
        {"id": "a", "state": "signing", "done": 1, "total": 3, "reader": "ACS ACR39U 00 00"},
    ],
    "$/cancel": [{"id": 1}, {"id": "a"}],
}


def validator(reference: dict[str, Any]) -> Any:
    return Draft202012Validator({"$schema": SCHEMA["$schema"], **reference, "$defs": SCHEMA["$defs"]})


def of_params(method: str) -> Any:
    return validator(SCHEMA["methods"][method]["params"])


def test_it_is_json_schema_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    for name, definition in SCHEMA["$defs"].items():
        Draft202012Validator.check_schema(definition)
        assert definition.get("description") != "", name


def test_the_methods_of_the_contract_are_there() -> None:
    assert set(PARAMS) == set(RESULTS) == set(SCHEMA["methods"])
    assert set(NOTIFICATIONS) == set(SCHEMA["notifications"])


CASES = [
    *[
        (f"{name} params", SCHEMA["methods"][name]["params"], each)
        for name, rows in PARAMS.items()
        for each in rows
    ],
    *[
        (f"{name} result", SCHEMA["methods"][name]["result"], each)
        for name, rows in RESULTS.items()
        for each in rows
    ],
    *[(name, SCHEMA["notifications"][name], each) for name, rows in NOTIFICATIONS.items() for each in rows],
]


@pytest.mark.parametrize(
    ("reference", "value"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_examples_validate_and_lose_no_required_member(
    reference: dict[str, Any], value: dict[str, Any]
) -> None:
    check = validator(reference)
    check.validate(value)
    definition = SCHEMA["$defs"][reference["$ref"].rpartition("/")[2]]
    for member in value:
        without = {name: each for name, each in value.items() if name != member}
        assert check.is_valid(without) is (member not in definition.get("required", []))


@pytest.mark.parametrize("name", PARAMS)
def test_params_with_an_unknown_member_do_not_validate(name: str) -> None:
    for example in PARAMS[name]:
        assert not of_params(name).is_valid(example | {"foo": 1})


@pytest.mark.parametrize("name", RESULTS)
def test_results_may_get_new_members(name: str) -> None:
    """New members may be added within version 1: a page's validator must not trip over them."""
    for example in RESULTS[name]:
        validator(SCHEMA["methods"][name]["result"]).validate(example | {"new": 1})


OTHERS: tuple[Any, ...] = (
    None, True, 0, -1, 1, 1.5, "", "x", "x\n", "日本", PRINT, PRINT + "\n", PRINT.upper(), NONCE,
    NONCE + "\n", "A" * 129, "A" * 256, "1.2.3\n", "ja", "fr", "cades", "B-T", "optional",
    [], ["x"], [PRINT, 1], [None], {}, {"x": 1},
)  # fmt: skip


def variations(value: Any) -> Iterator[Any]:
    """`value` with one part left out or replaced, every part and every replacement in turn."""
    yield from OTHERS
    if isinstance(value, dict):
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
            yield {(other + "x" if other == name else other): each for other, each in value.items()}
            for changed in variations(value[name]):
                yield value | {name: changed}
    elif isinstance(value, list):
        for index, each in enumerate(value):
            for changed in variations(each):
                yield [*value[:index], changed, *value[index + 1 :]]
        yield value * 70


def takes(method: str, value: Any) -> bool:
    """Whether the daemon takes these params."""
    try:
        jsonrpc.decode_params(msgspec.Raw(json.dumps(value).encode()), messages.METHODS[method][0])
    except InvalidParams:
        return False
    return True


def is_base64(value: Any) -> bool:
    """Whether documents and a certificate are base64, which JSON Schema only annotates."""
    if not isinstance(value, dict):
        return True
    documents = value.get("documents")
    rows = documents if isinstance(documents, list) else []
    contents = [value.get("certificate"), *(each.get("content") for each in rows if isinstance(each, dict))]
    try:
        return all(base64.b64decode(c, validate=True) is not None for c in contents if isinstance(c, str))
    except ValueError:
        return False


@pytest.mark.parametrize("method", PARAMS)
def test_schema_and_daemon_agree_on_what_fits(method: str) -> None:
    check, seen = of_params(method), {True: 0, False: 0}
    for example in PARAMS[method]:
        for value in [copy.deepcopy(example), *variations(example)]:
            if not is_base64(value):
                assert not takes(method, value)
                continue
            fits = takes(method, value)
            assert check.is_valid(value) is fits, value
            seen[fits] += 1
    assert seen[True] and seen[False]


@pytest.mark.parametrize(
    ("method", "result"),
    [
        ("card.verifyPin", messages.VerifiedPin(verified=True, session=SECRET)),
        ("card.changePin", messages.ChangedPin(changed=True)),
        ("session.close", messages.Empty()),
        (
            "bridge.info",
            messages.Info(name="cardbridge", version="1", protocol=1, features=("a",), locale="ja"),
        ),
    ],
)
def test_what_the_daemon_writes_validates(method: str, result: messages.Result) -> None:
    body = json.loads(jsonrpc.encode_result(1, result))
    validator(SCHEMA["methods"][method]["result"]).validate(body["result"])


def test_members_on_the_wire_are_lower_camel_case() -> None:
    for definition in SCHEMA["$defs"].values():
        for member in definition.get("properties", {}):
            assert "_" not in member and member[0].islower()
