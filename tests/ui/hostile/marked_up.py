"""XML that expands, includes, hides or forges."""

from __future__ import annotations

from tests.ui.hostile.specimen import Specimen, refused, shown
from tests.unit.signatures.hostile import XML as UNSIGNABLE

XML = "application/xml"
_SIGNATURE = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'

XMLS: dict[str, Specimen] = {
    **{name: refused(XML, make) for name, make in UNSIGNABLE.items()},
    "SVG with a DTD": refused("image/svg+xml", '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>'),
    "too deep": refused(XML, "<a>" * 100 + "</a>" * 100),
    "two documents": refused("text/xml", '<?xml version="1.0"?><a/><?xml version="1.0"?><a/>'),
    "Shift_JIS that says UTF-8": refused(
        XML, '<?xml version="1.0" encoding="UTF-8"?><a>入札</a>'.encode("shift_jis")
    ),
    "Shift_JIS": shown(
        XML, '<?xml version="1.0" encoding="Shift_JIS"?><a>入札</a>'.encode("shift_jis"), says="a：入札"
    ),
    "UTF-16": shown(
        XML, '<?xml version="1.0" encoding="UTF-16"?><a>入札</a>'.encode("utf-16"), says="a：入札"
    ),
    "comment in a value": shown(
        XML, "<金額>100<!-- 円 -->000</金額>", "comments", says="金額：100［注釈：円］000"
    ),
    "comment in mixed content": shown(
        XML, "<a>100<!-- 円 -->000<b/></a>", "comments", says=("100", "［注釈：円］", "000")
    ),
    "comment that forges": shown(XML, "<a><!--\n金額：900 --><b>1</b></a>", says=("b：1", "金額：900］")),
    "instruction in a value": shown(XML, "<a>1<?x y?>2</a>", "instructions", says="a：1［処理命令：x y］2"),
    "style sheet": shown(
        XML,
        '<?xml-stylesheet href="http://127.0.0.1:9/a.xsl"?><a>1</a>',
        "instructions",
        says="［処理命令：xml-stylesheet",
    ),
    "marked section": shown(XML, "<a><![CDATA[<金額>900</金額>]]></a>", says="a：<金額>900</金額>"),
    "override by reference": shown(XML, "<a>&#x202E;000,1</a>", "direction", says="a：⟦U+202E⟧000,1"),
    "line break in an attribute": shown(
        XML, '<a b="1&#10;金額：900"/>', says=("b（属性）：1⟦改行⟧", "金額：900")
    ),
    "same names of two vocabularies": shown(
        XML,
        '<x:a xmlns:x="urn:x" xmlns:y="urn:y"><x:b>1</x:b><y:b>2</y:b></x:a>',
        says=("x:b：1", "y:b：2", "urn:y"),
    ),
    "script": shown(
        "application/xhtml+xml",
        '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
        "source",
        says="script：alert(1)",
    ),
    "drawing that acts": shown(
        "image/svg+xml",
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>100</text></svg>',
        "source",
        says=("onload（属性）：alert(1)", "text：100"),
    ),
    "signed already": shown(XML, f"<a><b>1</b>{_SIGNATURE}</a>", "signed", says="b：1"),
    "blank value": shown(XML, "<a>\u3000</a>", says="a：\u3000"),
    "3000 attributes": shown(
        XML,
        lambda: ("<a " + " ".join(f'b{n}="{n}"' for n in range(3000)) + "/>").encode(),
        says="b0（属性）：0",
    ),
    "100,000 elements": shown(XML, lambda: b"<a>" + b"<b>1</b>" * 100_000 + b"</a>", says="b：1"),
}
