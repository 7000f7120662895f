"""Documents: a name that can be shown, a content that is what its media type says."""

import hashlib

import pytest

from bridge.core.document import read_document
from bridge.core.errors import DocumentUnreadable

PDF, PNG, JPEG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("media_type", "content", "kind"),
    [
        ("text/plain", b"", "text/plain"),
        ("text/plain", "入札書\r\n\t①".encode(), "text/plain"),
        ("text/plain", b"\xef\xbb\xbfx", "text/plain"),
        ("TEXT/Plain; charset=utf-8", b"x", "text/plain"),
        (" text/xml ;x=y", b"<a/>", "text/xml"),
        ("application/json", b'{"a": [1, null]}', "application/json"),
        ("application/json", b"1", "application/json"),
        ("application/pdf", PDF, "application/pdf"),
        ("image/png", PNG, "image/png"),
        ("image/jpeg", JPEG, "image/jpeg"),
        ("application/zip", b"PK\3\4", "application/zip"),
        ("application/zip", b"PK\5\6", "application/zip"),
        ("application/octet-stream", bytes(range(256)), "application/octet-stream"),
        ("application/octet-stream", b"", "application/octet-stream"),
        ("application/vnd.ms-excel", b"anything", "application/vnd.ms-excel"),
        ("", b"x", ""),
    ],
)
def test_a_document(media_type: str, content: bytes, kind: str) -> None:
    document = read_document("入札書 (1).txt", media_type, content)
    assert (document.name, document.media_type, document.content) == ("入札書 (1).txt", kind, content)
    assert document.digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/plain", "入札書".encode("shift_jis")),
        ("text/plain; charset=shift_jis", "入札書".encode("shift_jis")),
        ("text/plain", "入札書".encode("utf-16")),
        ("text/plain", b"a\0b"),
        ("text/html", b"\xff"),
        ("text/plain", b"\xed\xa0\x80"),
        ("application/json", b""),
        ("application/json", b"{'a': 1}"),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b"[Infinity]"),
        ("application/json", b"-Infinity"),
        ("application/json", b'\xef\xbb\xbf{"a": 1}'),
        ("application/json", b"[" * 100_000),
        ("application/json; charset=utf-8", b"x"),
        ("application/pdf", b""),
        ("application/pdf", b"x" + PDF),
        ("application/pdf", PNG),
        ("image/png", PDF),
        ("image/png", PNG[:-1]),
        ("image/jpeg", PNG),
        ("application/zip", b"Rar!"),
        ("APPLICATION/PDF", b"x"),
    ],
)
def test_content_that_contradicts_its_media_type(media_type: str, content: bytes) -> None:
    with pytest.raises(DocumentUnreadable) as caught:
        read_document("a.txt", media_type, content)
    assert caught.value.data == {"document": "a.txt"}
    assert caught.value.code == -32052


@pytest.mark.parametrize(
    "name",
    [
        "a\0.txt", "a\n.txt", "a\r", "\t", "a\x1b[31m", "a\x7f", "a\x85", "a\u2028b", "a\u2029b",
        "a\u200b.txt", "\u202etxt.exe", "\u2066a", "\ufeffa", "\ue000", "a\ud800",
        "../a.txt", "/etc/passwd", "a/b", "..\\a.txt", "C:\\a.txt",
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_shown_or_leads_elsewhere_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(DocumentUnreadable) as caught:
        read_document(name, "text/plain", b"x")
    assert name not in caught.value.detail
    assert caught.value.data == {"document": ""}


@pytest.mark.parametrize(
    "name", ["入札書（第１回）.xml", "a b.txt", "ｱ.txt", "a'b\"c.txt", "𠮷.txt", "が.txt"]
)
def test_names_that_people_use(name: str) -> None:
    assert read_document(name, "text/plain", b"x").name == name
