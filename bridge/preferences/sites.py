"""The list of allowed sites."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.core.settings import SiteSettings
from bridge.preferences import siteform
from bridge.preferences.confirmation import confirm
from bridge.preferences.parts import Row, about
from bridge.ui.characters import line, origin_line

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def page(window: SettingsWindow) -> None:
    texts, model = window.texts, window.model
    is_locked = model.layers.is_locked("site")
    about(window, texts("sites_about"))
    for site in model.settings.site:
        _row(window, site)
    if is_locked:
        about(window, texts("sites_locked"))
    elif not model.settings.site:
        about(window, texts("sites_none"))
    add = window.button(texts("site_add"), lambda: siteform.ask_address(window), is_default=True)
    window.theme.enable(add, is_enabled=not is_locked)


def _row(window: SettingsWindow, site: SiteSettings) -> None:
    texts, origin = window.texts, site.parsed_origin
    sight = window.model.seen(origin)
    row = Row(window)
    if site.name:
        row.text(line(site.name), is_bold=True)
    row.text(origin_line(sight.ascii), is_bold=not site.name)
    if sight.decoded:
        row.text(texts("read_as", name=line(sight.decoded)))
    row.text(rule(window, site), is_faint=True)
    if site.allow_hash_signing:
        row.text(texts("hash_allowed"), is_faint=True)
    if site.timestamp_url:
        row.text(texts("timestamps", url=line(site.timestamp_url)), is_faint=True)
    is_theirs = window.model.layers.site_source(origin) == "locked"
    if is_theirs:
        row.mark_administrators()
    row.button(texts("change"), partial(siteform.change, window, site), is_enabled=not is_theirs)
    row.button(texts("site_remove"), partial(_ask_to_remove, window, site), is_enabled=not is_theirs)


def rule(window: SettingsWindow, site: SiteSettings) -> str:
    """When the PIN is asked for, in words."""
    if site.pin == "each":
        return window.texts("rule_each")
    idle, longest = (siteform.minutes(seconds) for seconds in (site.pin_idle_s, site.pin_max_s))
    return window.texts("rule_session", idle=idle, longest=longest)


def _ask_to_remove(window: SettingsWindow, site: SiteSettings) -> None:
    texts, model = window.texts, window.model
    name = origin_line(str(site.parsed_origin))
    confirm(
        window,
        texts("remove_title"),
        texts("remove_about"),
        lines=[each for each in (line(site.name), name) if each],
        ok=texts("site_remove"),
        action=lambda: window.done(
            lambda: model.editor.remove_site(site.origin),
            lambda: texts("removed", site=name),
            undo=lambda: model.editor.add_site(site),
        ),
    )
