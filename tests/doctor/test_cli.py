"""`cardbridge doctor` as people and programs run it: with a daemon, without, and where none can start."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, environment, started

TEXTS = {
    "type": "object",
    "properties": {"ja": {"type": "string"}, "en": {"type": "string"}},
    "required": ["ja", "en"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["schema", "version", "time", "state", "findings"],
    "properties": {
        "schema": {"const": 1},
        "state": {"enum": ["ok", "warning", "failure", "skipped"]},
        "findings": {
            "type": "array",
            "minItems": 15,
            "items": {
                "type": "object",
                "required": ["id", "code", "state", "title", "what", "remedy", "detail", "repair"],
                "properties": {
                    "id": {"type": "string", "pattern": r"^[a-z]+(\.[a-z]+)?$"},
                    "state": {"enum": ["ok", "warning", "failure", "skipped"]},
                    "title": TEXTS,
                    "what": TEXTS,
                    "remedy": TEXTS,
                    "detail": {"type": "string"},
                    "repair": {"type": "string"},
                },
            },
        },
    },
}


def doctor(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [stack.program(), "doctor", *arguments],
        env={**environment(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=100,
    )


def report(folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """The findings by their ids; of several the last."""
    done = doctor(folder, "--json", *arguments)
    told = json.loads(done.stdout)
    jsonschema.validate(told, SCHEMA)
    assert done.returncode == (told["state"] == "failure")
    return {each["id"]: each for each in told["findings"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    return tmp_path


def test_with_the_daemon(folder: Path) -> None:
    with started(folder) as daemon:
        found = report(folder)
        assert (found["daemon"]["code"], found["ports"]["code"]) == ("running", "ports_own")
        assert str(daemon.port) in found["ports"]["what"]["ja"] and found["program"]["code"] == "version"
        daemon.serves()
    left = report(folder)["daemon"]  # it was killed
    assert left["code"] == "runtime_stale" and left["repair"] == "runtime"


def test_a_configuration_with_which_nothing_starts(folder: Path) -> None:
    file = folder / "config.toml"
    line = file.read_text().count("\n") + 1
    with file.open("a") as opened:
        opened.write("colour = 1\n")
    done = doctor(folder, "--language", "en")
    assert done.returncode == 1 and done.stderr == "" and f"{file}:{line}" in done.stdout
    assert "Settings shows how to mend it" in done.stdout and "\x1b" not in done.stdout
    assert done.stdout.strip().endswith("to take note of.")


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "xx_YY"}])
def test_in_another_locale(folder: Path, variables: dict[str, str]) -> None:
    done = doctor(folder, **variables)
    assert done.returncode == 1 and "Traceback" not in done.stderr and len(done.stdout.splitlines()) > 20


def test_colours_only_on_a_terminal(folder: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [stack.program(), "doctor"],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # the other end has been closed
        pass
    assert process.wait(60) == 1 and b"\x1b[31;1m" in shown and "問題".encode() in shown
    os.close(ours)


def test_repair_and_its_exit_code(folder: Path) -> None:
    with (folder / "config.toml").open("a") as opened:
        opened.write('[[driver]]\nname = "Gone"\npath = "/gone/module.so"\n')
    (folder / "config.toml").chmod(0o666)
    done = doctor(folder, "--repair", "--language", "en")
    assert "Made this user's only" in done.stderr and "Take it out" not in done.stdout
    assert "Gone" in (folder / "config.toml").read_text(), "nobody has agreed"
    assert (folder / "config.toml").stat().st_mode & 0o777 == 0o644
    assert (
        "Taken out of the configuration: Gone" in doctor(folder, "--repair", "--yes", "--language=en").stderr
    )
    assert "Gone" not in (folder / "config.toml").read_text()
    assert "nothing to mend" in doctor(folder, "--repair", "--yes", "--language=en").stderr


def test_the_support_file_is_shown_and_needs_a_word(folder: Path) -> None:
    file = folder / "support.zip"
    done = doctor(folder, "--bundle", str(file))
    assert done.returncode == 1 and not file.exists() and "===== findings.json" in done.stdout
    done = doctor(folder, "--bundle", str(file), "--yes")
    assert done.returncode == 0 and file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            assert archive.read(name).decode() in done.stdout, "what is saved has been shown"
    assert doctor(folder, "--bundle", str(file), "--yes").returncode == 1, "nothing is written over"


def test_no_window_without_a_display(folder: Path) -> None:
    done = doctor(folder, "--window")
    assert done.returncode == 1 and "no display" in done.stderr


def test_help_says_the_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "doctor", "--help"], capture_output=True, text=True, check=True
    )
    assert "終了コード" in done.stdout and "exit code" in done.stdout
