"""Builds every package that this machine can: `make packages`. What it cannot is said with the reason.

Runs under the Python of the bundle's own environment (`installer/bundle/build.py --environment`). A package
more is a line more in `STEPS`.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installer.bundle import build as bundle
from installer.windows import wine

LINUX = "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One package.

    Args:
        module: its `build` takes the frozen program's folder, or None where `needs_bundle` is not set, and
            gives the package's path.
        tools: programs that have to be there.
        system: `sys.platform` of the machine that can build it.
    """

    name: str
    module: str
    tools: tuple[str, ...] = ()
    system: str = LINUX
    needs_bundle: bool = True

    def missing(self) -> str | None:
        """Why it cannot be built here, or None."""
        if not sys.platform.startswith(self.system):
            return f"only on {self.system}"
        gone = [tool for tool in self.tools if shutil.which(tool) is None]
        return f"not installed: {', '.join(gone)} (installer/bootstrap.sh --packages)" if gone else None


STEPS = (
    Step(name="Debian (.deb)", module="installer.linux.deb", tools=("dpkg-buildpackage", "dh", "po2debconf")),
    Step(name="Linux (.tar.gz)", module="installer.linux.tarball"),
    Step(name="Windows (.msi)", module="installer.windows.msi", tools=wine.TOOLS, needs_bundle=False),
)


def main() -> int:
    """Returns: 1 where a package that could be built was not."""
    program: Path | None = None
    rows, failures = [], 0
    for step in STEPS:
        said = step.missing()
        if said is not None:
            rows.append((step.name, "NOT BUILT", said))
            continue
        if step.needs_bundle and program is None:
            program = bundle.build(Path(sys.executable))
        build: Callable[[Path | None], Path] = importlib.import_module(step.module).build
        try:
            rows.append((step.name, "built", str(build(program if step.needs_bundle else None))))
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            rows.append((step.name, "FAILED", str(error)))
            failures += 1
    for row in rows:
        sys.stdout.write("{:18} {:10} {}\n".format(*row))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
