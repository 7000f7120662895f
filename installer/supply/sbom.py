"""The software bill of materials (CycloneDX 1.6, JSON) of one frozen folder."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installer.supply.licences import of_distribution, of_library
from installer.supply.shipped import PROGRAM, Library, Shipped, normalised

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
_LICENCES = LicenseFactory()


def pinned(lock: Path) -> dict[str, str]:
    """Name (normalised) to version of everything in a lock."""
    return {
        normalised(match["name"]): match["version"] for match in _PINNED.finditer(lock.read_text("utf-8"))
    }


def bill(parts: Shipped, version: str, made: int) -> str:
    """The bill as JSON; the same parts and time give the same bytes.

    Args:
        parts: what is in the folder.
        version: of the program.
        made: seconds since 1970, as SOURCE_DATE_EPOCH.
    """
    program = Component(
        name=PROGRAM, version=version, type=ComponentType.APPLICATION, bom_ref=PROGRAM,
        licenses=[_LICENCES.make_from_string("MIT")],
        purl=PackageURL("pypi", name=PROGRAM, version=version),
    )  # fmt: skip
    components = [_python(), *(_distribution(name, parts) for name in sorted(parts.distributions))]
    components += [_library(each) for each in sorted(parts.libraries, key=lambda library: library.file)]
    bom = Bom(components=components)
    bom.metadata.component = program
    bom.metadata.timestamp = datetime.fromtimestamp(made, UTC)
    names = "\n".join(sorted(str(component.bom_ref) for component in components))
    bom.serial_number = uuid5(NAMESPACE_URL, f"{PROGRAM} {version} {sys.platform} {made}\n{names}")
    bom.register_dependency(program, components)
    return f"{JsonV1Dot6(bom).output_as_string(indent=1)}\n"


def _python() -> Component:
    version = sys.version.split()[0]
    return Component(
        name="cpython", version=version, type=ComponentType.PLATFORM, bom_ref=f"cpython@{version}",
        licenses=[_LICENCES.make_from_string("PSF-2.0")],
        purl=PackageURL("generic", name="cpython", version=version),
    )  # fmt: skip


def _distribution(name: str, parts: Shipped) -> Component:
    distribution = parts.distributions[name]
    url = PackageURL("pypi", name=name, version=distribution.version)
    return Component(
        name=name, version=distribution.version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url),
        licenses=[_LICENCES.make_from_string(of_distribution(distribution))],
    )  # fmt: skip


def _library(library: Library) -> Component:
    url = None
    if library.package:
        name = library.package.partition(":")[0]
        url = PackageURL("deb", "debian", name, library.version, {"file": library.file})
    return Component(
        name=library.file, version=library.version or None, type=ComponentType.LIBRARY, purl=url,
        bom_ref=f"file:{library.file}", licenses=[_LICENCES.make_from_string(of_library(library))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=library.sha256)],
    )  # fmt: skip
