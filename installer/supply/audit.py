"""`make audit`: asks the Python Packaging Advisory Database about every version that a lock pins.

pip-audit runs in an environment of its own. Ends with 1 when an advisory is found, and with 0 and "NOT RUN"
when nobody could be asked: then nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = tuple(ROOT / name for name in (
    "installer/requirements.lock", "installer/bundle/requirements.lock",
    "installer/supply/requirements.lock", "installer/supply/audit.lock", "requirements.lock",
))  # fmt: skip


def environment() -> Path:
    """pip-audit's own Python, with exactly what its lock says."""
    folder = ROOT / "build" / "audit"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / ".complete").is_file():
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        subprocess.run([*pip, str(ROOT / "installer/supply/audit.lock")], check=True)  # noqa: S603
        (folder / ".complete").touch()
    return python


def report(lock: str, answer: str, trouble: str) -> tuple[str, bool]:
    """What to print about one lock, and whether an advisory was found.

    Args:
        answer: pip-audit's JSON; empty or broken where it could not work.
        trouble: what it said on standard error.

    A version that the database does not know is called clean by pip-audit; here it was not checked.
    """
    try:
        found = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = trouble.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        return f"audit: {lock}: NOT RUN: {last[0]}", False
    skipped = [each["name"] for each in found if "skip_reason" in each]
    bad = [
        f"  {each['name']} {each['version']}: {', '.join(vuln['id'] for vuln in each['vulns'])}"
        for each in found
        if each.get("vulns")
    ]
    checked = f"{len(found) - len(skipped)} of {len(found)} versions checked"
    text = f"audit: {lock}: {checked}, {len(bad)} with advisories"
    if skipped:
        text += f"; NOT RUN for {len(skipped)}, which the database could not be asked about"
    return "\n".join([text, *bad]), bool(bad)


def main() -> int:
    try:
        python = environment()
    except subprocess.CalledProcessError:
        sys.stdout.write("audit: NOT RUN: pip-audit could not be installed\n")
        return 0
    command = [str(python), "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    worst = False
    for lock in LOCKS:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "--progress-spinner=off", "-r", str(lock)], capture_output=True, text=True
        )
        text, found = report(str(lock.relative_to(ROOT)), done.stdout, done.stderr)
        sys.stdout.write(text + "\n")
        worst = worst or found
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
