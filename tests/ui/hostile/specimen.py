"""What a hostile document is, and what has to become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bridge.ui.preview.wire import Caution

Verdict = Literal["refused", "shown", "either"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One document. It is `refused` before any window, or `shown` so that nobody is fooled.

    Args:
        verdict: `either`: it is broken, and how much PDFium mends is its own affair.
        cautions: what the user is warned of, no more and no less.
        says: has to be read in the window; `hides` must not be.
        stands_out: all that is marked, where that is given.
    """

    media_type: str
    make: Callable[[], bytes]
    verdict: Verdict = "refused"
    cautions: frozenset[Caution] = frozenset()
    says: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    stands_out: str = ""


def refused(media_type: str, make: Callable[[], bytes] | bytes | str) -> Specimen:
    return Specimen(media_type=media_type, make=_maker(make))


def shown(
    media_type: str,
    make: Callable[[], bytes] | bytes | str,
    *cautions: Caution,
    says: str | tuple[str, ...] = (),
    hides: str | tuple[str, ...] = (),
    stands_out: str = "",
) -> Specimen:
    return Specimen(
        media_type=media_type,
        make=_maker(make),
        verdict="shown",
        cautions=frozenset(cautions),
        says=(says,) if isinstance(says, str) else says,
        hides=(hides,) if isinstance(hides, str) else hides,
        stands_out=stands_out,
    )


def _maker(content: Callable[[], bytes] | bytes | str) -> Callable[[], bytes]:
    if isinstance(content, str):
        content = content.encode()
    return (lambda: content) if isinstance(content, bytes) else content
