"""Which figures are drawn, and beside which."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench import batch, idle, signing, starting, window
from tests.bench.figures import Figures
from tests.bench.plot import Bar, Chart

_ORDER = ("C", "python-pkcs11", "websockets", "aiohttp", "Node", "Java")
_SHORT = {
    "C": "C loop (the floor)",
    "python-pkcs11": "python-pkcs11, bare",
    "websockets": "30 lines of websockets",
    "aiohttp": "30 lines of aiohttp",
    "Node": "Node signer",
    "Java": "Java signer, resident",
    starting.WEB_START: "applet by Web Start",
}
_OURS = "cardbridge"


def charts(figures: Sequence[Figures]) -> list[Chart]:
    """One a subject; what was not measured is left out."""
    found = {each.what: each for each in figures}
    return [chart for chart in _all(found) if chart.bars]


def _all(found: dict[str, Figures]) -> list[Chart]:
    batches = {f"500 documents, {format}": batch.named(500, format) for format in ("CAdES", "XAdES", "PAdES")}
    return [
        _beside(found, "Start to ready", "ms", starting.READY, "start to ready: {}", 1.0),
        _beside(
            found,
            "Start to first signature, the person's time taken out",
            "ms",
            starting.FIRST,
            "start to first signature: {}",
            0.35,
        ),
        _beside(
            found,
            "Idle memory (PSS), no tray",
            "MiB",
            idle.against("aiohttp"),
            "idle PSS, after use: {}",
            1.0,
        ),
        _beside(found, "One signature, session open", "ms", signing.OURS, "{}", 1.6),
        _beside(
            found,
            "Signatures a second, eight in flight",
            "/s",
            signing.OURS_IN_FLIGHT,
            "{}, 8 in flight",
            0.6,
        ),
        Chart(
            title="A document of a batch, verification included",
            unit="ms",
            bars=[_bar(label, found[what], is_ours=True) for label, what in batches.items() if what in found],
        ),
        Chart(
            title="From a page's request to the PIN window",
            unit="ms",
            bars=[_bar(_OURS, found[window.WHAT], is_ours=True)] if window.WHAT in found else [],
            goal=150.0,
        ),
    ]


def _beside(found: dict[str, Figures], title: str, unit: str, ours: str, theirs: str, goal: float) -> Chart:
    """`theirs`: how the others are called, with a place for the contender; `goal`: of our ratio."""
    if ours not in found:
        return Chart(title=title, unit=unit, bars=[])
    bars = [_bar(_OURS, found[ours], is_ours=True)]
    for name in (*_ORDER, starting.WEB_START):
        figure = found.get(theirs.format(signing.TOLD_AS.get(name, name)))
        if name == "python-pkcs11" and ours == signing.OURS_IN_FLIGHT:
            figure = found[ours].reference
        if figure is not None:
            bars.append(_bar(_SHORT[name], figure))
    reference = found[ours].reference
    return Chart(title=title, unit=unit, bars=bars, goal=reference.median * goal if reference else None)


def _bar(label: str, figure: Figures, *, is_ours: bool = False) -> Bar:
    low, high = figure.percentile(0.25), figure.percentile(0.75)
    return Bar(label=label, value=figure.median, low=low, high=high, is_ours=is_ours)
