"""The manual's files for web-demo/manual: ``python -m bridge.manual.book web-demo/manual``."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.core.errors import ERRORS
from bridge.manual import contacts, errorpages, page

_SCENES = "../troubles/README.md"
_INDEX = "README.md"
_HEAD = f"""# エラーの手引き / What to do about each error

ICカードブリッジのエラーごとに、起きたこと、すること、連絡先をまとめました。使い始めの方は
[困ったときの10の場面]({_SCENES})もご覧ください。
パソコンでは `cardbridge help 03002` や `cardbridge help ロック` のように、
番号やことばで探せます（インターネットは要りません）。
In English below each page; `cardbridge help --language en WORD` finds them offline.

以前のシステムのエラー番号（`APPLET-CRITICAL…03001` など）で探すときは、終わりの5桁を見ます。
**03001** はカードリーダやICカードを使えないとき、**03002** はPIN番号で進めないときの番号です
（[島根県の電子調達の質問集](http://choutatsuweb.pref.shimane.lg.jp/portal/faq/show/3)）。
03002 は、カードやリーダが原因のこともあります。

認証局の連絡先は、自治体や会社の管理者が `/etc/cardbridge/issuers.toml` で直し、窓口を加えられます（Linux）。

| エラー | 起きたこと | 検索のことば |
|---|---|---|
"""


def book() -> dict[str, str]:
    """Every file of the manual, by its name, with the shipped contacts."""
    pages, whom = errorpages.load(), contacts.load(None)
    rows = "".join(_row(reason, each) for reason, each in pages.items())
    files = {_INDEX: _HEAD + rows}
    for reason, each in pages.items():
        scene = f"画面の写真: [困ったときの10の場面]({_SCENES}#{each.scene})\n\n" if each.scene else ""
        told = "\n---\n\n".join(page.text(reason, each, whom, language) for language in ("ja", "en"))
        files[f"{reason}.md"] = f"# {reason}\n\n[目次 / Index]({_INDEX})\n\n{scene}{told}"
    return files


def _row(reason: str, each: errorpages.ErrorPage) -> str:
    words = ", ".join([str(ERRORS[reason].code), *each.words])
    return f"| [{reason}]({reason}.md) | {each.title.ja}<br>{each.title.en} | {words} |\n"


def main(folder: Path) -> None:
    """Write the manual, and take away pages of errors that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    files = book()
    for old in folder.glob("*.md"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
