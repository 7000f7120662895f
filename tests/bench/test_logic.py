"""The bench's own logic: ratios, goals, what has moved, the record, the report, the picture, the stages."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.bench import breakdown, charts, goals, history, instrumented, plot, processes, report, window
from tests.bench.figures import Figures, Rounds
from tests.bench.goals import Goal
from tests.bench.instrumented import POINTS


def _figures(what: str, *samples: float, reference: Figures | None = None, rounds: int = 1) -> Figures:
    return Figures(what=what, unit="ms", samples=samples, reference=reference, rounds=rounds)


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    theirs, ours = Rounds("ms"), Rounds("ms")
    for disturbance in (1, 1, 100):
        theirs.add("theirs", [2.0 * disturbance, 2.0 * disturbance])
        ours.add("ours", [3.0 * disturbance, 3.0 * disturbance])
    compared = ours.figures("ours", theirs.figures("theirs"))
    assert compared.ratio == 1.5
    assert "1.50 × (1.50 – 1.50) theirs" in compared.row()


def test_a_ratio_of_unequal_rounds_is_that_of_the_medians() -> None:
    base = _figures("base", 1, 2, 3)
    assert _figures("other", 4, 4, reference=base, rounds=2).ratio == 2.0
    assert _figures("other", 4, reference=_figures("nothing", 0.0)).ratio is None


def test_goals_say_met_not_met_and_not_measured() -> None:
    base = _figures("base", 10)
    found = {"slow": _figures("slow", 15, reference=base), "rate": _figures("rate", 7, reference=base)}
    wanted = (
        Goal(what="a", of="slow", by="ratio", bound=1.0),
        Goal(what="b", of="slow", by="median", bound=15.0, unit="ms"),
        Goal(what="c", of="rate", by="ratio", bound=0.6, at="least"),
        Goal(what="d", of="absent", by="ratio", bound=1.0),
    )
    rows = [each.row() for each in goals.judged(found, wanted)]
    assert [each.is_met for each in goals.judged(found, wanted)] == [False, True, True, None]
    assert rows[0] == "| a | ≤ 1 × | 1.50 × |  | **not met** |"
    assert rows[1] == "| b | ≤ 15 ms | 15.0 ms |  | met |"
    assert rows[2] == "| c | ≥ 0.6 × | 0.70 × |  | met |"
    assert rows[3] == "| d | ≤ 1 × | not measured |  |  |"


def test_goals_that_are_no_ratios_have_a_unit() -> None:
    assert all((goal.by == "ratio") == (goal.unit == "×") for goal in goals.GOALS)


def test_what_moved_by_more_than_a_tenth_is_told_the_worse_first() -> None:
    last = {
        "ratios": {"time": 1.0, "rate": 1.0, "still": 1.0, "gone": 1.0},
        "values": {"memory": 10.0},
    }
    new = {"ratios": {"time": 0.8, "rate": 0.7, "still": 1.09, "fresh": 2.0}, "values": {"memory": 11.5}}
    told = list(map(str, history.moves(last, new, rates={"rate"})))
    assert told == [
        "WORSE by 30 %: rate: 1.00 -> 0.70",
        "WORSE by 15 %: memory: 10.0 -> 11.5",
        "better by 20 %: time: 1.00 -> 0.80",
    ]


def test_the_history_keeps_one_record_a_commit(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    assert history.read(path) == []
    for commit, ratio in (("a", 1.0), ("b", 2.0), ("b", 3.0)):
        history.append({"commit": commit, "ratios": {"x": ratio}}, path)
    assert [each["ratios"]["x"] for each in history.read(path)] == [1.0, 3.0]
    assert len(path.read_text().splitlines()) == 4


def test_a_record_has_the_ratios_and_what_the_goals_look_at() -> None:
    base = _figures("base", 10)
    figures = [base, _figures("slow", 15, reference=base)]
    made = history.record(figures, {"slow": 15.0, "base": 10.0}, commit="c", time="t", machine="m")
    assert made == {
        "commit": "c",
        "time": "t",
        "machine": "m",
        "ratios": {"slow": 1.5},
        "values": {"base": 10.0},
    }


def test_only_what_stands_between_the_markers_is_written() -> None:
    text = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    once = report.between_markers(text, "new\n")
    assert once == f"before\n{report.BEGIN}\n\nnew\n\n{report.END}\nafter\n"
    assert report.between_markers(once, "new") == once
    with pytest.raises(ValueError, match="markers"):
        report.between_markers("no markers", "new")


def test_the_documentation_has_its_markers() -> None:
    report.between_markers(report.ARCHITECTURE.read_text("utf-8"), "new")


def test_a_run_tells_its_goals_and_what_moved() -> None:
    run = report.Run(figures=[_figures(window.WHAT, 200)], time="now", commit="c")
    last = {"commit": "b", "time": "then", "machine": "m", "values": {window.WHAT: 100.0}}
    told = report.told(run, [last])
    assert "| request to PIN window | ≤ 150 ms | 200 ms |  | **not met** |" in told
    assert f"WORSE by 100 %: {window.WHAT}: 100 -> 200" in told
    assert "No earlier run" in report.told(run, [])


def test_the_picture_is_well_formed_and_shows_each_bar() -> None:
    figure = _figures(window.WHAT, 100, 120, 900)
    drawn = ET.fromstring(plot.svg(charts.charts([figure])))  # noqa: S314 - made here
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "From a page's request to the PIN window" in texts
    assert "120 ms" in texts
    hostile = plot.Chart(title="<&>", unit="ms", bars=[plot.Bar(label="<b>", value=0, low=0, high=0)])
    ET.fromstring(plot.svg([hostile]))  # noqa: S314 - made here


def test_the_stages_of_a_signature_add_up() -> None:
    notes = [
        ("decoded", 130, 140),
        ("received", 120, 125),
        ("signed", 200, 600),
        ("verified", 610, 700),
        ("encoded", 720, 730),
        ("received", 1020, 1030),
        ("decoded", 1030, 1040),
        ("signed", 1100, 1500),
        ("verified", 1510, 1600),
        ("encoded", 1620, 1630),
    ]
    asked = [(100, 800), (1000, 1800)]
    first, second = breakdown.moments(asked, notes, inits=[250, 1150], signs=[300, 550, 1400])
    assert first.stages_us() == [0.02, 0.02, 0.06, 0.05, 0.3, 0.05, 0.1, 0.03, 0.07]
    assert sum(second.stages_us()) == pytest.approx(0.8)
    table = breakdown.table(breakdown.figures([first, second]))
    assert len(table) == 2 + len(breakdown.STAGES) + 1
    assert table[-1].endswith("| 100% |")
    assert breakdown.table([]) == []


async def test_what_is_watched_does_what_it_did() -> None:
    notes: list[tuple[str, int, int]] = []

    async def later(number: int) -> int:
        return number

    def fails() -> None:
        raise KeyError

    assert await instrumented.noting("later", later, notes)(3) == 3
    with pytest.raises(KeyError):
        instrumented.noting("fails", fails, notes)()
    assert [point for point, begin, end in notes if begin <= end] == ["later", "fails"]


def test_memory_is_counted_as_if_the_bench_were_not_there() -> None:
    code = "import asyncio, sys; sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        shared, alone = processes.pss_mib(child.pid), processes.alone_mib(child.pid)
        assert 1 < shared < alone < 100
        used = processes.cpu_ns([child.pid])
        assert processes.cpu_ms_since({}, [child.pid]) > 0
        assert processes.cpu_ms_since(used, [child.pid]) < 1000
        child.kill()


@pytest.mark.parametrize("point", POINTS)
def test_the_daemon_still_has_what_the_breakdown_watches(point: str) -> None:
    assert callable(instrumented.found(point)[2])
