"""The sites that asked and were refused, and those proposed with the installer. They can do no more."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bridge.core.origin import Origin
from bridge.core.proposals import Proposal
from bridge.core.refusals import Refusal
from bridge.preferences import siteform
from bridge.preferences.parts import Row, about, caption, strange
from bridge.ui.characters import line, origin_line
from bridge.ui.texts import Texts

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def page(window: SettingsWindow) -> None:
    texts, model = window.texts, window.model
    if model.layers.is_locked("site"):
        about(window, texts("sites_locked"))
    if model.proposals:
        caption(window, texts("proposed"))
        about(window, texts("proposed_about"))
        for proposal in model.proposals:
            _proposal_row(window, proposal)
        caption(window, texts("refused"))
    about(window, texts("refused_about" if model.refusals else "refused_none"))
    for refusal in model.refusals:
        _refusal_row(window, refusal)


def _proposal_row(window: SettingsWindow, proposal: Proposal) -> None:
    texts, origin = window.texts, Origin.parse(proposal.origin)
    row = Row(window)
    if proposal.name:
        row.text(texts("proposed_name", name=line(proposal.name)))
    _say_origin(window, row, origin)
    _ask_button(window, row, origin, proposal.name)
    row.button(texts("proposed_hide"), partial(_hide, window, origin))


def _refusal_row(window: SettingsWindow, refusal: Refusal) -> None:
    texts, origin = window.texts, Origin.parse(refusal.origin)
    row = Row(window)
    _say_origin(window, row, origin)
    row.text(texts("refused_at", time=moment(refusal.at, texts)), is_faint=True)
    _ask_button(window, row, origin)
    row.button(texts("forget"), partial(_forget, window, origin))


def _say_origin(window: SettingsWindow, row: Row, origin: Origin) -> None:
    """The address in full, and whatever is to be said of it."""
    texts, sight = window.texts, window.model.seen(origin)
    row.text(origin_line(sight.ascii), is_bold=True)
    if sight.decoded:
        row.text(texts("read_as", name=line(sight.decoded)))
    for remark in sight.remarks:
        row.text(texts(remark.kind, other=remark.other), is_alert=remark.kind != "international")
    if sight.strange:
        row.text(strange(window, sight), is_alert=True)


def _ask_button(window: SettingsWindow, row: Row, origin: Origin, name: str = "") -> None:
    may_add = not window.model.layers.is_locked("site")
    ask = partial(siteform.allow, window, origin, name)
    row.button(window.texts("allow_ask"), ask, is_enabled=may_add)


def _hide(window: SettingsWindow, origin: Origin) -> None:
    model = window.model
    window.done(
        lambda: model.hide(origin),
        lambda: window.texts("forgotten", site=origin_line(str(origin))),
        undo=lambda: model.unhide(origin),
    )


def moment(seconds: int, texts: Texts) -> str:
    """Day and time in this place, e.g. 11月27日 14:05."""
    try:
        time = datetime.fromtimestamp(seconds)
    except (OverflowError, OSError, ValueError):
        return "?"
    return texts("moment", time=time)


def _forget(window: SettingsWindow, origin: Origin) -> None:
    model = window.model
    gone = [refusal for refusal in model.refusals if refusal.origin == str(origin)]
    window.done(
        lambda: model.forget(origin),
        lambda: window.texts("forgotten", site=origin_line(str(origin))),
        undo=lambda: model.remember(gone),
    )
