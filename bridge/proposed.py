"""The proposed sites of this computer, and what this user has said to them. See `bridge.core.proposals`.

The installer lays the file that stood beside it into a folder that only administrators can write. It allows
nothing: the settings window shows each site, as it shows those that asked, and a person allows or hides it.
What was hidden, and that a site was shown once, is kept for the user.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import msgspec

from bridge.core.decoding import json_decoder
from bridge.core.proposals import LONGEST_BYTES, NotProposals, Proposal, parse
from bridge.paths import read_private, write_private

_log = logging.getLogger(__name__)
_MOST_ANSWERS = 200
_MAX_BYTES = 262144


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """`hidden`: origins that the user does not want to see. `shown`: those that a window was opened for."""

    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


_answers = json_decoder(Answers)


def read(file: Path) -> tuple[Proposal, ...]:
    """What the file proposes; nothing where there is none.

    Raises:
        NotProposals, OSError
    """
    try:
        return parse(read_private(file, LONGEST_BYTES + 1))
    except FileNotFoundError:
        return ()


def pending(file: Path, answers: Path, allowed: Collection[str]) -> tuple[Proposal, ...]:
    """The proposals that are neither allowed nor hidden; none of a file that cannot be used."""
    try:
        proposals = read(file)
    except (NotProposals, OSError):
        return ()
    hidden = _read(answers).hidden if proposals else ()
    return tuple(each for each in proposals if each.origin not in allowed and each.origin not in hidden)


def hide(answers: Path, origin: str) -> None:
    """Raises: OSError."""
    given = _read(answers)
    _write(answers, msgspec.structs.replace(given, hidden=_added(given.hidden, (origin,))))


def unhide(answers: Path, origin: str) -> None:
    """Raises: OSError."""
    given = _read(answers)
    left = tuple(each for each in given.hidden if each != origin)
    _write(answers, msgspec.structs.replace(given, hidden=left))


def are_news(file: Path, answers: Path, allowed: Collection[str]) -> bool:
    """Whether a window is to be opened: true once for each site, and never where that cannot be kept."""
    given = _read(answers)
    try:
        read(file)
    except (NotProposals, OSError) as error:
        _log.warning("the proposed sites cannot be used: %s", error)
    new = tuple(e.origin for e in pending(file, answers, allowed) if e.origin not in given.shown)
    if not new:
        return False
    try:
        _write(answers, msgspec.structs.replace(given, shown=_added(given.shown, new)))
    except OSError as error:
        _log.warning("what was proposed cannot be remembered: %s", error.strerror)
        return False
    return True


def _added(there: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return (*(each for each in there if each not in new), *new)[-_MOST_ANSWERS:]


def _read(answers: Path) -> Answers:
    try:
        given: Answers = _answers(read_private(answers, _MAX_BYTES))
    except (OSError, msgspec.DecodeError):
        return Answers()
    return given


def _write(answers: Path, given: Answers) -> None:
    write_private(answers, msgspec.json.encode(given))
