"""The figures of a run as a picture: bars in SVG, drawn here, since no library is needed for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 900, 330, 130
_BAR, _STEP, _TITLE, _GAP = 16, 24, 34, 18
_LEGEND = "Bars: medians; whiskers: the middle half; dashed: the goal for cardbridge"
_STYLE = (
    "text{font:13px system-ui,'Noto Sans',sans-serif;fill:#1f2933}.t{font-weight:600;font-size:14px}"
    ".o{fill:#12456b}.r{fill:#9fb3c8}.g{stroke:#c0392b;stroke-width:2;stroke-dasharray:4 3}.s{stroke:#e08e2b;"
    "stroke-width:2}.b{fill:#fff}.v{paint-order:stroke;stroke:#fff;stroke-width:4px}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`low` to `high` is the spread; `is_ours` is drawn in the strong colour."""

    label: str
    value: float
    low: float
    high: float
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars of one unit; `goal` is a dashed line at this value."""

    title: str
    unit: str
    bars: Sequence[Bar]
    goal: float | None = None


def svg(charts: Sequence[Chart]) -> str:
    """All charts, one below the other."""
    parts, top = [], 10
    for chart in charts:
        parts.append(_chart(chart, top))
        top += _TITLE + _STEP * len(chart.bars) + _GAP
    top += _TITLE - _GAP
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    ground = f'<rect class="b" width="{_WIDTH}" height="{top}"/>'
    parts.append(f'<text x="{_LEFT}" y="{top - 14}">{escape(_LEGEND)}</text>')
    return "\n".join([head, f"<style>{_STYLE}</style>", ground, *parts, "</svg>"]) + "\n"


def _chart(chart: Chart, top: int) -> str:
    longest = max([bar.high for bar in chart.bars] + [chart.goal or 0]) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    lines = [f'<text class="t" x="10" y="{top + 18}">{escape(chart.title)}</text>']
    first = top + _TITLE
    if chart.goal is not None:
        x, bottom = _LEFT + chart.goal * scale, first + _STEP * len(chart.bars) - 4
        lines.append(f'<path class="g" d="M{x:.1f} {first - 6}V{bottom}"/>')
    for number, bar in enumerate(chart.bars):
        y = first + number * _STEP
        middle, end = y + _BAR / 2, _LEFT + bar.value * scale
        low, high = _LEFT + bar.low * scale, _LEFT + bar.high * scale
        kind = "o" if bar.is_ours else "r"
        told = f"{bar.value:,.3g} {chart.unit}" if bar.value < 100 else f"{bar.value:,.0f} {chart.unit}"
        lines += [
            f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{max(end - _LEFT, 1):.1f}" height="{_BAR}"/>',
            f'<path class="s" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {y + 4}v8M{high:.1f} {y + 4}v8"/>',
            f'<text class="v" x="{max(end, high) + 8:.1f}" y="{y + 13}">{escape(told)}</text>',
        ]
    return "\n".join(lines)
