"""Origins that look like another: what an international name says, and whom it may imitate. Pure.

After Unicode Technical Standard 39 (sections 4 and 5) and RFC 3492, for what a person can be shown before a
site is allowed. Nothing here decides; it says what is the case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.record import Record

Kind = Literal[
    "international", "mixed", "imitates", "hidden", "resembles", "contains", "other_port", "insecure"
]
"""What may be remarked about an origin.

international: a name in other letters than ASCII, which travels as punycode.
mixed: one label has letters of scripts that no language writes together.
imitates: letters that look like Latin ones and are not.
hidden: characters that cannot be seen, or that change the direction of text.
resembles: an allowed site's name, one character away, or different only for a machine.
contains: an allowed site's name inside the name of another.
other_port: an allowed site's host on another port, or with another scheme.
insecure: http, which stands on the list for development only.
"""

MOST_STRANGE = 6
_ACE = "xn--"
_SEPARATORS = re.compile(r"[\ud800-\udfff./:@#?\\\u3002]")
_COMMON = frozenset(("DIGIT", "HYPHEN-MINUS", "LOW", "COMBINING", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"))
_TOGETHER = (
    frozenset(("LATIN", "CJK", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "CJK", "HANGUL")),
    frozenset(("LATIN", "CJK", "BOPOMOFO")),
)
_BETWEEN_LATIN = re.compile(
    "(?<=[a-z0-9])[\u30ce\u30bd\u30be\u30f3\u30fc\u30fd\u3078\u30d8\u4e00\u4e36\u4e3f](?=[a-z0-9-])"
)
"""Japanese characters that pass for a slash or a hyphen where Latin letters stand around them."""

_LIKE_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04cf\u04bb\u0432\u043a\u043c\u043d\u0442"
    "\u0433\u044a\u044c\u0475\u0493\u0491"
    "\u03bf\u03b1\u03bd\u03c1\u03c4\u03c5\u03ba\u03b9\u03b3\u03c7\u03c9\u03c3\u03f2\u03f3"
    "\u0578\u057d\u0585\u0566\u0570\u0581\u0584\u0561\u056f"
    "\u0131\u0251\u0261\u0269\u028b\u0280\u1d04\u1d0f\u1d1c\u1d20\u1d21\u1d22\u0237\u2113",
    "aeopcyxsijdqwlhbkmhtrbbvffoavptukiyxwocjnuoqhgqwkiagivrcouvwzjl",
)
"""Letters of Cyrillic, Greek, Armenian, and Latin's own variants by the Latin letter they look like.

From confusables.txt of UTS 39, what occurs in host names: lower-case only.
"""

_LIKE_KANA = str.maketrans(
    "\u4e00\u4e8c\u516b\u529b\u53e3\u535c\u5915\u5de5\u3078",
    "\u30fc\u30cb\u30cf\u30ab\u30ed\u30c8\u30bf\u30a8\u30d8",
)
_LIKE_EACH_OTHER = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"))
_INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp", "Zs")
_RIGHT_TO_LEFT = ("R", "AL", "AN")


class Remark(Record):
    """`other` is the allowed site that is meant by `resembles`, `contains` and `other_port`."""

    kind: Kind
    other: str = ""


class Sight(Record):
    """An origin as it is to be shown.

    Args:
        ascii: the origin in full, as it is compared.
        decoded: the same with its international labels as they are read, for `bridge.ui.characters.line`,
            which shows what would not be seen; empty where there are none.
        remarks: what a person should know, the gravest first.
        strange: the characters that make a name mixed or imitating, at most `MOST_STRANGE`.
    """

    ascii: str
    decoded: str
    remarks: tuple[Remark, ...]
    strange: tuple[str, ...] = ()

    @property
    def is_suspicious(self) -> bool:
        """Whether there is more to say than that the name is international or for development."""
        return any(remark.kind not in ("international", "insecure") for remark in self.remarks)


def seen(origin: Origin, allowed: Iterable[Origin] = ()) -> Sight:
    """What is to be shown of `origin` beside the sites that are allowed already."""
    host = decoded_host(origin.host)
    remarks = [*_about_others(origin, host, allowed), *_about_letters(origin.host, host)]
    if origin.scheme != "https":
        remarks.append(Remark(kind="insecure"))
    return Sight(
        ascii=str(origin),
        decoded=str(origin).replace(origin.host, host, 1) if host != origin.host else "",
        remarks=tuple(dict.fromkeys(remarks)),
        strange=tuple(dict.fromkeys(_strange(host)))[:MOST_STRANGE],
    )


def reading(origin: str) -> str:
    """`origin` with its international labels as they are read; empty where there are none."""
    try:
        return seen(Origin.parse(origin)).decoded
    except InvalidOrigin:
        return ""


def decoded_host(host: str) -> str:
    """`host` with its punycode labels (RFC 3492) as they are read; a label that is none stays as it is."""
    return ".".join(map(_decoded, host.split(".")))


def _decoded(label: str) -> str:
    if not label.startswith(_ACE):
        return label
    try:
        text = label[len(_ACE) :].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
    folded = unicodedata.normalize("NFKC", text)
    is_readable = not text.isascii() and not _SEPARATORS.search(folded)
    return text if is_readable else label


def _about_letters(host: str, decoded: str) -> Iterator[Remark]:
    if not any(label.startswith(_ACE) for label in host.split(".")):
        return
    labels = decoded.split(".")
    if any(map(_hides, labels)):
        yield Remark(kind="hidden")
    if any(map(_is_mixed, labels)):
        yield Remark(kind="mixed")
    elif any(map(_imitates_ascii, labels)):
        yield Remark(kind="imitates")
    yield Remark(kind="international")


def _strange(decoded: str) -> Iterator[str]:
    for label in decoded.split("."):
        if _is_mixed(label) or _imitates_ascii(label):
            yield from (character for character in label if not character.isascii())


def script_of(character: str) -> str:
    """The script of a letter in its Unicode name, e.g. ``CYRILLIC``; for full-width letters ``FULLWIDTH``."""
    return unicodedata.name(character, "UNNAMED").split()[0]


def _hides(label: str) -> bool:
    return any(
        unicodedata.category(character) in _INVISIBLE
        or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        for character in label
    )


def _is_mixed(label: str) -> bool:
    """Whether one label has scripts that are not written together (UTS 39, section 5.2)."""
    scripts = set(map(script_of, label)) - _COMMON
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _imitates_ascii(label: str) -> bool:
    """Whether letters that are not ASCII could be read as ASCII, every one of them."""
    strange = [character for character in label if not character.isascii()]
    if strange and all(_as_ascii(character) for character in strange):
        return True
    return _BETWEEN_LATIN.search(label) is not None


def _as_ascii(character: str) -> bool:
    return unicodedata.normalize("NFKC", character).translate(_LIKE_LATIN).isascii()


def _about_others(origin: Origin, host: str, allowed: Iterable[Origin]) -> Iterator[Remark]:
    for other in allowed:
        if other == origin:
            continue
        name = str(other)
        if other.host == origin.host:
            yield Remark(kind="other_port", other=name)
        elif _is_number(origin.host) or _is_number(other.host):
            continue
        elif _resembles(host, decoded_host(other.host)):
            yield Remark(kind="resembles", other=name)
        elif _contains(host, decoded_host(other.host)):
            yield Remark(kind="contains", other=name)


def _is_number(host: str) -> bool:
    return host.startswith("[") or host.replace(".", "").isdigit()


def _resembles(host: str, other: str) -> bool:
    one, two = _skeleton(host), _skeleton(other)
    if one == two or _is_one_edit(host, other) or _is_one_edit(one, two):
        return True
    return _without_end(one) == _without_end(two) != ""


def _contains(host: str, other: str) -> bool:
    """Whether the name of the other site is in the name, which does not belong to it."""
    one, two = (_skeleton(name).replace("-", ".") for name in (host, other))
    return two in one and not host.endswith(f".{other}")


def _skeleton(name: str) -> str:
    """What names have in common that look the same (UTS 39, section 4), marks and accents left away."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    shown = bare.translate(_LIKE_LATIN).translate(_LIKE_KANA)
    for written, like in _LIKE_EACH_OTHER:
        shown = shown.replace(written, like)
    return shown


def _without_end(host: str) -> str:
    """A host without its last label, or its last two where they are like ``lg.jp`` and ``co.uk``."""
    labels = host.split(".")
    is_second_level = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[: -2 if is_second_level else -1])


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one character more, less or another, or two that change places, make one of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(map(len, (one, other)))
    )
    rest, others = one[start:], other[start:]
    if len(one) == len(other):
        return rest[1:] == others[1:] or (rest[1::-1] == others[:2] and rest[2:] == others[2:])
    return rest[1:] == others or rest == others[1:]
