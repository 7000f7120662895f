"""The JavaScript client as the package that `make client` makes: its files, its names, its types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from bridge import __version__

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "web-demo" / "client"
BIN = Path(sys.executable).parent
NAMES = "console.log(JSON.stringify(await Promise.all({}.map(async (m) => Object.keys(await import(m))))))"
MODULES = (
    "cardbridge", "connection", "diagnosis", "encoding", "errors", "guidance", "line", "search", "socket",
    "storage", "upload", "web-eid",
)  # fmt: skip
FILES = {"package.json", "README.md", "CONTRACT.md", "LICENSE"}
FILES |= {f"{name}.js" for name in MODULES} | {f"types/{name}.d.ts" for name in MODULES}
USAGE = """
import { Cardbridge, PinIncorrectError, type State } from "cardbridge-client";
import { authenticate } from "cardbridge-client/web-eid";
export const state: State = new Cardbridge({ language: "ja" }).state;
export const triesLeft = (error: PinIncorrectError): unknown => error.data["triesLeft"];
export const algorithm: Promise<string> = authenticate("nonce").then((token) => token.algorithm);
// @ts-expect-error not a language: fails to compile where the types are not found
new Cardbridge({ language: "fr" });
"""


def run(folder: Path, *command: str | Path) -> str:
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    run(folder, "npm", "pack", "--offline", "--silent", "--pack-destination", folder, CLIENT)
    return folder / f"cardbridge-client-{__version__}.tgz"


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"name": "portal", "private": true, "type": "module"}')
    run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", tarball)
    return folder


def test_it_holds_the_modules_their_types_and_papers_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as packed:
        assert {name.removeprefix("package/") for name in packed.getnames()} == FILES


def test_the_licence_is_the_distributions() -> None:
    assert (CLIENT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_installed_without_a_network_it_gives_the_same_names(project: Path) -> None:
    def names(modules: list[str]) -> list[list[str]]:
        program = NAMES.format(json.dumps(modules))
        value: list[list[str]] = json.loads(run(project, "node", "--input-type=module", "-e", program))
        return value

    sources = [(CLIENT / name).as_uri() for name in ("cardbridge.js", "web-eid.js")]
    installed = names(["cardbridge-client", "cardbridge-client/web-eid"])
    assert "Cardbridge" in installed[0] and "authenticate" in installed[1]
    assert installed == names(sources)


@pytest.mark.parametrize(("module", "resolution"), [("ES2022", "bundler"), ("NodeNext", "NodeNext")])
def test_typescript_finds_its_types(project: Path, module: str, resolution: str) -> None:
    (project / "usage.ts").write_text(USAGE)
    tsc = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--target", "ES2022"]
    options += ["--module", module, "--moduleResolution", resolution]
    run(project, "node", tsc, *options, "usage.ts")
