"""Uploads: counted and hashed as they come; credit that always lets them end and never lets too much come."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.document import uploaded_document
from bridge.core.errors import DocumentUnreadable, InvalidParams
from bridge.core.upload import CHUNK_BYTES, CREDIT_BYTES, HEAD_BYTES, OutsideUpload, Upload
from tests.unit.fuzz import quick

CONTENT = "入札書".encode() * 1000


def upload_of(content: bytes, *, sha256: str | None = None, size: int | None = None) -> Upload:
    announced = hashlib.sha256(content).hexdigest() if sha256 is None else sha256
    return Upload("u", size_bytes=len(content) if size is None else size, sha256=announced)


def sent(upload: Upload, content: bytes, frame_bytes: int = 1000) -> Upload:
    upload.more_credit()
    for start in range(0, len(content), frame_bytes):
        frame = content[start : start + frame_bytes]
        upload.accept(frame)
        upload.hash(frame)
    return upload


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, bytes(CHUNK_BYTES + 1)])
def test_what_was_announced_has_come(content: bytes) -> None:
    upload = sent(upload_of(content), content)
    assert upload.is_complete and not upload.is_unfinished
    upload.check()
    assert upload.head == content[:HEAD_BYTES]


def test_too_few_bytes() -> None:
    upload = sent(upload_of(CONTENT), CONTENT[:-1])
    assert upload.is_unfinished and not upload.is_complete
    with pytest.raises(InvalidParams) as caught:
        upload.check()
    assert caught.value.data == {"member": "sizeBytes"}


def test_other_bytes_than_announced() -> None:
    upload = sent(upload_of(CONTENT, sha256="0" * 64), CONTENT)
    assert not upload.is_unfinished and not upload.is_complete
    with pytest.raises(InvalidParams) as caught:
        upload.check()
    assert caught.value.data == {"member": "sha256"}


@pytest.mark.parametrize("frame", [b"", bytes(CHUNK_BYTES + 1)])
def test_a_frame_that_is_empty_or_too_long(frame: bytes) -> None:
    upload = Upload("u", size_bytes=10 * CHUNK_BYTES, sha256="0" * 64)
    upload.more_credit()
    with pytest.raises(OutsideUpload):
        upload.accept(frame)
    upload.accept(bytes(CHUNK_BYTES))


def test_no_byte_before_credit_and_none_beyond_the_announced_size() -> None:
    upload = Upload("u", size_bytes=3, sha256="0" * 64)
    with pytest.raises(OutsideUpload):
        upload.accept(b"x")
    assert upload.more_credit() == 3
    with pytest.raises(OutsideUpload):
        upload.accept(b"xxxx")
    upload.accept(b"xxx")
    assert upload.more_credit() == 0
    with pytest.raises(OutsideUpload):
        upload.accept(b"x")


Page = tuple[int, list[int]]
"""An upload's size, and the lengths of a page's frames."""


def paging(sizes: st.SearchStrategy[int], frames: st.SearchStrategy[int]) -> st.SearchStrategy[Page]:
    return st.tuples(sizes, st.lists(frames, min_size=1, max_size=5))


pages = paging(st.integers(0, 3000), st.integers(1, 1000)) | paging(
    st.integers(CREDIT_BYTES, 4 * CREDIT_BYTES), st.integers(CHUNK_BYTES // 8, CHUNK_BYTES)
)


@quick
@given(pages)
def test_credit_is_bounded_and_never_leaves_a_page_waiting(page: Page) -> None:
    size, frames = page
    upload = Upload("u", size_bytes=size, sha256="0" * 64)
    granted, received, turn = upload.more_credit(), 0, 0
    while received < size:
        in_flight = granted - received
        assert 0 < in_flight <= CREDIT_BYTES, "bounded, and something may be sent"
        frame = min(frames[turn % len(frames)], in_flight)
        upload.accept(bytes(frame))
        received, turn = received + frame, turn + 1
        granted += upload.more_credit()
    assert granted == size and not upload.is_unfinished and upload.more_credit() == 0


def test_credit_does_not_come_in_drops() -> None:
    upload = Upload("u", size_bytes=4 * CREDIT_BYTES, sha256="0" * 64)
    assert upload.more_credit() == CREDIT_BYTES
    upload.accept(bytes(1000))
    assert upload.more_credit() == 0
    told = 0
    for _ in range(CREDIT_BYTES // CHUNK_BYTES // 2):
        upload.accept(bytes(CHUNK_BYTES))
        told += upload.more_credit() > 0
    assert told == 2


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", b"%PDF-1.7" + bytes(5000)),
        ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(5000)),
        ("application/octet-stream", bytes(5000)),
        ("text/plain", CONTENT),
        ("text/plain", b"x" * (HEAD_BYTES - 1) + CONTENT),
        ("text/plain", b""),
        ("Text/Plain; charset=utf-8", b"x"),
    ],
)
def test_an_uploaded_document(media_type: str, content: bytes) -> None:
    document = uploaded_document("a.txt", media_type, sent(upload_of(content), content))
    assert document.content is None and document.size_bytes == len(content)
    assert document.digest == hashlib.sha256(content).hexdigest()
    assert document.media_type == media_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    ("name", "media_type", "content", "named"),
    [
        ("a.txt", "application/pdf", CONTENT, "a.txt"),
        ("a.txt", "application/pdf", b"", "a.txt"),
        ("a.txt", "text/plain", CONTENT[:4], "a.txt"),
        ("a.txt", "text/plain", b"\xff" + CONTENT, "a.txt"),
        ("a.txt", "text/plain", b"a\0b", "a.txt"),
        ("a.txt", "application/json", b"\xff", "a.txt"),
        ("../a", "text/plain", b"x", ""),
        ("a\u202e", "text/plain", b"x", ""),
    ],
)
def test_an_uploaded_document_that_contradicts_itself(
    name: str, media_type: str, content: bytes, named: str
) -> None:
    with pytest.raises(DocumentUnreadable) as caught:
        uploaded_document(name, media_type, sent(upload_of(content), content))
    assert caught.value.data == {"document": named}
