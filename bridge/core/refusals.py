"""The sites that asked to connect and were refused, kept so that the user can allow one. Pure.

The list is filled by whatever page the browser shows, so it has a fixed size, and one party cannot fill it:
where it is full, the oldest origin of the domain that has the most on it makes room. A page that frames a
thousand names below its own domain only pushes out its own. Who owns many domains and keeps a page open can
push out others; then they are missed here, and can still be allowed by typing their address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from bridge.core.origin import InvalidOrigin, Origin

MOST = 20
_LONGEST_HOST, _LONGEST_LABEL = 253, 63  # RFC 1035, section 2.3.4


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`origin` was refused last at `at` (seconds since 1970, UTC)."""

    origin: str
    at: int


def may_be_kept(origin: Origin) -> bool:
    """Whether `origin` could be allowed at all, and be the name of a host."""
    host = origin.host
    is_name = len(host) <= _LONGEST_HOST and all(0 < len(part) <= _LONGEST_LABEL for part in host.split("."))
    return is_name and origin.is_permissible


def noted(refusals: Iterable[Refusal], new: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """The list, at most `MOST` long and the latest first, after `new` has been refused, oldest first."""
    kept = {refusal.origin: refusal for refusal in checked(refusals)}
    for refusal in checked(new):
        kept.pop(refusal.origin, None)
        kept[refusal.origin] = refusal
        while len(kept) > MOST:
            del kept[_dispensable(list(kept.values()), refusal.origin)]
    return tuple(sorted(kept.values(), key=lambda refusal: -refusal.at))


def checked(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Those that could be allowed, with their origins in the form in which they are compared."""
    found = []
    for refusal in refusals:
        try:
            origin = Origin.parse(refusal.origin)
        except InvalidOrigin:
            continue
        if may_be_kept(origin):
            found.append(Refusal(origin=str(origin), at=refusal.at))
    return tuple(found)


def _dispensable(refusals: list[Refusal], newest: str) -> str:
    sizes = Counter(_domain(refusal.origin) for refusal in refusals)
    most = max(sizes.values())
    candidates = [refusal for refusal in refusals if sizes[_domain(refusal.origin)] == most]
    others = [refusal for refusal in candidates if refusal.origin != newest]
    return min(others or candidates, key=lambda refusal: refusal.at).origin


def _domain(origin: str) -> str:
    """Roughly what one party owns: two labels, or three below ``co.jp``, ``lg.jp`` and their like.

    All numeric addresses count as one, and so does all of this computer.
    """
    parsed = Origin.parse(origin)
    if parsed.is_loopback:
        return "loopback"
    labels = parsed.host.split(".")
    if parsed.host.startswith("[") or labels[-1].isdigit():
        return "number"
    is_second_level = len(labels[-1]) == 2 and len(labels) > 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if is_second_level else -2 :])
