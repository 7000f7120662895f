"""One too many is an error of the contract, or stops the start; one less is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge import config
from bridge.core import messages
from bridge.core.errors import InvalidParams
from bridge.core.jsonrpc import decode_params
from bridge.core.messages import METHODS

NONCE = "A" * 44
DIGEST = "ab" * 32
SIGN, TOKEN = "sign.documents", "auth.getToken"
UPLOADED = {"name": "a", "mediaType": "a/b"}
DOCUMENT = {"name": "a", "mediaType": "text/plain", "content": ""}


def filtered(**values: Any) -> Any:
    return {"challengeNonce": NONCE, "filter": values}


def documents(*given: Any) -> Any:
    return {"format": "cades", "documents": list(given)}


def hashed(size: int) -> Any:
    certificate = msgspec.json.decode(msgspec.json.encode(bytes(size)))
    return {"certificate": certificate, "hash": DIGEST, "hashFunction": "SHA-256"}


LIMITS: dict[str, tuple[str, Callable[[int], Any], int, str]] = {
    "nonce": (TOKEN, lambda n: {"challengeNonce": "A" * n}, 128, "challengeNonce"),
    "reader": ("card.verifyPin", lambda n: {"reader": "R" * n}, 255, "reader"),
    "reader to change": ("card.changePin", lambda n: {"reader": "R" * n}, 255, "reader"),
    "issuers": (TOKEN, lambda n: filtered(issuers=["CN=a"] * n), 64, "filter.issuers"),
    "issuer": (TOKEN, lambda n: filtered(issuers=["a" * n]), 255, "filter.issuers[0]"),
    "thumbprints": (TOKEN, lambda n: filtered(thumbprints=[DIGEST] * n), 64, "filter.thumbprints"),
    "key usages": (TOKEN, lambda n: filtered(keyUsage=["a"] * n), 16, "filter.keyUsage"),
    "policies": (TOKEN, lambda n: filtered(policies=["1.2"] * n), 64, "filter.policies"),
    "policy": (TOKEN, lambda n: filtered(policies=[f"1.{'1' * (n - 2)}"]), 128, "filter.policies[0]"),
    "documents": (SIGN, lambda n: documents(*[DOCUMENT] * n), 500, "documents"),
    "name": (SIGN, lambda n: documents(DOCUMENT | {"name": "n" * n}), 255, "documents[0].name"),
    "media type": (
        SIGN, lambda n: documents(DOCUMENT | {"mediaType": "t" * n}), 255, "documents[0].mediaType"
    ),
    "upload": (SIGN, lambda n: documents(UPLOADED | {"upload": "u" * n}), 64, "documents[0].upload"),
    "certificate": ("sign.hash", hashed, 65536, "certificate"),
    "session": ("session.resume", lambda n: {"session": "s" * n}, 128, "session"),
    "upload to end": ("upload.end", lambda n: {"upload": "u" * n}, 64, "upload"),
    "size": ("upload.begin", lambda n: {"sizeBytes": n, "sha256": DIGEST}, 256 * 1024**2, "sizeBytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_params(name: str) -> None:
    method, params, most, member = LIMITS[name]
    kind = METHODS[method][0]
    decode_params(msgspec.Raw(msgspec.json.encode(params(most))), kind)
    with pytest.raises(InvalidParams) as caught:
        decode_params(msgspec.Raw(msgspec.json.encode(params(most + 1))), kind)
    assert caught.value.data["member"] == member


def bounded(kind: Any, path: str = "") -> list[str]:
    """Paths of the texts, bytes and lists in params that may be as long as a message."""
    if isinstance(kind, msgspec.inspect.StructType):
        return [each for field in kind.fields for each in bounded(field.type, f"{path}.{field.encode_name}")]
    if isinstance(kind, msgspec.inspect.UnionType):
        return [each for part in kind.types for each in bounded(part, path)]
    if isinstance(kind, (msgspec.inspect.VarTupleType, msgspec.inspect.ListType)):
        own = [] if kind.max_length is not None else [path]
        return own + bounded(kind.item_type, f"{path}[]")
    if isinstance(kind, (msgspec.inspect.StrType, msgspec.inspect.BytesType)):
        pattern = getattr(kind, "pattern", None)
        fixed = pattern is not None and "{" in pattern and "+" not in pattern
        return [] if kind.max_length is not None or fixed else [path]
    return []


def test_only_documents_and_ids_are_as_long_as_a_message() -> None:
    """A member that is added later gets a limit, or is added here."""
    free = {each for params, _ in METHODS.values() for each in bounded(msgspec.inspect.type_info(params))}
    assert free == {".documents[].content"}
    assert messages.MAX_DOCUMENTS == 500


def configured(folder: Path, text: str) -> config.ConfigurationError | None:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    try:
        config.load(path)
    except config.ConfigurationError as error:
        return error
    return None


def test_a_configuration_of_too_much(tmp_path: Path) -> None:
    sites = "".join(f'[[site]]\norigin = "https://{n}.jp"\n' for n in range(1024))
    drivers = "".join(f'[[driver]]\nname = "{n}"\npath = "/{n}.so"\n' for n in range(32))
    assert configured(tmp_path, sites + drivers) is None
    error = configured(tmp_path, sites + '[[site]]\norigin = "https://more.jp"\n')
    assert error is not None and error.key == "site" and "1024" in error.problem
    error = configured(tmp_path, drivers + '[[driver]]\nname = "more"\npath = "/more.so"\n')
    assert error is not None and error.key == "driver" and "32" in error.problem
    assert configured(tmp_path, "#" * 1024**2) is None
    error = configured(tmp_path, "#" * (1024**2 + 1))
    assert error is not None and "1048576" in error.problem
