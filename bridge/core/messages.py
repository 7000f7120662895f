"""The wire contract as types: params and results of every method, notifications, JSON Schema.

Python names are snake_case, members on the wire lowerCamelCase. Bytes are standard base64 on the wire.
Unknown members of params are refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from bridge.core.algorithms import HashName
from bridge.core.consent import ContactField
from bridge.core.language import Language
from bridge.core.order import Format, Level, Packaging, Stamp
from bridge.core.readers import Reader
from bridge.core.token import MAX_CERTIFICATE_BYTES
from bridge.core.upload import MAX_UPLOAD_BYTES
from bridge.core.webeid import HASH_NAMES, SignatureAlgorithm

PROTOCOL = 1
SUBPROTOCOL = "cardbridge.v1"
MAX_DOCUMENTS = 500

_END = r"(?!\n)$"
"""The end of the text, in Python's patterns as in JSON Schema's: Python's `$` lets a newline follow."""

Nonce = Annotated[str, msgspec.Meta(min_length=44, max_length=128, pattern="^[A-Za-z0-9+/]+={0,2}" + _END)]
Thumbprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}" + _END)]
Digest = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){32,64}" + _END)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
ObjectIdentifier = Annotated[str, msgspec.Meta(pattern="^[0-2](\\.(0|[1-9][0-9]*))+" + _END, max_length=128)]
SessionSecret = Annotated[str, msgspec.Meta(max_length=128)]
UploadId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
UploadSize = Annotated[int, msgspec.Meta(ge=0, le=MAX_UPLOAD_BYTES)]


class Params(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Params of a method."""


class WindowParams(Params, frozen=True, kw_only=True):
    """Params of a method that shows a window: the user's language may be named."""

    language: Language | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Result of a method; absent members are left out."""


class NoParams(Params, frozen=True, kw_only=True):
    pass


class Empty(Result, frozen=True, kw_only=True):
    pass


class Filter(Params, frozen=True, kw_only=True):
    """Which certificates a page accepts: each member given must fit, any of its values does."""

    issuers: Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=64)] | None = None
    thumbprints: Annotated[tuple[Thumbprint, ...], msgspec.Meta(max_length=64)] | None = None
    key_usage: Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=16)] | None = None
    policies: Annotated[tuple[ObjectIdentifier, ...], msgspec.Meta(max_length=64)] | None = None


class Info(Result, frozen=True, kw_only=True):
    name: str
    version: str
    protocol: int
    features: tuple[str, ...]
    locale: str


class Readers(Result, frozen=True, kw_only=True):
    readers: tuple[Reader, ...]


class ChooseParams(WindowParams, frozen=True, kw_only=True):
    purpose: Literal["authentication", "signature"]
    filter: Filter | None = None


class Certificate(Result, frozen=True, kw_only=True):
    """A certificate after the user's consent. `serial_number` is lowercase hex, times RFC 3339 in UTC."""

    certificate: bytes
    chain: tuple[bytes, ...]
    thumbprint: str
    subject: dict[str, str]
    issuer: dict[str, str]
    serial_number: str
    not_before: str
    not_after: str
    key_usage: tuple[str, ...]
    supported_signature_algorithms: tuple[SignatureAlgorithm, ...]


class VerifyPinParams(WindowParams, frozen=True, kw_only=True):
    reader: ShortText | None = None
    contact_field: ContactField = "hidden"


class VerifiedPin(Result, frozen=True, kw_only=True):
    verified: Literal[True]
    contact: str | None = None
    session: str | None = None


class ReaderParams(WindowParams, frozen=True, kw_only=True):
    """Params of `card.changePin` and `card.unblockPin`."""

    reader: ShortText | None = None


class ChangedPin(Result, frozen=True, kw_only=True):
    changed: Literal[True]


class GetTokenParams(WindowParams, frozen=True, kw_only=True):
    challenge_nonce: Nonce
    contact_field: ContactField = "hidden"
    filter: Filter | None = None


class AuthenticationToken(Result, frozen=True, kw_only=True):
    """Web eID authentication token, format web-eid:1.0."""

    unverified_certificate: str
    algorithm: str
    signature: str
    format: Literal["web-eid:1.0"]
    app_version: str


class Token(Result, frozen=True, kw_only=True):
    token: AuthenticationToken
    contact: str | None = None
    session: str | None = None


class Document(Params, frozen=True, kw_only=True):
    """One document to sign, either with its `content` (base64 on the wire) or with the id of its `upload`."""

    name: ShortText
    media_type: ShortText
    content: bytes | msgspec.UnsetType = msgspec.UNSET
    upload: UploadId | msgspec.UnsetType = msgspec.UNSET


class SignDocumentsParams(WindowParams, frozen=True, kw_only=True):
    """`stamp` is a visible mark, in PDF only."""

    documents: Annotated[tuple[Document, ...], msgspec.Meta(min_length=1, max_length=MAX_DOCUMENTS)]
    format: Format
    packaging: Packaging | None = None
    level: Level = "B-B"
    certificate: Thumbprint | None = None
    stamp: Stamp | None = None


class DocumentSignature(Result, frozen=True, kw_only=True):
    """`content` is the signature (base64), `document_digest` SHA-256 of the document in lowercase hex."""

    name: str
    media_type: str
    content: bytes
    document_digest: str


class DocumentSignatures(Result, frozen=True, kw_only=True):
    signatures: tuple[DocumentSignature, ...]
    certificate: Certificate


class SignHashParams(WindowParams, frozen=True, kw_only=True):
    """`certificate` is DER, base64 on the wire; `hash` the digest in lowercase hex."""

    certificate: Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE_BYTES)]
    hash: Digest
    hash_function: Literal["SHA-256", "SHA-384", "SHA-512"]

    @property
    def hash_name(self) -> HashName:
        return HASH_NAMES[self.hash_function]


class HashSignature(Result, frozen=True, kw_only=True):
    """ECDSA as raw R‖S, RSA as the modulus-sized integer; base64 on the wire."""

    signature: bytes
    signature_algorithm: SignatureAlgorithm


class UploadBeginParams(Params, frozen=True, kw_only=True):
    """What will come in binary frames: its size, and SHA-256 in lowercase hex."""

    size_bytes: UploadSize
    sha256: Thumbprint


class BegunUpload(Result, frozen=True, kw_only=True):
    """Each frame holds 1 to `chunk_bytes`; `credit_bytes` may be sent before more credit comes."""

    upload: str
    chunk_bytes: int
    credit_bytes: int


class UploadParams(Params, frozen=True, kw_only=True):
    """Params of `upload.end` and `upload.cancel`."""

    upload: UploadId


class EndedUpload(Result, frozen=True, kw_only=True):
    """What has come, as it was announced."""

    size_bytes: int
    sha256: str


class ResumeParams(Params, frozen=True, kw_only=True):
    session: SessionSecret


class Hello(Result, frozen=True, kw_only=True):
    """`bridge.hello`, the daemon's first frame."""

    name: str
    version: str
    protocol: int


ProgressState = Literal["waitingForReader", "waitingForCard", "waitingForUser", "signing"]
RequestId = str | int


class Progress(Result, frozen=True, kw_only=True):
    """`$/progress`, about the request `id`."""

    id: RequestId
    state: ProgressState
    done: int | None = None
    total: int | None = None
    reader: str | None = None


class Cancel(Params, frozen=True, kw_only=True):
    """`$/cancel`, from the page."""

    id: RequestId


class UploadCredit(Result, frozen=True, kw_only=True):
    """`upload.credit`: so much more may be sent."""

    upload: str
    credit_bytes: int


METHODS: dict[str, tuple[type[Params], type[Result]]] = {
    "bridge.info": (NoParams, Info),
    "readers.list": (NoParams, Readers),
    "readers.watch": (NoParams, Readers),
    "certificates.choose": (ChooseParams, Certificate),
    "card.verifyPin": (VerifyPinParams, VerifiedPin),
    "card.changePin": (ReaderParams, ChangedPin),
    "card.unblockPin": (ReaderParams, ChangedPin),
    "auth.getToken": (GetTokenParams, Token),
    "sign.documents": (SignDocumentsParams, DocumentSignatures),
    "sign.hash": (SignHashParams, HashSignature),
    "upload.begin": (UploadBeginParams, BegunUpload),
    "upload.end": (UploadParams, EndedUpload),
    "upload.cancel": (UploadParams, Empty),
    "session.resume": (ResumeParams, Empty),
    "session.close": (NoParams, Empty),
}
"""Params and result of every method that this version serves."""

NOTIFICATIONS: dict[str, type[msgspec.Struct]] = {
    "bridge.hello": Hello,
    "readers.changed": Readers,
    "upload.credit": UploadCredit,
    "$/progress": Progress,
    "$/cancel": Cancel,
}


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the contract, made from the types above."""
    types: list[Any] = [kind for pair in METHODS.values() for kind in pair] + list(NOTIFICATIONS.values())
    references, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    by_type = dict(zip(types, references, strict=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SUBPROTOCOL,
        "methods": {
            name: {"params": by_type[params], "result": by_type[result]}
            for name, (params, result) in METHODS.items()
        },
        "notifications": {name: by_type[kind] for name, kind in NOTIFICATIONS.items()},
        "$defs": components,
    }
