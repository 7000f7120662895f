"""What goes into every package beside the program: `sbom.cdx.json` and `THIRD-PARTY.txt`.

`python -m installer.supply.record WORK FOLDER TOOLS` under the Python that froze the program (`build.py`
calls it). Refuses a folder with a part that no lock pins or whose licence is not accepted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.append(sys.argv[3])  # after all else: it must hide nothing of the program's

from installer.supply import licences, sbom  # noqa: E402
from installer.supply.shipped import Shipped, shipped  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (ROOT / "installer/requirements.lock", ROOT / "installer/bundle/requirements.lock")


def objections(parts: Shipped) -> list[str]:
    """Why this folder must not be handed out; empty when it may."""
    pins = {name: version for lock in LOCKS for name, version in sbom.pinned(lock).items()}
    unpinned = [
        f"{name} {each.version}: not what the lock says"
        for name, each in sorted(parts.distributions.items())
        if pins.get(name) != each.version
    ]
    unknown = [f"{source}: belongs to no package" for source in parts.unknown]
    return [*unpinned, *unknown, *licences.refused(parts)]


def main(work: Path, folder: Path) -> int:
    sys.path.insert(0, str(ROOT))
    from bridge import __version__

    parts = shipped(work, folder, ROOT)
    found = objections(parts)
    if found:
        sys.stderr.write("\n".join(["This must not be shipped:", *found, ""]))
        return 1
    bill = sbom.bill(parts, __version__, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
    (folder / "sbom.cdx.json").write_text(bill, encoding="utf-8", newline="\n")
    (folder / "THIRD-PARTY.txt").write_text(licences.third_party(parts), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(parts.distributions)} distributions, {len(parts.libraries)} libraries\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
