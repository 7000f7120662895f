"""Origins are RFC 6454 tuples; what may stand on the list of sites."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.origin import InvalidOrigin, Origin
from tests.unit.fuzz import quick


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("https://ebid.example.jp", "https", "ebid.example.jp", 443),
        ("http://localhost", "http", "localhost", 80),
        ("https://ebid.example.jp:8443", "https", "ebid.example.jp", 8443),
        ("https://EBID.Example.JP", "https", "ebid.example.jp", 443),
        ("HTTPS://ebid.example.jp", "https", "ebid.example.jp", 443),
        ("https://xn--r8jz45g.xn--zckzah", "https", "xn--r8jz45g.xn--zckzah", 443),
        ("https://a_b.example.jp", "https", "a_b.example.jp", 443),
        ("http://127.0.0.1:3000", "http", "127.0.0.1", 3000),
        ("https://[2001:DB8::1]", "https", "[2001:db8::1]", 443),
        ("https://[2001:db8:0:0:0:0:0:1]:8443", "https", "[2001:db8::1]", 8443),
        ("http://[::1]:80", "http", "[::1]", 80),
        ("https://a:1", "https", "a", 1),
        ("https://a:65535", "https", "a", 65535),
    ],
)
def test_the_tuple(text: str, scheme: str, host: str, port: int) -> None:
    assert Origin.parse(text) == Origin(scheme=scheme, host=host, port=port)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.jp", "https://a.jp:443"),
        ("http://localhost", "http://localhost:80"),
        ("https://A.jp", "https://a.JP"),
        ("https://[0:0:0:0:0:0:0:1]", "https://[::1]:443"),
    ],
)
def test_the_same_origin(one: str, other: str) -> None:
    assert Origin.parse(one) == Origin.parse(other)
    assert str(Origin.parse(one)) == str(Origin.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.jp", "http://a.jp"),
        ("https://a.jp", "https://a.jp:80"),
        ("http://a.jp:443", "https://a.jp"),
        ("https://a.jp", "https://www.a.jp"),
        ("https://a.jp", "https://a.jp.evil.example"),
        ("http://127.0.0.1", "http://localhost"),
        ("http://[::1]", "http://localhost"),
    ],
)
def test_another_origin(one: str, other: str) -> None:
    assert Origin.parse(one) != Origin.parse(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "a.jp",
        "//a.jp",
        "https:",
        "https://",
        "https:///a.jp",
        "https:a.jp",
        "https://a.jp/",
        "https://a.jp/path",
        "https://a.jp?query",
        "https://a.jp#fragment",
        "https://user@a.jp",
        "https://user:word@a.jp",
        "https://a.jp@evil.example",
        "https://a.jp\\@evil.example",
        " https://a.jp",
        "https://a.jp ",
        "https://a.jp\n",
        "https://a.jp\r\nX: y",
        "https://a .jp",
        "https://a\t.jp",
        "https://a.jp\0",
        "https://a.jp, https://b.jp",
        "https://a.jp https://b.jp",
        "https://*.a.jp",
        "https://a%2ejp",
        "https://-a.jp",
        "https://a.jp-",
        "https://.a.jp",
        "https://a.jp.",
        "https://例え.jp",
        "https://ａ.jp",
        "https://a。jp",
        "https://ban\u212a.jp",
        "http\u017f://a.jp",
        "https://a.jp:",
        "https://a.jp:0",
        "https://a.jp:65536",
        "https://a.jp:99999",
        "https://a.jp:-1",
        "https://a.jp:+443",
        "https://a.jp:4 43",
        "https://a.jp:443:443",
        "https://a.jp:４４３",
        "https://a.jp:000443",
        "https://[::1",
        "https://::1",
        "https://[]",
        "https://[::g]",
        "https://[1::2::3]",
        "https://[fe80::1%25eth0]",
        "https://[127.0.0.1]",
        "https://[a.jp]",
        "wss://a.jp",
        "ws://127.0.0.1",
        "file://",
        "chrome-extension://abcdefgh",
        "data:text/html,x",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_tuple_origin(text: str) -> None:
    with pytest.raises(InvalidOrigin):
        Origin.parse(text)


@pytest.mark.parametrize(
    ("text", "permissible"),
    [
        ("https://ebid.example.jp", True),
        ("https://ebid.example.jp:8443", True),
        ("https://192.168.0.1", True),
        ("http://ebid.example.jp", False),
        ("http://192.168.0.1", False),
        ("http://10.0.0.1:443", False),
        ("http://0.0.0.0", False),
        ("http://[::]", False),
        ("http://[2001:db8::1]", False),
        ("http://localhost", True),
        ("http://LOCALHOST:8080", True),
        ("http://127.0.0.1:3000", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:3000", True),
        ("http://localhost.evil.example", False),
        ("http://evil-localhost", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.1", False),
        ("http://0177.0.0.1", False),
        ("http://2130706433", False),
        ("https://[::1]", True),
    ],
)
def test_only_https_and_http_on_loopback_may_be_on_the_list(text: str, permissible: bool) -> None:
    assert Origin.parse(text).is_permissible is permissible


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://EBID.example.jp:443", "https://ebid.example.jp"),
        ("http://localhost:80", "http://localhost"),
        ("https://a.jp:80", "https://a.jp:80"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://[2001:0DB8::0001]:443", "https://[2001:db8::1]"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_written_as_a_browser_writes_it(text: str, written: str) -> None:
    assert str(Origin.parse(text)) == written


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join) | st.ip_addresses(v=6).map(
    lambda ip: f"[{ip}]"
)


@quick
@given(st.sampled_from(["https", "http"]), hosts, st.integers(1, 65535))
def test_text_and_tuple_belong_together(scheme: str, host: str, port: int) -> None:
    origin = Origin.parse(f"{scheme}://{host}:{port}")
    assert (origin.scheme, origin.port) == (scheme, port)
    assert Origin.parse(str(origin)) == origin
    assert Origin.parse(str(origin).upper()) == origin
    assert str(origin).endswith(f":{port}") is (port != {"https": 443, "http": 80}[scheme])


@quick
@given(st.text(max_size=40) | st.text(max_size=20).map("https://".__add__))
def test_any_text_is_an_origin_or_none(text: str) -> None:
    try:
        origin = Origin.parse(text)
    except InvalidOrigin:
        return
    assert text.isascii()
    assert Origin.parse(str(origin)) == origin
