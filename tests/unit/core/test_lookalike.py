"""Origins that look like another are shown as what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.lookalike import Kind, decoded_host, seen
from bridge.core.origin import InvalidOrigin, Origin
from tests.unit.fuzz import quick

ALLOWED = [
    Origin.parse(each)
    for each in (
        "https://ebid.example.jp",
        "https://www.city.kagoshima.lg.jp",
        "https://xn--wgv71a119e.lg.jp",
        "http://localhost:8000",
        "https://192.0.2.1",
    )
]


def ascii_host(host: str) -> str:
    """As a browser sends it: IDNA without its checks, which not every program makes."""
    labels = (
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in host.split(".")
    )
    return ".".join(labels)


def kinds(origin: str) -> list[Kind]:
    scheme, _, rest = origin.partition("://")
    return [remark.kind for remark in seen(Origin.parse(f"{scheme}://{ascii_host(rest)}"), ALLOWED).remarks]


@pytest.mark.parametrize(
    "origin",
    [
        "https://ebid.example.jp", "https://sub.ebid.example.jp", "https://example.jp", "https://other.jp",
        "https://www.pref.kumamoto.lg.jp", "https://192.0.2.2", "https://[2001:db8::1]", "https://a.b.c.d.e",
    ],
)  # fmt: skip
def test_ordinary_sites_have_no_remark(origin: str) -> None:
    sight = seen(Origin.parse(origin), ALLOWED)
    assert (sight.remarks, sight.decoded, sight.ascii) == ((), "", origin)
    assert not sight.is_suspicious


@pytest.mark.parametrize(
    ("host", "readable"),
    [
        ("xn--7st298c4wy.jp", "高知市.jp"), ("xn--mnchen-3ya.de", "münchen.de"),
        ("xn--3e0b707e.kr", "한국.kr"), ("a.xn--wgv71a119e.xn--q9jyb4c", "a.日本語.みんな"),
        ("xn--eckwd4c7cv07q.jp", "ドメイン一.jp"),
    ],
)  # fmt: skip
def test_international_names_are_read(host: str, readable: str) -> None:
    sight = seen(Origin.parse(f"https://{host}:8443"), ALLOWED)
    assert (sight.ascii, sight.decoded) == (f"https://{host}:8443", f"https://{readable}:8443")
    assert [remark.kind for remark in sight.remarks] == ["international"] and not sight.is_suspicious


@pytest.mark.parametrize("host", ["xn--.jp", "xn--a-.jp", "xn--99999999999.jp", "xn--a.b.xn--zzzzzz99"])
def test_a_label_that_is_no_punycode_stays(host: str) -> None:
    try:
        origin = Origin.parse(f"https://{host}")
    except InvalidOrigin:
        return
    assert "international" in [remark.kind for remark in seen(origin).remarks]


@pytest.mark.parametrize(
    "label", ["a/b", "a@b", "a:b", "a。b", "a．b", "a\u2024b", "a／b", "a#b", "a？", "a\\b"]
)
def test_a_decoded_label_ends_where_the_label_ends(label: str) -> None:
    """Punycode could write a slash, and an address would end where it does not."""
    host = f"xn--{(label + 'ü').encode('punycode').decode()}.jp"
    assert decoded_host(host) == host


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://ebid.examp1e.jp", "resembles"),
        ("https://ebid.exarnple.jp", "resembles"),
        ("https://ebid.exmaple.jp", "resembles"),
        ("https://ebid.exampl.jp", "resembles"),
        ("https://ebidd.example.jp", "resembles"),
        ("https://ebid-example.jp", "resembles"),
        ("https://ebid.example.com", "resembles"),
        ("https://ebid.example.co.jp", "resembles"),
        ("https://www.city.kagoshina.lg.jp", "resembles"),
        ("https://\u0435bid.example.jp", "resembles"),
        ("https://\u0435\u044cid.example.jp", "resembles"),
        ("https://ébid.example.jp", "resembles"),
        ("https://日木語.lg.jp", "resembles"),
        ("https://ebid.example.jp.evil.com", "contains"),
        ("https://ebid-example-jp.evil.com", "contains"),
        ("https://evil-ebid.example.jp", "contains"),
        ("https://login.ebid.examp1e.jp.evil.com", "contains"),
        ("https://ebid.example.jp:8443", "other_port"),
        ("http://localhost:3000", "other_port"),
        ("https://localhost:8000", "other_port"),
        ("https://192.0.2.1:444", "other_port"),
        ("https://p\u0430y.example", "mixed"),
        ("https://pay\u03bf.example", "mixed"),
        ("https://ｐay.example", "mixed"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com", "imitates"),
        ("https://ｐａｙ.example", "imitates"),
        ("https://city.jpノlogin.example", "imitates"),
        ("https://cityーlogin.example", "imitates"),
        ("https://a\u200bb.jp", "hidden"),
        ("https://a\u202eb.jp", "hidden"),
        ("https://\u05d0\u05d1.jp", "hidden"),
        ("http://127.0.0.1:9", "insecure"),
    ],
)
def test_what_looks_like_another_is_told(origin: str, expected: Kind) -> None:
    found = kinds(origin)
    assert found[0] == expected
    assert ("international" in found) == (not origin.isascii())


def test_the_site_that_is_meant_is_named() -> None:
    sight = seen(Origin.parse("https://ebid.example.jp.evil.com"), ALLOWED)
    assert sight.is_suspicious and sight.remarks[0].other == "https://ebid.example.jp"
    assert not seen(Origin.parse("http://127.0.0.1:9"), ALLOWED).is_suspicious


@quick
@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=40))
def test_every_origin_can_be_looked_at(host: str) -> None:
    for text in (host, f"xn--{host}", f"a.xn--{host}.jp"):
        try:
            origin = Origin.parse(f"https://{text}")
        except InvalidOrigin:
            continue
        assert seen(origin, ALLOWED).ascii == str(origin)
        assert not any(remark.kind == "resembles" for remark in seen(origin, [origin]).remarks)
