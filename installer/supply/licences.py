"""Under which licence each shipped part is, whether it may be shipped, and the texts that go with it."""

from __future__ import annotations

import re
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from installer.supply.shipped import Library, Shipped, normalised

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "licences.toml").read_text("utf-8"))
_TEXTS = re.compile(r"(^|/)(licen[cs]es?|copying|notice)([^/]*|/.*)$", re.IGNORECASE)


def of_distribution(distribution: metadata.Distribution) -> str:
    """SPDX expression: the package's own word, else ours; empty where neither says it."""
    expression = distribution.metadata.json.get("license_expression")
    return str(expression or TABLE["distributions"].get(normalised(distribution.metadata["Name"]), ""))


def of_library(library: Library) -> str:
    """SPDX expression of the system's library; empty for one that is not in the table."""
    name = Path(library.file).name.partition(".so")[0]
    found = TABLE["libraries"]
    return str(found.get(name) or found.get(name.rstrip("0123456789."), ""))


def acceptable(expression: str) -> bool:
    """Whether a part under this licence may be in a package."""
    accepted = set(TABLE["accepted"])

    def single(text: str) -> bool:
        return text.strip().strip("()") in accepted

    return bool(expression) and all(
        any(single(choice) for choice in part.split(" OR ")) for part in expression.split(" AND ")
    )


def refused(parts: Shipped) -> list[str]:
    """What stops the build: parts with no known licence, or one that is not accepted."""
    named = [(name, of_distribution(each)) for name, each in sorted(parts.distributions.items())]
    named += [(library.file, of_library(library)) for library in parts.libraries]
    return [f"{name}: {licence or 'no licence known'}" for name, licence in named if not acceptable(licence)]


def third_party(parts: Shipped) -> str:
    """The text of THIRD-PARTY.txt: each part, its licence, and the licence's own words."""
    sections = [_section(f"Python {sys.version.split()[0]}", "PSF-2.0", _pythons())]
    for _, each in sorted(parts.distributions.items()):
        title = f"{each.metadata['Name']} {each.version}"
        sections.append(_section(title, of_distribution(each), _texts(each)))
    for package in sorted({library.package for library in parts.libraries if library.package}):
        mine = [library for library in parts.libraries if library.package == package]
        licence = " AND ".join(sorted({of_library(library) for library in mine}))
        files = ", ".join(library.file for library in mine)
        text = Path("/usr/share/doc", package.partition(":")[0], "copyright").read_text("utf-8", "replace")
        sections.append(_section(f"{package} {mine[0].version} ({files})", licence, text))
    return "What cardbridge ships with, and under which licences.\n\n" + "\n".join(sections)


def _section(title: str, licence: str, text: str) -> str:
    rule = "=" * 100
    return f"{rule}\n{title}\n{licence}\n{rule}\n\n{text.strip()}\n"


def _texts(distribution: metadata.Distribution) -> str:
    files = [file for file in distribution.files or () if _TEXTS.search(str(file)) and file.suffix != ".py"]
    texts = [Path(str(distribution.locate_file(file))) for file in sorted(files, key=str)]
    found = "\n\n".join(path.read_text("utf-8", "replace").strip() for path in texts if path.is_file())
    return found or "(The package brings no text; its licence is named above.)"


def _pythons() -> str:
    """Of this Python: in its library, beside it on Windows, and in Debian's documentation."""
    library = Path(sysconfig.get_path("stdlib"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for path in (library / "LICENSE.txt", Path(sys.base_prefix, "LICENSE.txt"),
                 Path("/usr/share/doc", version, "copyright"),
                 Path("/usr/share/doc", f"{version}-minimal", "copyright")):  # fmt: skip
        if path.is_file():
            return path.read_text("utf-8", "replace")
    return "(see https://docs.python.org/3/license.html)"
