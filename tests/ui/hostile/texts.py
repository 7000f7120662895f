"""Plain text that is none, or that looks like another."""

from __future__ import annotations

from bridge.ui.preview.layout import MOST_LEVELS
from tests.ui.hostile.specimen import Specimen, refused, shown

TEXT = "text/plain"

TEXTS: dict[str, Specimen] = {
    "UTF-16": refused(TEXT, "入札書".encode("utf-16")),
    "UTF-16 without a mark": refused(TEXT, "入札書 100円".encode("utf-16-be")),
    "UTF-32": refused(TEXT, "入札書".encode("utf-32")),
    "Shift_JIS": refused(TEXT, "入札書".encode("shift_jis")),
    "another charset": refused("text/plain; charset=shift_jis", "¥100"),
    "UTF-7": refused("text/plain; charset=utf-7", "+ADw-script+AD4-"),
    "NUL": refused(TEXT, b"100\0000"),
    "zero bytes": refused(TEXT, bytes(1000)),
    "overlong": refused(TEXT, b"\xc0\xaf"),
    "surrogates": refused(TEXT, b"\xed\xa0\xbd\xed\xb8\x80"),
    "cut in a character": refused(TEXT, "入札".encode()[:-1]),
    "beyond Unicode": refused(TEXT, b"\xf4\x90\x80\x80"),
    "a picture": refused(TEXT, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "nothing": shown(TEXT, b""),
    "byte order mark": shown(TEXT, "\ufeff入札書", says="入札書", hides="FEFF"),
    "byte order mark inside": shown(TEXT, "1\ufeff00", "hidden", says="1⟦U+FEFF⟧00"),
    "PDF as text": shown(TEXT, "%PDF-1.7\n1 0 obj\n", says="%PDF-1.7"),
    "terminal escapes": shown(TEXT, "\x1b[2J\x1b[31m100円", "hidden", says="⟦U+001B⟧[31m100円", hides="\x1b"),
    "backspaces": shown(TEXT, "900円\b\b\b\b100円", "hidden", says="900円⟦U+0008⟧", hides="\b"),
    "carriage returns": shown(TEXT, "900円\r100円", "hidden", says="900円⟦U+000D⟧100円", hides="\r"),
    "line separators": shown(TEXT, "a\u2028b\u2029c\x85d", "hidden", says="a⟦U+2028⟧b⟦U+2029⟧c⟦U+0085⟧d"),
    "override": shown(
        TEXT,
        "\u202e円000,1\u202c",
        "direction",
        says="⟦U+202E⟧円000,1",
        hides="\u202e",
        stands_out="⟦U+202E⟧⟦U+202C⟧",
    ),
    "isolates": shown(TEXT, "a\u2067b\u2069c", "direction", says="a⟦U+2067⟧b⟦U+2069⟧c"),
    "marks of direction": shown(TEXT, "1\u200f2\u061c3", "direction", says="1⟦U+200F⟧2⟦U+061C⟧3"),
    "letters from right to left": shown(
        TEXT, "100 \u05d0\u05d1 200", "direction", says="100 ⟦U+05D0⟧⟦U+05D1⟧ 200"
    ),
    "Arabic digits": shown(TEXT, "\u0661\u0662円", "direction", "lookalikes", says="⟦U+0661⟧⟦U+0662⟧円"),
    "zero width": shown(
        TEXT,
        "1\u200b0\u200c0\u200d0\u2060",
        "hidden",
        says="1⟦U+200B⟧0⟦U+200C⟧0⟦U+200D⟧0⟦U+2060⟧",
        stands_out="⟦U+200B⟧⟦U+200C⟧⟦U+200D⟧⟦U+2060⟧",
    ),
    "soft hyphens": shown(TEXT, "pay\u00adpal", "hidden", says="pay⟦U+00AD⟧pal"),
    "tags": shown(TEXT, "a\U000e0041\U000e0042", "hidden", says="a⟦U+E0041⟧⟦U+E0042⟧"),
    "variation selectors": shown(TEXT, "葛\U000e0100飾 1\ufe0f", "variation", says="葛⟦U+E0100⟧飾 1⟦U+FE0F⟧"),
    "letters like nothing": shown(
        TEXT, "1\u31640\u28000\u115f", "hidden", says="1⟦U+3164⟧0⟦U+2800⟧0⟦U+115F⟧"
    ),
    "spaces like nothing": shown(TEXT, "1\u200a000", "hidden", says="1⟦U+200A⟧000"),
    "piled marks": shown(TEXT, "1" + "\u0338" * 40, "hidden", says="⟦U+0338⟧" * 38),
    "private use": shown(TEXT, "\ue000建設", "hidden", says="⟦U+E000⟧建設"),
    "no characters": shown(TEXT, "\uffff\U0010ffff", "hidden", says="⟦U+FFFF⟧⟦U+10FFFF⟧"),
    "mixed widths": shown(TEXT, "金額 1２0,000円", "widths", says="1２0,000", stands_out="1２0,000"),
    "mixed widths in a word": shown(TEXT, "見本Ｃompany", "widths", says="Ｃompany", stands_out="Ｃompany"),
    "half-width kana within": shown(
        TEXT, "コンクリｰト", "widths", says="コンクリｰト", stands_out="コンクリｰト"
    ),
    "Cyrillic within Latin": shown(TEXT, "pаypal", "lookalikes", says="pаypal", stands_out="pаypal"),
    "Cyrillic alone": shown(TEXT, "ТОКУО", "lookalikes", says="ТОКУО", stands_out="ТОКУО"),
    "Greek within Latin": shown(TEXT, "Αdvance", "lookalikes", says="Αdvance", stands_out="Αdvance"),
    "letters as digits": shown(TEXT, "1O0,0l0円", "lookalikes", says="1O0,0l0", stands_out="1O0,0l0"),
    "mathematical digits": shown(TEXT, "𝟗00円", "lookalikes", says="𝟗00円", stands_out="𝟗"),
    "radicals": shown(TEXT, "⼒学", "lookalikes", says="⼒学", stands_out="⼒"),
    "ideograph as kana": shown(TEXT, "スーパ一", "lookalikes", says="スーパ一", stands_out="一"),
    "kana as ideograph": shown(TEXT, "大エ事", "lookalikes", says="大エ事", stands_out="エ"),
    "far below": shown(
        TEXT,
        "終わり\n" + "\n" * 100_000 + "実は百万円\n",
        "gaps",
        says=("⟦空白の行が100000行あります⟧", "実は百万円"),
        stands_out="⟦空白の行が100000行あります⟧",
    ),
    "below blanks of all kinds": shown(
        TEXT, "終わり\n" + "\u3000\t \u00a0\n" * 50 + "続き", "gaps", says="続き"
    ),
    "far to the right": shown(
        TEXT,
        "100円" + " " * 5000 + "と百万円",
        "gaps",
        says="100円⟦空白5000文字⟧と百万円",
        stands_out="⟦空白5000文字⟧",
    ),
    "wide blanks": shown(TEXT, "100円" + "\u3000" * 300 + "と百万円", "gaps", says="⟦空白300文字⟧と百万円"),
    "one line of a million": shown(TEXT, "あ" * 1_000_000 + "終", says=("あ" * 1000, "⟦続く⟧")),
    "200,000 lines": shown(TEXT, "行\n" * 200_000, says="行"),
    "script": shown(
        "text/html", "<script>alert(1)</script>100円", "source", says="<script>alert(1)</script>"
    ),
    "forged marks": shown(TEXT, "⟦U+202E⟧ ⟦空白の行が9行あります⟧", says="⟦U+202E⟧"),
    "forged names": shown(TEXT, "金額：100\n金額：200", says=("金額：100", "金額：200")),
    "formula": shown("text/csv", '=HYPERLINK("http://127.0.0.1/")', says="=HYPERLINK"),
}

JSON = "application/json"

JSONS: dict[str, Specimen] = {
    "empty": refused(JSON, b""),
    "NaN": refused(JSON, '{"金額": NaN}'),
    "Infinity": refused(JSON, "[-Infinity]"),
    "comma at the end": refused(JSON, '{"a": 1,}'),
    "comments": refused(JSON, '{"a": 1 /* 900 */}'),
    "single quotes": refused(JSON, "{'a': 1}"),
    "two values": refused(JSON, '{"a": 1}{"a": 2}'),
    "byte order mark": refused(JSON, '\ufeff{"a": 1}'),
    "UTF-16": refused(JSON, '{"a": 1}'.encode("utf-16-le")),
    "line break in a text": refused(JSON, '{"a": "1\n2"}'),
    "half a surrogate": refused(JSON, '"\\ud800 "'),
    "100,000 arrays deep": refused(JSON, "[" * 100_000 + "]" * 100_000),
    "1000 objects deep": refused(JSON, '{"a":' * 900 + "1" + "}" * 900),
    "a little too deep": refused(JSON, "[" * (MOST_LEVELS + 2) + "1" + "]" * (MOST_LEVELS + 2)),
    "XML": refused(JSON, "<a/>"),
    "leading zero": refused(JSON, "0100"),
    "just deep enough": shown(JSON, '{"a":' * MOST_LEVELS + "1" + "}" * MOST_LEVELS, says="［60段目］"),
    "same name twice": shown(
        JSON, '{"金額": 100, "金額": 900}', "duplicates", says=("金額：100", "金額：900")
    ),
    "same name twice by escapes": shown(JSON, '{"a": 1, "\\u0061": 2}', "duplicates", says=("a：1", "a：2")),
    "override by escape": shown(JSON, '{"a": "\\u202e000,1"}', "direction", says="a：⟦U+202E⟧000,1"),
    "NUL by escape": shown(JSON, '{"a": "1\\u0000"}', "hidden", says="a：1⟦U+0000⟧"),
    "forged line": shown(JSON, '{"a": "1\\n金額：900"}', says=("a：1⟦改行⟧", "金額：900")),
    "line break in a name": shown(JSON, '{"a\\nb": 1}', "hidden", says="a⟦U+000A⟧b：1"),
    "huge number": shown(JSON, "[1e999999999]", says="1e999999999"),
    "long number": shown(JSON, "1" + "0" * 100_000, says="1000000"),
    "more digits than a float has": shown(
        JSON, '{"a": 0.1000000000000000055511151231257827}', says="0.1000000000000000055511151231257827"
    ),
    "true as a text": shown(
        JSON,
        '["true", true, null, ""]',
        says=("1. true", "2. はい（true）", "3. なし（null）", "4. （空欄）"),
    ),
    "label that hides a member": shown(
        JSON, '[{"label": "金額", "value": 1, "note": "900"}]', says="note：900"
    ),
    "200,000 members": shown(
        JSON, lambda: ("{" + ",".join(f'"a{n}":{n}' for n in range(200_000)) + "}").encode(), says="a0：0"
    ),
}
