"""The file beside the installer: nothing in it can do more than be shown."""

import pytest

from bridge.core.proposals import LONGEST_BYTES, MOST, NotProposals, Proposal, parse

CITY = '[[site]]\norigin = "https://ebid.city.example.jp"\nname = "○○市電子入札"\n'


def test_sites_in_their_order() -> None:
    text = CITY + '[[site]]\norigin = "HTTPS://B.example.jp:443"\n'
    assert parse(text.encode()) == (
        Proposal(origin="https://ebid.city.example.jp", name="○○市電子入札"),
        Proposal(origin="https://b.example.jp"),
    )


def test_a_file_of_a_windows_editor() -> None:
    assert len(parse(b"\xef\xbb\xbf" + CITY.replace("\n", "\r\n").encode())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "site = 1",
        "[[site]]\n",
        CITY + "[server]\nports = [1, 2]\n",
        CITY + 'pin = "session"\n',
        CITY + "allow_hash_signing = true\n",
        CITY + 'timestamp_url = "https://tsa.example.jp"\n',
        CITY + CITY,
        CITY + CITY.replace("https://ebid.city.example.jp", "https://EBID.city.example.jp:443"),
        CITY.replace("https:", "http:"),
        CITY.replace("https://ebid.city.example.jp", "http://127.0.0.1"),
        CITY.replace("https://ebid.city.example.jp", "https://市.example.jp"),
        CITY.replace("https://ebid.city.example.jp", "https://a@b.example.jp"),
        CITY.replace("https://ebid.city.example.jp", "https://b.example.jp/path"),
        CITY.replace("https://ebid.city.example.jp", f"https://{'a' * 64}.example.jp"),
        CITY.replace("○○市", "a\\u202eb"),
        CITY.replace("○○市", "a\\u0000b"),
        CITY.replace("○○市", "a\\u200bb"),
        CITY.replace("○○市", "長" * 101),
        CITY.replace('"○○市電子入札"', "[1]"),
        "".join(CITY.replace("ebid", f"e{number}") for number in range(MOST + 1)),
        CITY + "#" * LONGEST_BYTES,
        "a = " + "[" * 20000,
        "a = " + "1" * 5000,
    ],
)
def test_a_hostile_file_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(NotProposals):
        parse(text.encode())


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(NotProposals):
        parse(CITY.encode("utf-16"))
