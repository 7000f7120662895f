"""Which pairs of format and packaging are offered."""

from __future__ import annotations

from typing import Literal

from bridge.core.errors import UnsupportedFormat

Packaging = Literal["detached", "enveloping"]

_OFFERED: dict[tuple[str, str | None], Packaging] = {
    ("cades", None): "detached",
    ("cades", "detached"): "detached",
    ("cades", "enveloping"): "enveloping",
}


def packaging_of(format: str, packaging: str | None, level: str) -> Packaging:
    """The packaging, the format's default filled in.

    Raises:
        UnsupportedFormat: this version does not offer it.
    """
    offered = _OFFERED.get((format, packaging))
    if offered is None or level != "B-B":
        raise UnsupportedFormat(f"{format}, {packaging or 'default packaging'}, {level} is not offered.")
    return offered
