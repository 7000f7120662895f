"""`make threat-model`: what has changed on the surface goes into THREAT_MODEL.md, to be considered."""

from __future__ import annotations

import sys

from tests.threats.model import FILE, UNREAD, considered, differences, renewed, text
from tests.threats.surface import surface


def main() -> int:
    """1 while a line waits to be considered."""
    document, found = text(), surface()
    for line in differences(considered(document), found):
        sys.stdout.write(line + "\n")
    document = renewed(document, found)
    FILE.write_text(document, encoding="utf-8")
    waiting = [name for name, row in considered(document).items() if UNREAD in row.threats]
    if waiting:
        sys.stdout.write(
            f"\n{len(waiting)} line(s) of the table in {FILE.name} have a {UNREAD}. For each: which threats "
            "does it make possible, larger or different? Write their ids in its place (new ones get a "
            "paragraph, a test and a mutation of their own).\n"
        )
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
