"""The command's options for mail."""

import argparse
import os
from pathlib import Path

from .server import MailServer, Security, parse_server

DEFAULT_SENDER = "no-reply@example.jp"


def add_mail_options(parser: argparse.ArgumentParser) -> None:
    """`--smtp …` and what belongs to it, or `--mail-folder`. A password is never an argument."""
    group = parser.add_argument_group("mail")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--smtp", metavar="HOST[:PORT]", help="mail server for the notices")
    where.add_argument("--mail-folder", type=Path, help="write notices as .eml files (demonstration)")
    group.add_argument(
        "--smtp-security",
        type=Security,
        choices=list(Security),
        default=Security.STARTTLS,
        help="none: only for a server on this machine",
    )
    group.add_argument("--smtp-user")
    group.add_argument("--smtp-password-file", type=Path, help="first line; not readable by everybody")
    group.add_argument("--smtp-ca", type=Path, help="PEM of an authority that the system does not know")
    group.add_argument("--mail-from", default=os.environ.get("CARDBRIDGE_PORTAL_MAIL_FROM", DEFAULT_SENDER))


def mail_server_of(given: argparse.Namespace) -> MailServer | None:
    """The server that was asked for, if one was.

    Raises:
        ValueError, OSError: see parse_server.
    """
    if given.smtp is None:
        return None
    return parse_server(
        given.smtp,
        security=given.smtp_security,
        sender=given.mail_from,
        user=given.smtp_user,
        password_file=given.smtp_password_file,
        authorities=given.smtp_ca,
    )
