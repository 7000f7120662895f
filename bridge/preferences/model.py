"""What the settings window shows and changes: two configuration files and the list of refused sites."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bridge import paths, proposed, refused
from bridge.config import ConfigurationError, read
from bridge.core.layers import Layered
from bridge.core.lookalike import Sight, seen
from bridge.core.origin import Origin
from bridge.core.proposals import Proposal
from bridge.core.refusals import Refusal
from bridge.core.settings import Settings, SiteSettings
from bridge.edits import Editor
from bridge.paths import stamp
from bridge.policy import administrators_stamp

Changed = Literal["settings", "refusals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where things are; `machine` is None on systems that keep such values elsewhere.

    `proposed`, `answers`: the sites that came with the installer, and what the user has said to them.
    """

    user: Path
    machine: Path | None
    refused: Path
    proposed: Path
    answers: Path

    @classmethod
    def usual(cls, user: Path, refused: Path | None = None) -> Files:
        return cls(
            user=user,
            machine=paths.machine_config_file(),
            refused=refused or paths.refused_file(),
            proposed=paths.proposals_file(),
            answers=paths.answers_file(),
        )


@dataclass(slots=True)
class Model:
    """The state of the files when they were last read.

    `problem` says what is wrong with them; the last good settings stand meanwhile.
    """

    files: Files
    layers: Layered = field(default_factory=lambda: Layered(settings=Settings()))
    refusals: tuple[Refusal, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    problem: ConfigurationError | None = None
    _stamps: tuple[object, ...] = ()

    @property
    def editor(self) -> Editor:
        return Editor(self.files.user, self.files.machine)

    @property
    def settings(self) -> Settings:
        return self.layers.settings

    @property
    def allowed(self) -> list[Origin]:
        return [site.parsed_origin for site in self.settings.site]

    def refresh(self) -> frozenset[Changed]:
        """Read again what has changed; what that was."""
        files = self.files
        stamps = (stamp(files.user), administrators_stamp(files.machine))
        changed: set[Changed] = set()
        if self._stamps != stamps:
            self._stamps = stamps
            self._read()
            changed.add("settings")
        allowed = {str(origin) for origin in self.allowed}
        proposals = proposed.pending(files.proposed, files.answers, allowed)
        shown = allowed | {each.origin for each in proposals}
        found = tuple(each for each in refused.read(files.refused) if each.origin not in shown)
        if (found, proposals) != (self.refusals, self.proposals):
            self.refusals, self.proposals = found, proposals
            changed.add("refusals")
        return frozenset(changed)

    def _read(self) -> None:
        try:
            self.layers, self.problem = read(self.files.user, self.files.machine), None
        except ConfigurationError as error:
            self.problem = error

    def site(self, origin: Origin) -> SiteSettings | None:
        return next((site for site in self.settings.site if site.parsed_origin == origin), None)

    def seen(self, origin: Origin) -> Sight:
        """How an origin is shown beside those that are allowed."""
        return seen(origin, self.allowed)

    def forget(self, origin: Origin) -> None:
        """Take an origin off the list of those that asked.

        Raises:
            OSError
        """
        refused.forget(self.files.refused, origin)

    def remember(self, refusals: Iterable[Refusal]) -> None:
        """Bring back what `forget` took off.

        Raises:
            OSError
        """
        refused.remember(self.files.refused, refusals)

    def hide(self, origin: Origin) -> None:
        """Show a proposed site no more.

        Raises:
            OSError
        """
        proposed.hide(self.files.answers, str(origin))

    def unhide(self, origin: Origin) -> None:
        """Undo that.

        Raises:
            OSError
        """
        proposed.unhide(self.files.answers, str(origin))

    def set_aside(self) -> Path:
        """Give the broken user's file another name; that name.

        Raises:
            OSError
        """
        kept = self.files.user.with_name(f"{self.files.user.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
        return self.files.user.rename(kept)
