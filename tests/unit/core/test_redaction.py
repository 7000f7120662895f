"""What may leave the computer in a support file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.redaction import Redaction

REDACT = Redaction(homes=("/home/taro", "/"), names=("taro", "見本 太郎", "pc-soumu", "x"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/taro/.config/x.toml", "~/.config/x.toml"),
        ("/home/taro", "~"),
        ("/home/taro2/secret", "/home/[name]/secret"),
        (r"C:\Users\Jiro Yamada\x", r"C:\Users\[name]\x"),
        ("owner=TARO;", "owner=[name];"),
        ("見本 太郎様", "[name]様"),
        ("pc-soumu.example", "[name].example"),
        ("mail taro.y+x@mail.example.jp!", "mail [mail]!"),
        ("01:23:45:67:89:ab:cd:ef", "[hex]"),
        ("serial 0123456789abcdef0", "serial [hex]"),
        ("number 123456789012", "number [number]"),
        ("番号１２３４５６７８９", "番号[number]"),
        ("token Zq8vR2pLw0Xa9TgHc4NfYb1K", "token [token]"),
    ],
)
def test_what_goes(text: str, left: str) -> None:
    assert REDACT(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
        "https://ebid.example.jp:8443",
        "2026-11-27T10:00:00Z INFO bridge.daemon ready on port 28470",
        "extraordinary tarot cards",
        "3B 8F 80 01 80 4F 0C A0",
    ],
)
def test_what_a_help_desk_needs_stays(text: str) -> None:
    assert REDACT(text) == text


@given(st.text(max_size=60))
def test_twice_is_once(text: str) -> None:
    assert REDACT(REDACT(text)) == REDACT(text)
    json.dumps(REDACT(text))
