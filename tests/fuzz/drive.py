"""One fuzz target under atheris: `python -m tests.fuzz.drive TARGET [libFuzzer's options and folders]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(
    include=["bridge", "aiohttp", "asn1crypto", "pyhanko", "plistlib", "tomllib"]
):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
