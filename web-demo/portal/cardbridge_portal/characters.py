"""Which characters a form takes: JIS X 0201 without kana, and JIS X 0208. Pure.

Refused are ① ㈱ Ⅲ ㎡ 髙 﨑 𠮷 ｱ and whatever else X 0208 lacks.
"""

import unicodedata
from dataclasses import dataclass

from .text import Text

# Windows types the left where X 0208's own mapping has the right: 「１－２－３」, 「～」.
WINDOWS = str.maketrans({"\uff5e": "\u301c", "\uff0d": "\u2212"})
EXPLANATIONS = {
    "ｱ": Text(
        "半角カナは使えません。全角カナで入力してください。",
        "half-width kana cannot be used; type full-width kana.",
    ),
    "①": Text(
        "丸数字などの囲み文字は使えません。", "circled numbers and other enclosed characters cannot be used."
    ),
    "Ⅲ": Text(
        "ローマ数字は使えません。英字や算用数字で入力してください。",
        "Roman numerals cannot be used; type letters or digits.",
    ),
    "㎡": Text(
        "単位などの組文字は使えません。1文字ずつ入力してください。",
        "units in one character cannot be used; type them letter by letter.",
    ),
    "髙": Text(
        "この漢字はJIS第1・第2水準にないため使えません。常用の字体で入力してください。",
        "this kanji is not in JIS levels 1 and 2 and cannot be used; type the usual form.",
    ),
    "?": Text("この文字は使えません。", "this character cannot be used."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """A character that is refused; `position` counts from 1."""

    character: str
    position: int

    @property
    def message(self) -> Text:
        """Names the character, its place and what to do."""
        code, why = f"U+{ord(self.character):04X}", _explanation(self.character)
        printable = self.character.isprintable()
        ja = f"「{self.character}」（{code}）" if printable else code
        en = f"“{self.character}” ({code})" if printable else code
        return Text(f"{self.position}文字目の{ja}：{why.ja}", f"Character {self.position}, {en}: {why.en}")


def map_windows(text: str) -> str:
    """Replace U+FF5E and U+FF0D by X 0208's U+301C and U+2212."""
    return text.translate(WINDOWS)


def is_allowed(character: str) -> bool:
    """Whether one character is in JIS X 0201 (no kana) or JIS X 0208."""
    if not character.isprintable() and character != "\u3000":
        return False
    try:
        # The codec knows ASCII, JIS X 0201 Roman and JIS X 0208, nothing else (RFC 1468).
        character.encode("iso2022_jp")
    except UnicodeEncodeError:
        return False
    return True


def offences(text: str) -> tuple[Offence, ...]:
    """All characters that are refused, in order; map_windows() comes first."""
    return tuple(
        Offence(character=character, position=index)
        for index, character in enumerate(text, 1)
        if not is_allowed(character)
    )


def _explanation(character: str) -> Text:
    code = ord(character)
    if 0xFF61 <= code <= 0xFF9F:
        return EXPLANATIONS["ｱ"]
    if 0x2160 <= code <= 0x217F:
        return EXPLANATIONS["Ⅲ"]
    if 0x2460 <= code <= 0x24FF:
        return EXPLANATIONS["①"]
    if 0x3200 <= code <= 0x33FF:
        return EXPLANATIONS["㎡"]
    if unicodedata.name(character, "").startswith("CJK"):
        return EXPLANATIONS["髙"]
    return EXPLANATIONS["?"]
