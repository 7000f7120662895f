"""config.toml, and the list of sites in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bridge.config import ConfigurationError
from bridge.core.finding import Finding
from bridge.core.lookalike import seen
from bridge.doctor.place import Place

_QUOTED = re.compile(r"""'[^']+'|"[^"]+\"""")
"""Values, as messages have them: whatever somebody has written into the wrong place stays there."""


def file(place: Place) -> Iterable[Finding]:
    """Whether the configuration can be used."""
    try:
        layers = place.layers()
    except ConfigurationError as error:
        where = f"{error.file}:{error.line}" if error.line else str(error.file)
        theirs = error.file != place.user
        yield Finding(
            id="config",
            code="config_administrators" if theirs else "config_broken",
            state="failure",
            values={"where": where, "key": error.key or "-"},
            detail=_QUOTED.sub("'...'", error.problem),
        )
        return
    if layers.ignored:
        keys = ", ".join(layers.ignored)
        yield Finding(id="config", code="config_ignored", state="warning", values={"keys": keys})
    elif place.user.exists():
        yield Finding(id="config", code="config_good", state="ok", values={"path": str(place.user)})
    else:
        yield Finding(id="config", code="config_none", state="ok", values={"path": str(place.user)})


def sites(place: Place) -> Iterable[Finding]:
    """Whether any site is allowed, and whether one of them looks like another."""
    try:
        allowed = [site.parsed_origin for site in place.layers().settings.site]
    except ConfigurationError:
        yield Finding(id="sites", code="config_first", state="skipped")
        return
    if not allowed:
        yield Finding(id="sites", code="sites_none", state="failure")
        return
    is_plain = True
    for origin in allowed:
        sight = seen(origin, allowed)
        kinds = ", ".join(remark.kind for remark in sight.remarks)
        values = {"site": str(origin), "read": sight.decoded or str(origin)}
        if sight.is_suspicious and [each.kind for each in sight.remarks] != ["other_port"]:
            is_plain = False
            yield Finding(id="sites", code="site_lookalike", state="warning", values=values, detail=kinds)
        elif origin.scheme != "https":
            is_plain = False
            yield Finding(id="sites", code="site_http", state="warning", values=values)
    if is_plain:
        yield Finding(
            id="sites",
            code="sites_some",
            state="ok",
            values={"count": str(len(allowed))},
            detail=", ".join(map(str, allowed)),
        )
