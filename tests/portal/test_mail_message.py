"""Messages and settings of mail: pure, no server."""

import os
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from pathlib import Path

import pytest

from cardbridge_portal.mail.message import Letter, compose
from cardbridge_portal.mail.server import MailServer, Security, parse_sender, parse_server
from cardbridge_portal.mail.texts import WORDINGS, Kind, body_of, subject_of

SENDER = Address("鹿児島市契約課", "keiyaku", "example.jp")


def letter(**values: str) -> Letter:
    given = {"recipient": "uketsuke@example.jp", "subject": "指名通知書", "body": "本文"} | values
    return Letter(message_id="1", moment=datetime(2026, 11, 27, tzinfo=UTC), **given)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_survives_seven_bits(kind: Kind) -> None:
    subject = subject_of(kind, "鹿児島市")
    body = body_of(kind, company="株式会社見本建設", municipality="鹿児島市", facts=[("日時", "きょう")])
    raw = compose(letter(subject=subject, body=body), SENDER).as_bytes()
    assert raw.isascii() and all(len(line) <= 78 for line in raw.split(b"\r\n"))
    read = message_from_bytes(raw, policy=default)
    assert read["Subject"] == subject and read["From"] == str(SENDER)
    assert read.get_content().replace("\r\n", "\n") == body
    assert read["Auto-Submitted"] == "auto-generated" and read["Message-ID"] == "<1@example.jp>"
    assert "http" not in body and "株式会社見本建設　御中" in body


def test_who_gets_what() -> None:
    """指名通知書 and 見積依頼通知書 to 代表窓口; all other news to the department; alarms to 代表窓口."""
    news = {kind: WORDINGS[kind].field for kind in Kind if not WORDINGS[kind].alarm}
    assert news == {
        Kind.NOMINATION: "contact_email",
        Kind.QUOTATION: "contact_email",
        Kind.ANNOUNCEMENT: "unit_email",
    }
    assert {WORDINGS[kind].field for kind in Kind if WORDINGS[kind].alarm} == {"contact_email"}


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: x@example.com", "\nBcc: x@example.com", "\x0b\x1e\x85\u2028Bcc: x"]
)
def test_no_value_adds_a_header_or_a_line(evil: str) -> None:
    read = message_from_bytes(compose(letter(subject="件名" + evil), SENDER).as_bytes(), policy=default)
    assert read["Bcc"] is None and read["Subject"].startswith("件名 Bcc")
    with pytest.raises(ValueError, match="recipient"):
        compose(letter(recipient="a@example.jp" + evil), SENDER)
    body = body_of(
        Kind.REFUSED, company="見本" + evil, municipality="鹿児島市", facts=[("a" + evil, "b" + evil)]
    )
    assert "\nBcc" not in body and body.count("\n") == body_of(
        Kind.REFUSED, company="見本", municipality="鹿児島市", facts=[("a", "b")]
    ).count("\n")


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.jp, b@example.jp",
        "a@example.jp>",
        "<a@example.jp",
        '"a b"@example.jp',
        "契約@example.jp",
        "",
    ],
)
def test_one_plain_recipient(recipient: str) -> None:
    with pytest.raises(ValueError, match="recipient"):
        compose(letter(recipient=recipient), SENDER)


@pytest.mark.parametrize("address", ["a..b@docomo.ne.jp", "abc.@docomo.ne.jp"])
def test_addresses_that_only_old_japanese_telephones_have(address: str) -> None:
    assert f"To: {address}\r\n".encode() in compose(letter(recipient=address), SENDER).as_bytes()


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "keiyaku",
        "鹿児島市",
        "a@example.jp\r\nBcc: b@example.jp",
        "鹿児島県鹿児島市役所総務局契約課第二係電子入札担当者の窓口です <a@example.jp>",
    ],
)
def test_senders_that_mail_cannot_carry(sender: str) -> None:
    with pytest.raises(ValueError, match="sender"):
        parse_sender(sender)


def test_server_of_the_options(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("ひみつ\n")
    os.chmod(secret, 0o600)
    server = parse_server(
        "mail.example.jp",
        security=Security.STARTTLS,
        sender="鹿児島市契約課 <keiyaku@example.jp>",
        user="portal",
        password_file=secret,
    )
    assert (server.host, server.port, server.password) == ("mail.example.jp", 587, "ひみつ")
    assert "ひみつ" not in repr(server) and server.sender == SENDER
    assert parse_server("[::1]:2525", security=Security.NONE, sender="a@example.jp").port == 2525
    os.chmod(secret, 0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        parse_server("localhost", security=Security.TLS, sender="a@b.jp", user="u", password_file=secret)


@pytest.mark.parametrize("address", ["mail.example.jp", "192.0.2.1:25", "[2001:db8::1]"])
def test_without_tls_on_this_machine_only(address: str) -> None:
    with pytest.raises(ValueError, match="on this machine"):
        parse_server(address, security=Security.NONE, sender="a@example.jp")


@pytest.mark.parametrize("address", ["localhost:", "localhost:x", "localhost:0", "localhost:70000"])
def test_addresses_of_servers(address: str) -> None:
    with pytest.raises(ValueError, match="HOST"):
        parse_server(address, security=Security.NONE, sender="a@example.jp")


def test_user_and_password_belong_together() -> None:
    with pytest.raises(ValueError, match="together"):
        MailServer(host="localhost", port=25, security=Security.NONE, sender=SENDER, user="portal")
