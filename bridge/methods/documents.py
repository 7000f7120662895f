"""The documents of one request: read, and turned into digests to sign."""

from __future__ import annotations

import asyncio
import hashlib

from bridge.core import errors
from bridge.core.algorithms import Algorithm
from bridge.core.document import ApprovedDocument, SignerDocument, read_document, uploaded_document
from bridge.core.messages import Document, SignDocumentsParams
from bridge.core.order import Form
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.keyuse import best_algorithm
from bridge.signatures.packaging import require_suitable

_AT_ONCE_BYTES = 1024 * 1024


def read(call: Call, params: SignDocumentsParams, form: Form) -> tuple[SignerDocument, ...]:
    """The documents, in order.

    Raises:
        InvalidParams: neither content nor a finished upload, or both.
        DocumentUnreadable, UnsupportedFormat
    """
    documents = tuple(_read(call, form, document, n) for n, document in enumerate(params.documents))
    for document in documents:
        require_suitable(form, document.name, document.media_type)
    return documents


def _read(call: Call, form: Form, document: Document, number: int) -> SignerDocument:
    place = f"documents[{number}]"
    match document.content, document.upload:
        case bytes(), str():
            raise errors.InvalidParams("Either content or an upload.", member=f"{place}.upload")
        case bytes(content), _:
            return read_document(document.name, document.media_type, content)
        case _, str(id):
            upload = call.caller.uploads.complete(id, f"{place}.upload")
            if (form.format, form.packaging) != ("cades", "detached"):
                raise errors.UnsupportedFormat(
                    "Of an upload only a detached CAdES signature is made.", document=document.name
                )
            return uploaded_document(document.name, document.media_type, upload)
    raise errors.InvalidParams("Neither content nor an upload.", member=f"{place}.content")


def release_uploads(call: Call, params: SignDocumentsParams) -> None:
    """The uploads have been signed."""
    call.caller.uploads.release({d.upload for d in params.documents if isinstance(d.upload, str)})


def algorithm_for(entry: CertificateEntry, document: SignerDocument) -> Algorithm:
    """The key's best; of an upload there is only SHA-256, whatever the key.

    Raises:
        UnsupportedAlgorithm
    """
    if document.content is not None:
        return best_algorithm(entry)
    for algorithm in entry.algorithms:
        if algorithm.hash_name == "sha256":
            return algorithm
    raise errors.UnsupportedAlgorithm(document=document.name)


async def content_and_digest(document: ApprovedDocument, hash_name: str) -> tuple[bytes, bytes]:
    """The bytes that were shown, and their digest; of an upload there is the digest alone.

    hashlib lets go of the interpreter, so a large document is hashed beside the loop.

    Raises:
        InternalError: they are not what was shown.
    """

    def work() -> tuple[bytes, bytes]:
        content = document.content()
        if content is not None:
            return content, hashlib.new(hash_name, content).digest()
        assert hash_name == "sha256"  # noqa: S101 - see `algorithm_for`
        return b"", bytes.fromhex(document.shown_digest)

    return work() if document.size_bytes <= _AT_ONCE_BYTES else await asyncio.to_thread(work)
