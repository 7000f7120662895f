"""The command cardbridge-demo: the whole registration, for a person or, without a display, by itself."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from . import stack
from .card import DemoToken, demo_token
from .process import NotReady

PORT = 8470
_ROOT = Path(__file__).parents[3]


def main() -> int:
    """Run until Ctrl-C where there is a display; else carry the registration through once."""
    parser = argparse.ArgumentParser(prog="cardbridge-demo", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=_ROOT / "build" / "demo", help="where the demo's data goes"
    )
    parser.add_argument("--two-cards", action="store_true", help="two cards in two readers")
    parser.add_argument("--headless", action="store_true", help="drive it in a browser without a display")
    options = parser.parse_args()
    # Ended either way, everything that was started ends too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder: Path = options.data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if options.headless or not stack.has_display():
        from .tour import tour

        return tour(folder)
    try:
        with suppress(KeyboardInterrupt):
            _serve(folder, cards=2 if options.two_cards else 1)
    except NotReady as error:
        sys.stderr.write(f"実演を始められません / the demo cannot start: {error}\n")
        return 1
    return 0


def _serve(folder: Path, *, cards: int) -> None:
    port = first_free_port(PORT)
    control_port = first_free_port(port + 1)
    origin = f"http://localhost:{port}"
    with ExitStack() as running:
        control = f"http://127.0.0.1:{control_port}"
        portal = running.enter_context(stack.portal(folder, origin, port, card_control=control))
        samples = portal.samples()[:cards]
        sample = samples[0]
        new = _renewal_card(folder, portal, sample)
        official = portal.official_cards()[0]
        pin = stack.demo_pin(folder)
        token = running.enter_context(
            demo_token(
                folder,
                [*(each.card for each in samples), new, official],
                pin,
                readers=cards,
                control_port=control_port,
            )
        )
        configuration = stack.write_configuration(folder, origin, token.driver)
        address = running.enter_context(stack.daemon(folder, configuration, token.env))
        _say(origin, address, sample, pin, token, new, official)
        signal.pause()


def _renewal_card(folder: Path, portal: stack.Portal, sample: stack.Sample) -> Path:
    """The first company's next card, for ICカード更新; it lies beside the reader. Issued once."""
    known = folder / "renewal-card"
    if not known.exists():
        known.write_text(str(portal.issue_card(sample.name, "見本　太郎")), encoding="utf-8")
    return Path(known.read_text("utf-8"))


def first_free_port(port: int) -> int:
    """`port`, or the next one that nobody serves."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
        port += 1


def _say(
    origin: str,
    address: str,
    sample: stack.Sample,
    pin: str,
    token: DemoToken,
    new: Path,
    official: Path,
) -> None:
    control = (
        f"\n  カードの操作（抜き差しなど） {token.control_page}"
        f"\n  ICカード更新用のICカード {token.card_name(new)}（操作の画面で差し替えます。PIN番号は同じ）"
        f"\n  発注機関の画面        {origin}/authority/"
        f"\n  職員用のICカード      {token.card_name(official)}（同じく差し替えます。PIN番号は同じ）"
        if token.control_page
        else ""
    )
    sys.stdout.write(
        f"""
ICカードブリッジの実演を始めました。ブラウザーで次の画面を開いてください。

    {origin}/

  自治体                鹿児島市（{sample.municipality}）
  利用者登録番号        {sample.number}
  商号又は名称          {sample.name}
  PIN番号               {pin}（ICカードブリッジの窓に入力します）

  ICカードブリッジ      {address}
  ICカード              {token.kind}{control}

終了するには Ctrl-C を押してください。 / Press Ctrl-C to stop.
"""
    )
    sys.stdout.flush()
