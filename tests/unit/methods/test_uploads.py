"""Uploaded documents in `sign.documents`: what the window names is signed, with SHA-256 on any key."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest

from bridge.core import errors, messages
from bridge.core.consent import Approved, Confirm, Screen
from bridge.core.upload import Upload
from bridge.methods.call import Call
from bridge.methods.dialogue import outcome
from bridge.methods.sign import sign_documents
from tests.unit.certificates import SIGNATURE, certificate
from tests.unit.methods.asking import TWO
from tests.unit.methods.fakes import FakeChannel, Place, agrees
from tests.unit.tokens import placed, survey

CONTENT = b"%PDF-1.7 " + bytes(100_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
P384 = survey(placed([certificate("p384", usage=SIGNATURE)]))


async def uploaded(call: Call, content: bytes = CONTENT) -> str:
    uploads = call.caller.uploads
    upload = uploads.begin(len(content), hashlib.sha256(content).hexdigest())
    upload.more_credit()
    for start in range(0, len(content), 65536):
        await uploads.take(content[start : start + 65536])
    return (await uploads.end(upload.id)).id


def params(*uploads: str, media_type: str = "application/pdf") -> messages.SignDocumentsParams:
    documents = tuple(
        messages.Document(name=f"{n}.pdf", media_type=media_type, upload=id) for n, id in enumerate(uploads)
    )
    return messages.SignDocumentsParams(documents=documents, format="cades")


async def test_the_digest_that_is_named_is_the_one_that_is_signed() -> None:
    place = Place(TWO)
    call = place.call()
    result = await sign_documents(call, params(await uploaded(call)))
    (order,) = place.making.orders
    assert (order.digest.hex(), order.content) == (DIGEST, b"")
    (shown,) = place.consent.openings[0].documents
    assert (shown.name, shown.size_bytes) == ("0.pdf", len(CONTENT))
    assert result.signatures[0].document_digest == DIGEST


async def test_another_digest_than_was_shown_signs_nothing() -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Any:
        answer = await agrees(screen, channel)
        return Approved(digests=("0" * 64,)) if isinstance(screen, Confirm) else answer

    place = Place(TWO)
    place.consent.person = person
    call = place.call()
    assert isinstance(await outcome(sign_documents(call, params(await uploaded(call)))), errors.InternalError)
    assert place.making.orders == []


async def test_sha_256_for_an_upload_whatever_the_key() -> None:
    """Inline documents of the same request keep the hash of the key's strength."""
    place = Place(P384)
    place.tokens.sign_error = errors.DriverFailed(driver="OpenSC")  # the fake card signs with another key
    call = place.call()
    assert isinstance(await outcome(sign_documents(call, params(await uploaded(call)))), errors.DriverFailed)
    inline = messages.Document(name="a.txt", media_type="text/plain", content=b"x")
    await outcome(sign_documents(call, messages.SignDocumentsParams(documents=(inline,), format="cades")))
    assert [order.algorithm for order in place.making.orders] == ["ES256", "ES384"]


async def test_the_end_waits_until_the_last_frame_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowUpload(Upload):
        def hash(self, frame: bytes) -> None:
            time.sleep(0.2)
            super().hash(frame)

    monkeypatch.setattr("bridge.methods.uploads.Upload", SlowUpload)
    call = Place(TWO).call()
    assert call.caller.uploads.complete(await uploaded(call), "").is_complete


@pytest.mark.parametrize("is_signed", [True, False])
async def test_an_upload_is_kept_until_it_is_signed(is_signed: bool) -> None:
    place = Place(TWO)
    call = place.call()
    id = await uploaded(call)
    if not is_signed:
        place.tokens.sign_error = errors.DriverTimeout(driver="OpenSC")
    await outcome(sign_documents(call, params(id)))
    place.tokens.sign_error = None
    again = await outcome(sign_documents(call, params(id)))
    assert isinstance(again, errors.InvalidParams) is is_signed


async def test_one_upload_twice_in_a_request() -> None:
    place = Place(TWO)
    call = place.call()
    id = await uploaded(call)
    result = await sign_documents(call, params(id, id))
    assert [row.document_digest for row in result.signatures] == [DIGEST] * 2


async def test_the_wrong_beginning_asks_nobody() -> None:
    place = Place(TWO)
    call = place.call()
    wrong = params(await uploaded(call), media_type="image/png")
    assert isinstance(await outcome(sign_documents(call, wrong)), errors.DocumentUnreadable)
    assert place.consent.windows == []
