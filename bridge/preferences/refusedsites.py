"""The sites that asked and were refused. No page can do more than stand here."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bridge.core.origin import Origin
from bridge.core.refusals import Refusal
from bridge.preferences import siteform
from bridge.preferences.parts import Row, about, strange
from bridge.ui.characters import line, origin_line
from bridge.ui.texts import Texts

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def page(window: SettingsWindow) -> None:
    texts, model = window.texts, window.model
    about(window, texts("refused_about" if model.refusals else "refused_none"))
    if model.layers.is_locked("site"):
        about(window, texts("sites_locked"))
    for refusal in model.refusals:
        _row(window, refusal)


def _row(window: SettingsWindow, refusal: Refusal) -> None:
    texts, model = window.texts, window.model
    origin = Origin.parse(refusal.origin)
    sight = model.seen(origin)
    row = Row(window)
    row.text(origin_line(sight.ascii), is_bold=True)
    if sight.decoded:
        row.text(texts("read_as", name=line(sight.decoded)))
    for remark in sight.remarks:
        row.text(texts(remark.kind, other=remark.other), is_alert=remark.kind != "international")
    if sight.strange:
        row.text(strange(window, sight), is_alert=True)
    row.text(texts("refused_at", time=moment(refusal.at, texts)), is_faint=True)
    may_add = not model.layers.is_locked("site")
    row.button(texts("allow_ask"), partial(siteform.allow, window, origin), is_enabled=may_add)
    row.button(texts("forget"), partial(_forget, window, origin))


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
