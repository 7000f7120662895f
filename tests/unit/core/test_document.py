"""Documents: a name that can be shown, a content that is what its media type says."""

import hashlib

import pytest
from msgspec.structs import force_setattr, replace

from bridge.core.document import ApprovedDocument, SignerDocument, approved, read_document
from bridge.core.errors import DocumentUnreadable, InternalError

PDF, PNG, JPEG = b"%PDF-1.7\nstartxref\n0\n%%EOF\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize(
    ("media_type", "content", "kind"),
    [
        ("text/plain", b"", "text/plain"),
        ("text/plain", "入札書\r\n\t①".encode(), "text/plain"),
        ("text/plain", b"\xef\xbb\xbfx", "text/plain"),
        ("text/plain", "㏍".encode() * 70_000, "text/plain"),
        ("text/plain; format=flowed", b"x", "text/plain"),
        ('text/plain; x=y; Charset="UTF-8"', b"x", "text/plain"),
        ("text/html", b"<script>alert(1)</script>", "text/html"),
        ("text/xml", "<a/>".encode("utf-16"), "text/xml"),
        ("application/xml", "\n<a>入札</a>".encode("shift_jis"), "application/xml"),
        ("application/xml", b"\xef\xbb\xbf<a/>", "application/xml"),
        ("image/svg+xml", b"<svg/>", "image/svg+xml"),
        ("application/ld+json", b"{}", "application/ld+json"),
        ("application/json", b'{"a": 1, "a": 2}', "application/json"),
        ("application/pdf", PDF + b"\0\0\r\n ", "application/pdf"),
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
        ("application/json", b"[" * 100_000 + b"]" * 100_000),
        ("application/json", b"[1] [2]"),
        ("application/json", '"入札"'.encode("utf-16")),
        ("application/ld+json", b"<a/>"),
        ("text/plain", "㏍".encode() * 70_000 + b"\xe3"),
        ("text/plain; charset=shift_jis", b"x"),
        ("text/plain; charset=utf-16", b"x"),
        ("text/xml", b""),
        ("text/xml", b"a"),
        ("application/xml", PDF),
        ("image/svg+xml", PNG),
        ("application/pdf", b"%PDF-1.7\n"),
        ("application/pdf", b"%PDF-1.7\n%%EOF\n"),
        ("application/pdf", b"%PDF-1.7\nstartxref\n0\n"),
        ("application/pdf", b"%PDF-1.7\nstartxref\n0\n" + b" " * 2000 + b"%%EOF\n"),
        ("application/pdf", PDF + b"PK\5\6"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"\xd0\xcf"),
        ("image/gif", PNG),
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


def document(content: bytes = b"x", name: str = "a.txt") -> SignerDocument:
    return SignerDocument(name=name, media_type="text/plain", content=content)


def test_a_digest_is_of_its_own_content() -> None:
    other = replace(document(b"x"), content=b"y")
    assert other.digest == hashlib.sha256(b"y").hexdigest()
    given = SignerDocument(name="a", media_type="text/plain", content=b"x", size_bytes=9, digest="0" * 64)
    assert (given.size_bytes, given.digest) == (1, hashlib.sha256(b"x").hexdigest())


def test_what_was_approved_is_what_is_read() -> None:
    documents = (document(b"x"), document(b"y", "b.txt"))
    pairs = approved(documents, [each.digest for each in documents])
    assert [(pair.name, pair.media_type, pair.content(), pair.size_bytes) for pair in pairs] == [
        ("a.txt", "text/plain", b"x", 1),
        ("b.txt", "text/plain", b"y", 1),
    ]
    assert [pair.shown_digest for pair in pairs] == [each.digest for each in documents]


@pytest.mark.parametrize("order", [(1, 0), (0,), (0, 1, 1), (), (0, 0)])
def test_other_digests_than_the_documents(order: tuple[int, ...]) -> None:
    documents = (document(b"x"), document(b"y"))
    with pytest.raises(InternalError):
        approved(documents, [documents[index].digest for index in order])


def test_nothing_is_approved_without_a_document() -> None:
    with pytest.raises(InternalError):
        approved((), ())


def test_bytes_that_are_swapped_after_the_approval() -> None:
    """Neither a document in another's place nor other bytes in a document get past the digest."""
    seen = document(b"100")
    (pair,) = approved([seen], [seen.digest])
    swapped = replace(pair, document=document(b"900"))
    with pytest.raises(InternalError):
        swapped.content()
    force_setattr(seen, "content", b"900")
    with pytest.raises(InternalError):
        pair.content()
    assert isinstance(pair, ApprovedDocument)


def test_an_upload_is_approved_by_its_digest() -> None:
    upload = SignerDocument(
        name="a.zip", media_type="application/zip", content=None, size_bytes=5, digest="ab"
    )
    (pair,) = approved([upload], ["ab"])
    assert pair.content() is None and pair.size_bytes == 5
    swapped = replace(pair, document=replace(upload, digest="cd"))
    with pytest.raises(InternalError):
        swapped.content()
