"""`cardbridge-virtual-card run`: readers and control in one loop, until SIGINT or SIGTERM."""

import asyncio
import secrets
import signal
import sys
from pathlib import Path

from . import control, runtime
from .station import Station

_WARNING = """注意: vpcdは全てのアドレス (0.0.0.0) で待ち受けます。ほかのパソコンから仮想リーダに
つながれないよう、ファイアウォールでTCP {ports} を閉じてください (web-demo/card/README.md)。
"""


def run(*, files: list[Path], ports: list[int], control_port: int, runtime_file: Path, empty: bool) -> None:
    """Serves the cards of `files` at vpcd's `ports`; returns after a signal to stop."""
    station = Station(files, ports)
    if not empty:
        station.insert_all()
    sys.stderr.write(_WARNING.format(ports=", ".join(map(str, ports))))
    asyncio.run(_serve(station, control_port, runtime_file))


async def _serve(station: Station, control_port: int, runtime_file: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    token = secrets.token_urlsafe(32)
    async with control.serving(station, token=token, port=control_port) as origin:
        found = runtime.Control(origin=origin, token=token)
        with runtime.published(runtime_file, found):
            # The token is for the terminal's owner, not for whatever file the output is sent to.
            page = found.page if sys.stdout.isatty() else f"{found.origin}/ ({runtime_file})"
            sys.stdout.write(f"操作用ページ: {page}\n")
            sys.stdout.flush()
            await _until(station, stopped)


async def _until(station: Station, stopped: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        await stopped.wait()
        serving.cancel()
