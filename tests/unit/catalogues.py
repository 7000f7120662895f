"""All catalogues of user text, in one list, and who uses the keys of each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import bridge
from bridge.confine import Locked
from bridge.core import audit_csv, audit_words, names, sentences, settings_words
from bridge.core.audit import OK, WITHDRAWN, What
from bridge.core.audit_check import Fault, Remark
from bridge.core.consent import Obstacle, Purpose
from bridge.core.errors import ERRORS, BridgeError
from bridge.core.finding import State
from bridge.core.language import Language
from bridge.core.lookalike import Kind
from bridge.core.readers import ReaderState
from bridge.core.settings import LISTS, TABLES
from bridge.doctor import words_en, words_ja
from bridge.managed import words as template_words
from bridge.managed.definition import ENTRY_TYPES, KEYS
from bridge.manual import words as manual_words
from bridge.preferences.texts import CATALOGUES as PREFERENCES
from bridge.ui.texts import CATALOGUES as WINDOWS

ROOT = Path(bridge.__path__[0])
LANGUAGES: tuple[Language, ...] = get_args(Language)
Entry = str | tuple[str, ...] | settings_words.Words


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Args:
    calls: functions whose first argument is a key; keywords: arguments elsewhere that are one.
    sources: files that use it, as globs below `bridge`; its own text is not among them.
    given: keys that are values of the program's own types: each has a text.
    composed: f-strings of the code with what may stand in their gap.
    exact: no key is named in the code; `given` is all there is.
    """

    name: str
    texts: Mapping[Language, Mapping[str, Entry]]
    calls: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    composed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exact: bool = False

    def parts(self, language: Language, key: str) -> tuple[str, ...]:
        entry = self.texts[language][key]
        if isinstance(entry, settings_words.Words):
            return entry.title, entry.text
        return (entry,) if isinstance(entry, str) else entry

    def files(self) -> list[Path]:
        found = {path for glob in self.sources for path in ROOT.glob(glob)}
        return sorted(path for path in found if not is_catalogue(path))

    def composed_keys(self) -> set[str]:
        return {form.replace("{}", value) for form, values in self.composed.items() for value in values}

    def called(self, path: Path) -> list[ast.Call]:
        return [
            node
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call)
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in self.calls
        ]

    def asked(self) -> list[tuple[str, ast.expr, set[str]]]:
        """Each place that asks for a text: file and line, the key's expression, the values it gives."""
        places = []
        for path in self.files():
            for call in self.called(path):
                values = {each.arg for each in call.keywords if each.arg}
                places += [(f"{path.name}:{call.lineno}", key, values) for key in branches(call.args[:1])]
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.keyword) and node.arg in self.keywords:
                    where = f"{path.name}:{node.value.lineno}"
                    places += [(where, key, set[str]()) for key in branches([node.value])]
        return places


def is_catalogue(path: Path) -> bool:
    return str(path.relative_to(ROOT)) in TEXT_FILES


def branches(found: list[ast.expr]) -> list[ast.expr]:
    """The expression, or both sides of an `if`."""
    return [
        part
        for each in found
        for part in (branches([each.body, each.orelse]) if isinstance(each, ast.IfExp) else [each])
    ]


def literal(node: ast.AST) -> str | None:
    """A string's value; an f-string with `{}` for each gap."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) or "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def literals(module: ast.Module) -> list[tuple[int, str]]:
    """Line and value of each string that is neither a docstring nor a piece of an f-string."""
    inner = {id(part) for node in ast.walk(module) for part in _inner(node)}
    found = [(node, literal(node)) for node in ast.walk(module) if id(node) not in inner]
    return [(node.lineno, text) for node, text in found if text is not None and isinstance(node, ast.expr)]


def _inner(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        return node.values
    return [node.value] if isinstance(node, ast.Expr) else []


def gaps(text: str) -> set[str]:
    """Names of the values that a text takes, e.g. `time` of `{time.month}`."""
    return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(text) if name is not None}


def formats(text: str) -> set[tuple[str, str]]:
    """Gap and format, `,` for thousands and the like; a date's and a number's width differ by language."""
    return {(name, spec) for _, name, spec, _ in Formatter().parse(text) if name and spec == ","}


def _sentences() -> set[str]:
    def every(base: type[BridgeError]) -> list[type[BridgeError]]:
        return [found for child in base.__subclasses__() for found in (child, *every(child))]

    return {each.sentence for each in every(BridgeError) if each.sentence}


def _settings() -> set[str]:
    fields = {f"{name}.{part}" for name, kind in ENTRY_TYPES.items() for part in kind.__struct_fields__}
    return {"locked", *TABLES, *LISTS, *(key.full for key in KEYS), *fields}


def _doctor(read: Callable[[object], Mapping[str, Entry]]) -> Mapping[Language, Mapping[str, Entry]]:
    return {"ja": read(words_ja), "en": read(words_en)}


TEXT_FILES = {
    "core/audit_words.py", "core/names.py", "core/sentences.py", "core/settings_words.py",
    "doctor/words_en.py", "doctor/words_ja.py", "managed/words.py", "manual/words.py", "preferences/texts.py",
    "ui/activitytexts.py", "ui/desktoptexts.py", "ui/documenttexts.py", "ui/texts.py",
}  # fmt: skip
DOCTOR = ("doctor/**/*.py", "doctorcli.py")
CATALOGUES = (
    Catalogue(
        name="windows",
        texts=WINDOWS,
        calls=("texts", "_texts", "words", "note", "mark"),
        sources=("ui/**/*.py",),
        given=frozenset((*get_args(Purpose), *get_args(Obstacle), "date")),  # Texts.date
    ),
    Catalogue(
        name="settings window",
        texts=PREFERENCES,
        calls=("texts",),
        sources=("preferences/*.py",),
        given=frozenset(get_args(Kind)),
    ),
    Catalogue(
        name="findings",
        texts=_doctor(lambda module: module.WORDS),  # type: ignore[attr-defined]
        keywords=("code",),
        sources=DOCTOR,
        composed={
            "reader_{}": get_args(ReaderState),
            "pin_{}": ("locked", "finalTry"),
            "folders_{}": ("linked", "foreign", "open"),
            "memory_{}": get_args(Locked),
        },
    ),
    Catalogue(
        name="checks",
        texts=_doctor(lambda module: module.TITLES),  # type: ignore[attr-defined]
        keywords=("id",),
        sources=("doctor/**/*.py",),
    ),
    Catalogue(
        name="diagnosis",
        texts=_doctor(lambda module: module.FRAME),  # type: ignore[attr-defined]
        calls=("_word", "frame"),
        sources=DOCTOR,
        given=frozenset(get_args(State)),
    ),
    Catalogue(name="deeds", texts=audit_words.WHAT, given=frozenset((*get_args(What), "signs")), exact=True),
    Catalogue(
        name="results", texts=audit_words.RESULTS, given=frozenset((*ERRORS, OK, WITHDRAWN)), exact=True
    ),
    Catalogue(
        name="log check",
        texts=audit_words.FOUND,
        given=frozenset(
            (*get_args(Fault), *get_args(Remark))
            + ("whole", "broken", "empty", "head_found", "head_now", "limits", "place")
        ),
        exact=True,
    ),
    Catalogue(
        name="errors", texts=sentences.SENTENCES, given=frozenset((*ERRORS, *_sentences())), exact=True
    ),
    Catalogue(name="configuration", texts=settings_words.WORDS, given=frozenset(_settings()), exact=True),
    Catalogue(name="templates", texts=template_words.FIXED, sources=("managed/*.py",)),
    Catalogue(name="manual", texts=manual_words.PAGE, sources=("manual/*.py",)),
    Catalogue(name="help", texts=manual_words.HELP, sources=("helpcli.py",)),
    Catalogue(name="template notes", texts=template_words.NOTES, sources=("managed/*.py",)),
    Catalogue(name="names", texts=names.NAMES, sources=("autostart.py", "urlscheme.py", "ui/tray/*.py")),
    Catalogue(
        name="single texts",
        texts={
            language: {
                "log table": tuple(audit_csv.HEADINGS[language].split(",")),
                "hash notice": sentences.HASH_NOTICES[language],
            }
            for language in LANGUAGES
        },
        given=frozenset({"log table", "hash notice"}),
        exact=True,
    ),
)
