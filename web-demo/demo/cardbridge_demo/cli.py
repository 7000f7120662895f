"""The command cardbridge-demo: the whole registration, for a person or, without a display, by itself."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from . import stack
from .softhsm import module

PORT = 8470
_ROOT = Path(__file__).parents[3]


def main() -> int:
    """Run until Ctrl-C where there is a display; else carry the registration through once."""
    parser = argparse.ArgumentParser(prog="cardbridge-demo", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=_ROOT / "build" / "demo", help="where the demo's data goes"
    )
    parser.add_argument("--headless", action="store_true", help="drive it in a browser without a display")
    options = parser.parse_args()
    folder: Path = options.data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if options.headless or not stack.has_display():
        from .tour import tour

        return tour(folder)
    with suppress(KeyboardInterrupt):
        _serve(folder)
    return 0


def _serve(folder: Path) -> None:
    origin = f"http://localhost:{PORT}"
    with ExitStack() as running:
        portal = running.enter_context(stack.portal(folder, origin, PORT))
        sample = portal.samples()[0]
        pin = stack.demo_pin(folder)
        env = stack.soft_token(folder, sample.card, pin)
        configuration = stack.write_configuration(folder, origin, ("SoftHSM2", module()))
        address = running.enter_context(stack.daemon(folder, configuration, env))
        _say(origin, address, sample, pin)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _say(origin: str, address: str, sample: stack.Sample, pin: str) -> None:
    sys.stdout.write(
        f"""
ICカードブリッジの実演を始めました。ブラウザーで次の画面を開いてください。

    {origin}/

  自治体                {sample.municipality[:6]}（鹿児島市）
  利用者登録番号        {sample.number}
  商号又は名称          {sample.name}
  PIN番号               {pin}（ICカードブリッジの窓に入力します）

  ICカードブリッジ      {address}
終了するには Ctrl-C を押してください。 / Press Ctrl-C to stop.
"""
    )
    sys.stdout.flush()
