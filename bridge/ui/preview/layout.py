"""How text becomes lines for a person: names and values, what is too long, what is too empty. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from bridge.ui.preview.tricks import Found, marked
from bridge.ui.preview.wire import Line, Run, Style

Words = Callable[..., str]
"""`bridge.ui.texts.Texts` of one language."""

MOST_LEVELS = 64
_INDENTED_LEVELS = 12
_LONGEST = 1000
_BLANK_LINES = 8
_BLANK_CHARACTERS = 60
_GAP = re.compile(f"[ \u00a0\u3000\t]{{{_BLANK_CHARACTERS},}}")


class TooDeep(ValueError):
    """More than `MOST_LEVELS` inside one another."""


class Writer:
    """Writes lines in one language, and remembers in `found` what a person should be warned of."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.found: Found = set()

    def text(self, text: str, style: Style = "plain") -> tuple[Run, ...]:
        """Somebody else's words; what would not be seen is marked. A line break becomes a mark."""
        if len(text) < _BLANK_CHARACTERS:
            return marked(text, style, self.found)
        runs: list[Run] = []
        at = 0
        for gap in _GAP.finditer(text):
            runs += marked(text[at : gap.start()], style, self.found)
            runs.append(Run(self.words("gap_characters", count=len(gap.group())), "mark"))
            self.found.add("gaps")
            at = gap.end()
        runs += marked(text[at:], style, self.found)
        return tuple(runs)

    def note(self, key: str, **values: object) -> Run:
        """Words of ours."""
        return Run(self.words(key, **values), "note")

    def mark(self, key: str, **values: object) -> Run:
        return Run(self.words(key, **values), "mark")

    def lines(
        self, level: int, *parts: Run | str, name: str | None = None, kind: Run | None = None
    ) -> Iterator[Line]:
        """`parts`, of which the strings are somebody else's, as one line or, with line breaks, more.

        Args:
            kind: stands behind the name.
        """
        lines: list[list[Run]] = [[]]
        if name is not None:
            colon = Run(self.words("colon") if parts else "", "name")
            lines[-1] += [*self.text(name, "name"), *filter(None, [kind]), colon]
        for part in parts:
            if isinstance(part, Run):
                lines[-1].append(part)
                continue
            for number, piece in enumerate(_pieces(part)):
                if number:
                    lines[-1].append(self.mark("line_break"))
                    lines.append([])
                lines[-1] += self.text(piece)
        for number, runs in enumerate(lines):
            yield from self._cut(runs, level + (number > 0))

    def _cut(self, runs: list[Run], level: int) -> Iterator[Line]:
        """A line of a length that can be laid out, or more with a mark where they hang together."""
        if level > MOST_LEVELS:
            raise TooDeep
        if level <= _INDENTED_LEVELS and sum(len(run.text) for run in runs) <= _LONGEST:
            yield Line(tuple(runs), level)
            return
        start = [self.note("level", count=level)] if level > _INDENTED_LEVELS else []
        line, room = [*start], _LONGEST
        for run in runs:
            text = run.text
            while len(text) > room:
                line += [Run(text[:room], run.style), self.mark("goes_on")]
                yield Line(tuple(line), min(level, _INDENTED_LEVELS))
                text, line, room = text[room:], [], _LONGEST
            if text:
                line.append(Run(text, run.style))
                room -= len(text)
        yield Line(tuple(line), min(level, _INDENTED_LEVELS))


def without_gaps(writer: Writer, lines: Iterable[str]) -> Iterator[str | Run]:
    """The lines, with a mark instead of many blank ones before another: nobody takes it for the end."""
    blank = 0
    for line in lines:
        if not line.strip(" \t\u00a0\u3000"):
            blank += 1
            continue
        if blank > _BLANK_LINES:
            writer.found.add("gaps")
            yield writer.mark("gap_lines", count=blank)
        else:
            yield from [""] * blank
        blank = 0
        yield line
    yield from [""] * min(blank, _BLANK_LINES)


def _pieces(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")
