"""What the tray says: the state in words, and its menu."""

from __future__ import annotations

from datetime import datetime

from bridge.core.desktop import Entry, TrayState
from bridge.core.language import Language
from bridge.core.readers import Reader
from bridge.core.situation import Situation
from bridge.ui.characters import line
from bridge.ui.texts import Texts

_MOST_READERS = 3
_MOST_ENDS = 2
_LONGEST_NAME = 40
_LONGEST_TITLE = 120  # Windows takes no more than 127
_LINE = Entry()


def tray_state(situation: Situation, language: Language) -> TrayState:
    """Icon, title and menu."""
    texts = Texts(language)
    said = _state_lines(situation, texts)
    menu = [*(Entry(label=each) for each in said), _LINE]
    groups = (
        (("sites", texts("menu_sites")), ("activity", texts("menu_activity"))),
        (("changePin", texts("menu_changePin")), ("unblockPin", texts("menu_unblockPin"))),
        (
            ("doctor", texts("menu_doctor")),
            ("settings", texts("menu_settings")),
            ("about", texts("menu_about")),
        ),
    )
    for group in groups:
        menu += [Entry(id=id, label=label) for id, label in group]
        menu.append(_LINE)
    menu.append(Entry(id="quit", label=texts("menu_quit")))
    return TrayState(
        icon=situation.icon, title=f"{texts('title')} - {said[0]}"[:_LONGEST_TITLE], menu=tuple(menu)
    )


def _state_lines(situation: Situation, texts: Texts) -> list[str]:
    said = [texts("working_now")] if situation.is_busy else []
    if not situation.has_driver:
        said.append(texts("no_driver"))
    said += _reader_lines(situation, texts)
    return said + [_end_line(situation, end, texts) for end in situation.ends[:_MOST_ENDS]]


def _reader_lines(situation: Situation, texts: Texts) -> list[str]:
    readers = situation.readers
    if not readers:
        return [texts("no_reader" if situation.service_available else "no_service")]
    if len(readers) == 1:
        return [texts("one_reader", state=_reader_state(readers[0], texts))]
    said = [
        line(reader.name, _LONGEST_NAME) + texts("colon") + _reader_state(reader, texts)
        for reader in readers[:_MOST_READERS]
    ]
    more = len(readers) - _MOST_READERS
    return [*said, texts("more_readers", count=more)] if more > 0 else said


def _reader_state(reader: Reader, texts: Texts) -> str:
    pin_state = reader.card.pin_state if reader.card else "unknown"
    if pin_state in ("locked", "finalTry"):
        return texts("pin_locked" if pin_state == "locked" else "pin_finalTry")
    words = {
        "empty": texts("reader_empty"),
        "present": texts("reader_present"),
        "inUse": texts("reader_inUse"),
        "mute": texts("reader_mute"),
        "unsupported": texts("reader_unsupported"),
    }
    return words[reader.state]


def _end_line(situation: Situation, end: datetime, texts: Texts) -> str:
    days = situation.days_left(end)
    if days < 0:
        return texts("certificate_ended", date=texts.date(end))
    if days == 0:
        return texts("certificate_ends_today", date=texts.date(end))
    return texts("certificate_ends", date=texts.date(end), days=days)


def expiry_notice(end: datetime, days: int, language: Language) -> tuple[str, str]:
    """Title and text of what is said before a certificate's end."""
    texts = Texts(language)
    return texts("expiry_title"), texts("expiry_text", date=texts.date(end), days=days)


def pin_notice(kind: str, problem: str | None, language: Language) -> tuple[str, str]:
    """Title and text of how a change (`kind` changePin or unblockPin) ended that no page tells of."""
    texts = Texts(language)
    if kind == "changePin":
        done, undone, text = texts("changed_title"), texts("not_changed_title"), texts("changed")
    else:
        done, undone, text = texts("unblocked_title"), texts("not_unblocked_title"), texts("unblocked")
    return (done, text) if problem is None else (undone, problem)
