"""The sites that somebody who hands out the installer proposes, in a small file beside it. Pure.

A municipality gives its companies the unmodified, signed package and a file of its own; so that file is
signed by nobody, and means nothing before a person has allowed each of its sites. It has an origin and a name
for each, and none of the rules of a site: no file may propose that a PIN is asked for less often.
"""

from __future__ import annotations

import tomllib
import unicodedata

import msgspec

from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.refusals import may_be_kept

MOST = 20
LONGEST_BYTES = 65536
_LONGEST_NAME = 100
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")


class NotProposals(ValueError):
    """The file is not one of proposed sites: no part of it is used."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One site: `origin` in the form in which it is compared, `name` for windows, "" where there is none."""

    origin: str
    name: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    site: tuple[Proposal, ...]


def parse(content: bytes) -> tuple[Proposal, ...]:
    """The sites in a file, in its order, e.g. ``[[site]]``, ``origin = "https://…"``, ``name = "…"``.

    Raises:
        NotProposals: also where any one of them cannot be allowed, or is there twice.
    """
    if len(content) > LONGEST_BYTES:
        raise NotProposals(f"longer than {LONGEST_BYTES} bytes")
    try:
        found = msgspec.convert(tomllib.loads(content.decode("utf-8-sig")), _File).site
    except ValueError as error:  # of TOML, UTF-8 or msgspec; a number with thousands of digits is a plain one
        raise NotProposals(str(error)) from None
    except RecursionError:
        raise NotProposals("nested too deeply") from None
    if len(found) > MOST:
        raise NotProposals(f"more than {MOST} sites")
    checked = tuple(map(_checked, found))
    if len({proposal.origin for proposal in checked}) < len(checked):
        raise NotProposals("the same origin is there twice")
    return checked


def _checked(proposal: Proposal) -> Proposal:
    try:
        origin = Origin.parse(proposal.origin)
    except InvalidOrigin as error:
        raise NotProposals(str(error)) from None
    if origin.scheme != "https" or not may_be_kept(origin):
        raise NotProposals(f"must be https and a host's name: {proposal.origin!r}")
    if len(proposal.name) > _LONGEST_NAME:
        raise NotProposals(f"a name longer than {_LONGEST_NAME} characters")
    if any(unicodedata.category(character) in _HIDDEN for character in proposal.name):
        raise NotProposals(f"characters that cannot be seen in a name: {proposal.name!a}")
    return Proposal(origin=str(origin), name=proposal.name.strip())
