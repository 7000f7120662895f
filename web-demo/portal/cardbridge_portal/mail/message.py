"""One notice as a message (RFC 5322, headers RFC 2047, plain text in UTF-8). Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default

from ..form import EMAIL
from ..holder import JAPAN

MAX_SUBJECT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent, but for the sender. `message_id`, without domain, is one however often it is tried."""

    message_id: str
    recipient: str
    subject: str
    body: str
    moment: datetime = datetime.fromtimestamp(0, UTC)


def compose(letter: Letter, sender: Address) -> EmailMessage:
    """The message; nothing in `letter` can add a header or a recipient.

    Raises:
        ValueError: the recipient is no plain address.
    """
    if not EMAIL.fullmatch(letter.recipient):
        raise ValueError("not a recipient's address")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = one_line(letter.subject)[:MAX_SUBJECT]
    message["Date"] = letter.moment.astimezone(JAPAN)
    message["Message-ID"] = f"<{letter.message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["Content-Language"] = "ja, en"
    # base64: some servers on the way still take 7 bits only.
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message


def one_line(text: str) -> str:
    """Control characters and line breaks of every kind become blanks."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def read_subject_and_sender(message: bytes) -> tuple[str, str]:
    """The two headers as a mail program shows them."""
    read = message_from_bytes(message, policy=default)
    return str(read["Subject"]), str(read["From"])
