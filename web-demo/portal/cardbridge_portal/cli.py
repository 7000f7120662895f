"""The command `cardbridge-portal`."""

import argparse
import asyncio
import logging
import os
import signal
import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509

from .addresses import parse_networks
from .app import create_app
from .authority import issue_card, revoke
from .engine import session_on
from .mail.options import add_mail_options, mail_server_of
from .numbers import rotate
from .official_commands import VERBS, CommandError, add_official_verbs, run_official_verb
from .procuring import cli as procuring
from .settings import Settings, parse_origin, parse_ports

DATABASE_VARIABLE = "CARDBRIDGE_PORTAL_DATABASE"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cardbridge-portal", description="Demo portal for cardbridge")
    verbs = parser.add_subparsers(dest="verb", required=True)
    revoking = verbs.add_parser("revoke", help="revoke a demo card's certificates, at once")
    revoking.add_argument("--data", type=Path, required=True)
    revoking.add_argument("card", type=Path, help="the card's folder, as samples.json names it")
    issuing = verbs.add_parser("issue-card", help="another card by the demo authority; prints its folder")
    issuing.add_argument("--data", type=Path, required=True)
    issuing.add_argument("--company", required=True)
    issuing.add_argument("--holder", required=True)
    issuing.add_argument("--days", type=int, help="how long it is valid; five years unless said")
    for parsed in procuring.add_verbs(verbs):
        _add_storage(parsed)
    rotating = verbs.add_parser("rotate-number-key", help="put the registration numbers under a new key")
    _add_storage(rotating)
    add_official_verbs(verbs, _add_storage)
    run = verbs.add_parser("run", help="serve the portal")
    _add_storage(run)
    run.add_argument("--port", type=int, required=True)
    run.add_argument("--origin", type=parse_origin, required=True, help="as browsers see it")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--tls-cert", type=Path)
    run.add_argument("--tls-key", type=Path)
    run.add_argument("--bridge-ports", type=parse_ports, default=parse_ports("28470-28473"))
    run.add_argument(
        "--trusted-proxy", type=parse_networks, default=(), help="addresses whose X-Forwarded-For is believed"
    )
    add_mail_options(run)
    run.add_argument("--card-control", type=parse_origin, help="origin of the virtual IC card's control page")
    return parser


def _add_storage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of database, keys and demo cards")
    parser.add_argument(
        "--database",
        default=os.environ.get(DATABASE_VARIABLE),
        help=f"SQLAlchemy URL instead of SQLite; with a password rather in {DATABASE_VARIABLE}",
    )
    parser.add_argument("--number-key", type=Path, help="the registration numbers' key file, if elsewhere")


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _revoke(parser: argparse.ArgumentParser, data: Path, card: Path) -> None:
    found = sorted(card.glob("*.crt.pem"))
    if not found or not (data / "authority").is_dir():
        parser.error("no such card, or no such data folder")
    for path in found:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        revoke(data, certificate, datetime.now(UTC))
        sys.stdout.write(f"revoked {certificate.serial_number:X}\n")


def _issue(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if not (given.data / "authority").is_dir():
        parser.error("no such data folder")
    until = datetime.now(UTC) + timedelta(days=given.days) if given.days else None
    card = issue_card(given.data.resolve(), given.company, given.holder, not_after=until)
    sys.stdout.write(f"{card.directory}\n")


async def _rotate(settings: Settings) -> int:
    async with session_on(settings.database_url) as db:
        return await rotate(db, settings.number_key)


async def _serve(settings: Settings, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    # No access log of aiohttp's: it would write queries and addresses.
    runner = web.AppRunner(create_app(settings), access_log=None)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        sys.stdout.write(f"portal ready {settings.origin}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def _administer(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """The verbs that work on a portal's data, running or not."""
    if not given.data.is_dir():
        parser.error("no such data folder")
    settings = Settings(
        data=given.data.resolve(), origin="", database=given.database, key_file=given.number_key
    )
    if given.verb == "rotate-number-key":
        sys.stdout.write(f"{asyncio.run(_rotate(settings))} numbers are under the new key\n")
        return
    try:
        asyncio.run(run_official_verb(given, settings))
    except CommandError as error:
        sys.exit(str(error))


def main() -> None:
    """`cardbridge-portal run …` (ends with SIGINT or SIGTERM), and the verbs for who runs the server."""
    parser = _arguments()
    given = parser.parse_args()
    if given.verb == "revoke":
        _revoke(parser, given.data, given.card)
        return
    if given.verb == "issue-card":
        os.umask(0o077)
        _issue(parser, given)
        return
    if given.verb in procuring.VERBS:
        sys.exit(procuring.run(given))
    if given.verb in {"rotate-number-key", *VERBS}:
        _administer(parser, given)
        return
    if (given.tls_cert is None) != (given.tls_key is None):
        parser.error("--tls-cert and --tls-key belong together")
    try:
        mail_server = mail_server_of(given)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    os.umask(0o077)
    # aiohttp quotes bytes of malformed requests; the portal's own log says what happened without them.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings(
        data=given.data.resolve(),
        origin=given.origin,
        bridge_ports=given.bridge_ports,
        database=given.database,
        key_file=given.number_key,
        card_control=given.card_control,
        proxies=given.trusted_proxy,
        mail_server=mail_server,
        mail_folder=given.mail_folder and given.mail_folder.resolve(),
    )
    try:
        asyncio.run(_serve(settings, given.host, given.port, _tls(given.tls_cert, given.tls_key)))
    except OSError as error:
        sys.stderr.write(f"cardbridge-portal: {error.strerror or error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
