"""The owner-only file that tells the command line where a running card's control is."""

import http.client
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import state


class ControlUnreachableError(Exception):
    """No virtual card runs, or its control refused; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A running control: `origin` is http://127.0.0.1:PORT."""

    origin: str
    token: str

    @property
    def page(self) -> str:
        """The page's address; the fragment, the token, is never sent to a server."""
        return f"{self.origin}/#{self.token}"


def default_path() -> Path:
    """In the user's runtime folder, otherwise in the temporary one with the user's number."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    if folder:
        return Path(folder) / "cardbridge-virtual-card.json"
    number = os.getuid() if os.name == "posix" else 0
    return Path(tempfile.gettempdir()) / f"cardbridge-virtual-card-{number}.json"


@contextmanager
def published(path: Path, control: Control) -> Iterator[None]:
    """The file, mode 0600, for as long as the block lasts."""
    document = {"url": control.origin, "token": control.token, "page": control.page, "pid": os.getpid()}
    state.write_private(path, json.dumps(document) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find(path: Path) -> Control:
    """Reads the file; one that belongs to somebody else, or is open to others, counts as none."""
    try:
        with path.open(encoding="utf-8") as file:
            about = os.fstat(file.fileno())
            if os.name == "posix" and (about.st_uid != os.getuid() or about.st_mode & 0o077):
                raise ControlUnreachableError(f"{path}: 所有者またはモードが正しくありません。")
            document = json.load(file)
        return Control(origin=str(document["url"]), token=str(document["token"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ControlUnreachableError(f"仮想ICカードは動いていません ({path})。") from error


def send(control: Control, order: dict[str, Any], timeout_s: float = 30.0) -> dict[str, Any]:
    """One order to a running control; its status. Raises ControlUnreachableError."""
    connection = http.client.HTTPConnection(control.origin.removeprefix("http://"), timeout=timeout_s)
    headers = {"Authorization": f"Bearer {control.token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", "/control", body=json.dumps(order), headers=headers)
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise ControlUnreachableError("仮想ICカードは動いていません。") from error
    finally:
        connection.close()
    if response.status not in (200, 400, 409):
        raise ControlUnreachableError(f"操作は受け付けられませんでした ({response.status})。")
    answer: dict[str, Any] = json.loads(body)
    if response.status != 200:
        raise ControlUnreachableError(str(answer.get("error")))
    return answer
