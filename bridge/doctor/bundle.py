"""The file for the help desk: a zip of texts that the person has seen before it is saved.

In it: the findings, versions, the system, the configuration (with the sites: a help desk has to know them),
drivers with the hashes of their files, readers without serial numbers, the log of operations as numbers only,
and the diagnostic logs. Not in it: comments of config.toml, the list of refused sites, records of operations,
certificates. Every text goes through `bridge.core.redaction` as well.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from bridge import __version__, paths
from bridge.audit.reading import read
from bridge.config import ConfigurationError
from bridge.core import library
from bridge.core.finding import Finding, by_gravity
from bridge.core.readers import public_name
from bridge.core.redaction import Redaction
from bridge.doctor.place import Place
from bridge.doctor.report import as_json, as_text

_LOG_TAIL_BYTES = 192 * 1024
_LOG_FILES = 2
_MOST_HASHED_BYTES = 256 * 1024 * 1024
_PACKAGES = ("aiohttp", "cryptography", "msgspec", "pillow", "pyscard", "pystray", "python-pkcs11", "pyhanko")
_ABOUT = """ICカードブリッジのサポート用ファイル / support file of IC Card Bridge

report.txt     診断の結果 / what the diagnosis found
findings.json  同じものを、プログラム用に / the same, for programs
system.json    版とパソコンの種類 / versions and the kind of computer
config.json    設定（注釈なし） / the configuration without its comments
drivers.json   ドライバ / drivers, with the hashes of their files
readers.json   カードリーダ / card readers
audit.json     操作の件数 / numbers of operations, no records
*.log          動作の記録 / diagnostic logs

PIN番号、証明書、登録番号、書類の名前は入っていません。
利用者名は [name]、長い数字は [number] に置き換えています。
No PIN, certificate, registration number or name of a document is in here. User names are replaced by [name],
long numbers by [number].
"""


def contents(place: Place, findings: Iterable[Finding]) -> dict[str, str]:
    """File name -> text, as they would be saved. What cannot be collected says so in its place."""
    redact = redaction(place)
    makers: dict[str, Callable[[], Any]] = {
        "findings.json": lambda: as_json(found),
        "system.json": _system,
        "config.json": lambda: _config(place),
        "drivers.json": lambda: _drivers(place),
        "readers.json": lambda: _readers(place),
        "audit.json": _audit,
    }
    found = list(findings)
    files = {"README.txt": _ABOUT, "report.txt": redact(_report(found))}
    for name, make in makers.items():
        files[name] = _redacted_json(make, redact)
    for log in _logs():
        files[log.name] = _tail(log, redact)
    return files


def save(path: Path, files: Mapping[str, str]) -> None:
    """Write the zip to the new file `path`, for its owner only.

    Raises:
        FileExistsError, OSError
    """
    if os.path.lexists(path):
        raise FileExistsError(17, "there is such a file already", str(path))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    paths.write_private(path.absolute(), packed.getvalue(), is_chosen=True)


def redaction(place: Place) -> Redaction:
    """For this user on this computer."""
    homes, names = {str(Path.home())}, {platform.node(), platform.node().partition(".")[0]}
    names |= {os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")}
    if sys.platform != "win32":
        import pwd

        try:
            entry = pwd.getpwuid(os.getuid())
        except KeyError:
            pass
        else:
            homes.add(entry.pw_dir)
            names |= {entry.pw_name, entry.pw_gecos.partition(",")[0]}
    return Redaction(homes=tuple(homes), names=tuple(filter(None, names)))


def _report(findings: list[Finding]) -> str:
    return "\n".join(as_text(each, "ja", is_coloured=False, has_detail=True) for each in by_gravity(findings))


def _redacted_json(make: Callable[[], Any], redact: Redaction) -> str:
    """Each text on its own, so that what comes out is JSON still."""
    try:
        made = make()
    except Exception as error:
        made = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps(_walked(made, redact), ensure_ascii=False, indent=2)


def _walked(value: Any, redact: Redaction) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: each if key == "sha256" else _walked(each, redact) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(each, redact) for each in value]
    return value


def _system() -> dict[str, Any]:
    return {
        "cardbridge": __version__,
        "python": platform.python_version(),
        "bits": platform.architecture()[0],
        "frozen": bool(getattr(sys, "frozen", False)),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "distribution": _distribution(),
        "desktop": os.environ.get("XDG_CURRENT_DESKTOP", ""),
        "session": os.environ.get("XDG_SESSION_TYPE", ""),
        "language": os.environ.get("LC_ALL") or os.environ.get("LANG", ""),
        "packages": {name: _version_of(name) for name in _PACKAGES},
    }


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _config(place: Place) -> Any:
    """What counts. Of a file that cannot be read, only where the mistake is: who knows what else is in it."""
    try:
        layers = place.layers()
    except ConfigurationError as error:
        return {"file": str(error.file), "line": error.line, "key": error.key}
    settings = msgspec.to_builtins(layers.settings)
    for site in settings["site"]:  # an address may have a key of the customer's behind the host
        url = site["timestamp_url"]
        site["timestamp_url"] = "/".join(url.split("/")[:3])
    return {
        "settings": settings,
        "sources": dict(layers.sources),
        "ignored": list(layers.ignored),
    }


def _drivers(place: Place) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "path": each.path, **_file(Path(each.path))} for each in place.settings().driver
    ]


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            found = library.read(file.read(library.HEAD_BYTES))
            if size > _MOST_HASHED_BYTES:
                return {"size": size}
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return {"error": error.strerror}
    kind = None if found is None else f"{found.format} {found.bits} {'/'.join(found.machines)}"
    return {"size": size, "sha256": digest, "kind": kind}


def _readers(place: Place) -> Any:
    seen = place.seen.readers
    if seen is None:
        return None
    return [
        {"name": public_name(each.name), "state": each.state, "atr": each.atr.hex(" ")}
        for each in seen.readers
    ]


def _audit() -> dict[str, Any]:
    log = read(paths.audit_folder(), most=5000)
    counts = Counter(f"{record.what}: {record.result}" for record in log.records)
    return {
        "records": log.report.records,
        "whole": log.report.is_whole,
        "faults": [f"{each.kind} {each.file}:{each.line}" for each in log.report.faults[:50]],
        "results": dict(counts.most_common(50)),
    }


def _logs() -> list[Path]:
    """The latest ones; a link is nobody's log."""
    try:
        found = [
            each for each in paths.log_folder().glob("*.log*") if each.is_file() and not each.is_symlink()
        ]
        return sorted(found, key=lambda each: each.stat().st_mtime, reverse=True)[:_LOG_FILES]
    except OSError:
        return []


def _tail(path: Path, redact: Redaction) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError as error:
        return f"{type(error).__name__}\n"
    return redact("\n".join(lines[1:] if size > _LOG_TAIL_BYTES else lines))
