"""What a person is told of a document beside its content."""

from __future__ import annotations

from bridge.ui.preview.wire import Caution, Kind, Sight
from bridge.ui.texts import Texts

_SENTENCES: dict[Caution, str] = {
    "direction": "caution_direction",
    "hidden": "caution_hidden",
    "variation": "caution_variation",
    "widths": "caution_widths",
    "lookalikes": "caution_lookalikes",
    "gaps": "caution_gaps",
    "source": "caution_source",
    "duplicates": "caution_duplicates",
    "comments": "caution_comments",
    "instructions": "caution_instructions",
    "signed": "caution_signed",
    "revisions": "caution_revisions",
    "layers": "caution_layers",
    "scripts": "caution_scripts",
    "attachments": "caution_attachments",
    "fields": "caution_fields",
    "restricted": "caution_restricted",
    "damaged": "caution_damaged",
    "frames": "caution_frames",
}
_NOT_SHOWN: dict[Kind, str] = {"none": "not_shown", "absent": "not_kept"}


def warnings_of(sight: Sight, texts: Texts) -> str:
    """What to know of the document before signing it, a sentence a line."""
    sentences = [texts(_NOT_SHOWN[sight.kind])] if sight.kind in _NOT_SHOWN else []
    sentences += [texts(_SENTENCES[caution]) for caution in sight.cautions]
    return "\n".join(sentences)


def remark_of(sight: Sight, texts: Texts) -> str:
    """The same in a word, for a list."""
    if sight.kind in _NOT_SHOWN:
        return texts("list_none")
    return texts("list_caution") if sight.cautions else ""
