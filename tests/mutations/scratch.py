"""A copy of the project in which defences are taken out; the project itself is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Scratch:
    """The copy in `folder`, with a virtual environment whose editable installs are the copy's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(
            listed, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for name in names:
            if (ROOT / name).is_file():
                copy = self.folder / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy)
        modules = ROOT / "web-demo/client/node_modules"
        if modules.exists():
            (self.folder / "web-demo/client/node_modules").symlink_to(modules)
        self._environment()

    def _environment(self) -> None:
        """Links to what is installed; what names the project's folder is written anew."""
        theirs, ours = Path(sys.prefix), self.folder / ".venv"
        for folder in (
            Path("bin"),
            Path(f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"),
        ):
            (ours / folder).mkdir(parents=True)
            for entry in (theirs / folder).iterdir():
                self._take(entry, ours / folder / entry.name)
        shutil.copy2(theirs / "pyvenv.cfg", ours)

    def _take(self, entry: Path, copy: Path) -> None:
        is_text = (
            entry.is_file()
            and not entry.is_symlink()
            and (entry.suffix == ".pth" or copy.parent.name == "bin")
        )
        if is_text and str(ROOT).encode() in (content := entry.read_bytes()):
            copy.write_bytes(content.replace(str(ROOT).encode(), str(self.folder).encode()))
            shutil.copymode(entry, copy)
        elif entry.is_symlink():
            copy.symlink_to(os.readlink(entry))
        else:
            copy.symlink_to(entry)

    @property
    def python(self) -> Path:
        return self.folder / ".venv/bin/python"

    @contextmanager
    def changed(self, file: str, find: str, replace: str) -> Iterator[None]:
        """`file` with `find` replaced.

        Raises:
            ValueError: it does not stand there exactly once.
            SyntaxError: what comes of it is no Python.
        """
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        if before.count(find) != 1:
            raise ValueError(f"{file}: what is to be replaced stands there {before.count(find)} times")
        after = before.replace(find, replace)
        if path.suffix == ".py":
            compile(after, file, "exec")
        try:
            self._write(path, after)
            yield
        finally:
            self._write(path, before)

    def _write(self, path: Path, text: str) -> None:
        """Compiled files go: they are told apart by second and size only."""
        path.write_text(text, encoding="utf-8")
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)

    def test(self, node: str) -> tuple[int, str]:
        """pytest's exit code for a node id below tests/, and what it said at the end."""
        code, lines = self._pytest(["-x", f"tests/{node}"])
        return code, "\n".join(lines[-12:])

    def passing(self, nodes: Collection[str]) -> tuple[set[str], str]:
        """Which of these pass as the project is, all of their cases; and what pytest said at the end."""
        arguments = ["-rpfE", "-n", "2", "--dist", "loadfile", *(f"tests/{node}" for node in nodes)]
        _, lines = self._pytest(arguments)
        told = [line.split(" - ")[0].partition(" ") for line in lines]
        good = {case for word, _, case in told if word == "PASSED"}
        bad = {case for word, _, case in told if word in ("FAILED", "ERROR")}
        passing = {node for node in nodes if _has_case(node, good) and not _has_case(node, bad)}
        return passing, "\n".join(line for line in lines[-40:] if not line.startswith("PASSED"))

    def _pytest(self, arguments: list[str]) -> tuple[int, list[str]]:
        command = [str(self.python), "-m", "pytest", "-q", "--no-header", *arguments]
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        variables = {**kept, "PYTHONDONTWRITEBYTECODE": "1", "VIRTUAL_ENV": str(self.folder / ".venv")}
        run = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True)
        return run.returncode, run.stdout.splitlines()


def _has_case(node: str, cases: Collection[str]) -> bool:
    return any(case == f"tests/{node}" or case.startswith(f"tests/{node}[") for case in cases)
