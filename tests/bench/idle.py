"""What a daemon costs that has nothing to do.

Before use, with a page connected that watches the readers. After use in two states: with such a page, and at
rest, when no page has been connected for a minute and the daemon has become a fresh one (`bridge.resting`;
not on Windows). The second is how it stands most of the day. References stay as their use has left them.

Memory is measured one contender after the other, CPU of all in the same minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from functools import partial

from tests.bench import standing
from tests.bench.figures import Figures, Rounds
from tests.bench.place import Place
from tests.bench.processes import alone_mib, cpu_ms_since, cpu_ns, pss_mib
from tests.bench.references import running
from tests.bench.references.installing import Missing
from tests.bench.signing import TOLD_AS
from tests.bench.starting import WEB_START, prepared_applet
from tests.desktop.panel import has_gi, panel, trayer

IDLE_S = 60
_SETTLE_S = 2.0
_BEFORE, _AFTER = "before use", "after use"
_PAGE, _AT_REST = "a page connected", "at rest, no page"
_ROUNDS = {_BEFORE: 1, _AFTER: 2}
OURS = "idle PSS, no tray, no worker"
CPU = f"idle CPU in 20 s, no tray, no worker, {_PAGE}"
_Context = AbstractAsyncContextManager[list[int]] | AbstractContextManager[list[int]]
_Open = Callable[[], _Context]


def against(name: str) -> str:
    """The name of the figure that compares the daemon's memory at rest with this reference's."""
    return _compared(_AFTER, _AT_REST, TOLD_AS.get(name, name))


def _compared(when: str, state: str, reference: str) -> str:
    return f"{OURS}, {when}, {state}, beside {reference}"


async def idle(place: Place) -> list[Figures]:
    """MiB, and milliseconds of CPU time."""
    with ExitStack() as undo:
        web_start = prepared_applet(place, undo)
        ours: dict[str, _Open] = {
            _PAGE: partial(standing.daemon, place, used=True),
            _AT_REST: partial(standing.at_rest, place),
        }
        fresh: dict[str, _Open] = {_PAGE: partial(standing.daemon, place, used=False)}
        after: dict[str, _Open] = {}
        before: dict[str, _Open] = {}
        for name in running.SERVERS:
            after[name] = partial(standing.server, place, name, used=True)
            before[name] = partial(standing.server, place, name, used=False)
        if web_start is not None:
            after[WEB_START] = partial(standing.applet, web_start)
        figures = await _memory(place, ours, after, _AFTER) + await _memory(place, fresh, before, _BEFORE)
        has_session = partial(standing.daemon, place, used=False, has_session=True)
        figures += await _of_all(has_session, "a session open")
        desk = undo.enter_context(panel())
        trays: dict[str, _Open] = {"no menu (Xorg), the tray alone": partial(standing.xorg_tray, place)}
        if has_gi():
            nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
            trays["a panel's menu (AppIndicator)"] = partial(standing.with_tray, place, desk.env)
            trays["a menu of its own (GTK, XEMBED)"] = partial(standing.with_tray, place, nowhere)
        undo.enter_context(trayer(place.workplace.screen))
        for what, each in trays.items():
            figures += await _of_all(each, _tray(what))
        return figures + await _minute(ours | after | {_tray(what): each for what, each in trays.items()})


def _tray(what: str) -> str:
    return f"tray with {what}"


async def _memory(
    place: Place, ours: dict[str, _Open], references: dict[str, _Open], when: str
) -> list[Figures]:
    """`ours`: the daemon in each of its states."""
    rounds = Rounds("MiB")
    for _ in range(_ROUNDS[when]):
        for name, each in list((ours | references).items()):
            try:
                async with AsyncExitStack() as undo:
                    (pid,) = await _opened(undo, each())
                    await asyncio.sleep(_SETTLE_S)
                    rounds.add(name, [alone_mib(pid)])
            except Missing as missing:
                place.tell(f"left out: {name}: {missing}")
                del references[name]
    figures = []
    for name in references:
        told = TOLD_AS.get(name, name)
        reference = rounds.figures(name, told_as=f"idle PSS, {when}: {told}")
        figures.append(reference)
        figures += [rounds.figures(state, reference, told_as=_compared(when, state, told)) for state in ours]
    return figures


async def _of_all(each: _Open, what: str) -> list[Figures]:
    """Of the daemon and its children together."""
    async with AsyncExitStack() as undo:
        pids = await _opened(undo, each())
        await asyncio.sleep(_SETTLE_S)
        children = sum(map(pss_mib, pids[1:]))
        first = alone_mib(pids[0]) if len(pids) > 1 else pss_mib(pids[0])
        figures = [Figures(what=f"idle PSS, {what}", unit="MiB", samples=(first + children,))]
        if len(pids) > 1:
            figures.append(Figures(what=f"idle PSS, {what}: the child's", unit="MiB", samples=(children,)))
        return figures


async def _minute(contenders: dict[str, _Open]) -> list[Figures]:
    """Everything that can stand idle, in the same minute."""
    figures = []
    async with AsyncExitStack() as undo:
        pids = {name: await _opened(undo, each()) for name, each in contenders.items()}
        await asyncio.sleep(_SETTLE_S)
        before = {name: cpu_ns(each) for name, each in pids.items()}
        await asyncio.sleep(IDLE_S)
        for name, each in pids.items():
            used = cpu_ms_since(before[name], each) / IDLE_S * 20
            what = CPU if name == _PAGE else f"idle CPU in 20 s: {TOLD_AS.get(name, name)}"
            figures.append(Figures(what=what, unit="ms", samples=(used,)))
    return figures


async def _opened(undo: AsyncExitStack, context: _Context) -> list[int]:
    if isinstance(context, AbstractAsyncContextManager):
        return await undo.enter_async_context(context)
    return undo.enter_context(context)
