"""What cardbridge has added to the browsers' policies, and so may take away again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec

from bridge.browsers.rootfiles import Refused, RootFiles

FOLDER = "var/lib/cardbridge"
FILE = f"{FOLDER}/browser-policies.json"


class _Written(msgspec.Struct, kw_only=True):
    """`entries`, `made`: see `Ours`."""

    version: int = 1
    folders: list[str] = []
    entries: dict[str, list[str]] = {}
    made: dict[str, list[str]] = {}


@dataclass(slots=True, kw_only=True)
class Ours:
    """Remembered in a file of root's, before a policy is written: an interruption leaves nothing behind.

    Args:
        folders: that had to be made.
        entries: by file, what was added to a list in it.
        made: by file, what had to be made around the list: members' names, and `file` for the file itself.
    """

    files: RootFiles
    folders: list[str] = field(default_factory=list)
    entries: dict[str, list[str]] = field(default_factory=dict)
    made: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, files: RootFiles) -> Ours:
        """Raises: Refused, OSError."""
        text = files.read(FILE)
        try:
            kept = _Written() if text is None else msgspec.json.decode(text, type=_Written)
        except msgspec.DecodeError as error:
            raise Refused(files.root / FILE, str(error)) from None
        return cls(files=files, folders=kept.folders, entries=kept.entries, made=kept.made)

    def save(self) -> None:
        """Raises: Refused, OSError."""
        kept = _Written(folders=self.folders, entries=self.entries, made=self.made)
        if kept == _Written():
            self.files.delete(FILE)
            return
        text = json.dumps(msgspec.to_builtins(kept), indent=2, ensure_ascii=False) + "\n"
        if self.files.read(FILE) != text:
            self.files.write(FILE, text)

    def remember(self, name: str, entries: list[str], made: list[str]) -> None:
        """Of the file `name`; nothing to remember is nothing kept."""
        for table, given in ((self.entries, entries), (self.made, made)):
            if given:
                table[name] = given
            else:
                table.pop(name, None)
        self.save()

    def write(self, name: str, text: str) -> None:
        """Write a policy file, and remember the folders made for it. Raises: Refused, OSError."""
        made = self.files.write(name, text)
        if made:
            self.folders = sorted({*self.folders, *made})
            self.save()
