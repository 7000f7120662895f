"""Japanese and English: the choice, the switch, and no text in one language only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

import cardbridge_portal
from tests.portal.clerk import FORM, Clerk

PACKAGE = Path(cardbridge_portal.__file__).parent
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff01-\uff9d]")
WORDS = re.compile(r"[\u3040-\u309f\u30a0-\u30ff\u3400-\u9fff]{2}")
# Data, and what is Japanese by law of the house: the signed document; errors that carry both languages.
# Mails are Japanese, with English in short at the end.
MAILS = {path.name for path in (PACKAGE / "mail").glob("*.py")}
ONE_LANGUAGE = {
    "document.py",
    "samples.py",
    "authority.py",
    "errors.py",
    "limits.py",
    "qualification.py",
    "report.py",
} | MAILS
LITERAL = r"""("[^"]*"|`[^`]*`)"""
FIRST_OF_TWO = re.compile(rf"\bt\(\s*{LITERAL}(?=[^\n]*?,\s*[\"`])")


async def in_english(clerk: Clerk) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    given = {"language": "en", "next": clerk.base}
    response = await clerk.client.post("/language", data=given, headers=headers, allow_redirects=False)
    assert response.status == 303 and response.headers["Location"] == clerk.base


def untranslated(text: str) -> list[str]:
    """What of a page is Japanese and not said to be (WCAG 2.2, 3.1.2)."""
    page = html.document_fromstring(text)
    assert page.get("lang") == "en"
    for part in page.xpath("//*[@lang='ja']"):
        part.drop_tree()
    shown = [str(found) for found in page.xpath("//text() | //@aria-label | //@placeholder | //@alt")]
    return [found for found in shown if JAPANESE.search(found)]


async def test_every_screen_in_english(clerk: Clerk) -> None:
    await in_english(clerk)
    await clerk.see(await clerk.client.get("/"))
    assert untranslated(clerk.text) == []
    for page in ("", "menu", "pin", "change", "renew", "login", "nowhere"):
        await clerk.get(page)
        assert untranslated(clerk.text) == [], page
    await clerk.authenticate()
    assert untranslated(clerk.text) == []
    await clerk.find(number="x", name="")
    assert 'data-screen="S4"' in clerk.text and untranslated(clerk.text) == []
    await clerk.find(name="違う")
    assert 'data-reason="lookupFailed"' in clerk.text and untranslated(clerk.text) == []
    await clerk.find()
    await clerk.submit("form", **FORM | {"contact_person": "髙橋", "unit_phone": "1"})
    assert 'data-screen="S5"' in clerk.text
    assert all("髙" in found or "such as" in found.lower() for found in untranslated(clerk.text))
    await clerk.submit("form", **FORM)
    assert 'data-screen="S6"' in clerk.text and untranslated(clerk.text) == []
    transaction, document = await clerk.document()
    assert document.decode().startswith("利用者登録申請書\n")  # official: Japanese in any language
    await clerk.complete(transaction, await clerk.sign(document))
    await clerk.get("done")
    assert 'data-screen="S7"' in clerk.text and untranslated(clerk.text) == []
    await clerk.get("print")
    assert "利用者登録 受付票" in clerk.text and untranslated(clerk.text) == []
    await clerk.get("search")
    assert 'data-reason="cardAlreadyRegistered"' in clerk.text and untranslated(clerk.text) == []


async def test_refusals_for_scripts(clerk: Clerk) -> None:
    await clerk.enter()
    assert "もう一度" in (await (await clerk.post("api/authenticate", {"token": {}})).json())["message"]
    await in_english(clerk)
    answer = await (await clerk.post("api/authenticate", {"token": {}})).json()
    assert answer["message"].isascii() and answer["message"]


async def test_japanese_unless_chosen(clerk: Clerk) -> None:
    """Accept-Language only suggests."""
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    text = await (await clerk.client.get("/", headers=english)).text()
    assert '<html lang="ja">' in text and 'id="suggestion"' in text
    for wanted in ("ja,en;q=0.5", "fr", ""):
        text = await (await clerk.client.get("/", headers={"Accept-Language": wanted})).text()
        assert '<html lang="ja">' in text and 'id="suggestion"' not in text
    await in_english(clerk)
    text = await (await clerk.client.get("/", headers=english)).text()
    assert '<html lang="en">' in text and 'id="suggestion"' not in text


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example", "/\\evil.example", "/\n/x", ""])
async def test_switch_leads_nowhere_else(clerk: Clerk, away: str) -> None:
    response = await clerk.client.post(
        "/language",
        data={"language": "en", "next": away},
        headers={"Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
    )
    assert response.headers["Location"] == "/"


async def test_switch_takes_two_languages_and_own_pages(clerk: Clerk) -> None:
    given = {"language": "xx", "next": "/"}
    own, other = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
    assert (await clerk.client.post("/language", data=given, headers=own)).status == 400
    given["language"] = "en"
    response = await clerk.client.post("/language", data=given, headers=other)
    assert response.status == 403 and "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.html")) + sorted(PACKAGE.rglob("*.js")), ids=str)
def test_no_japanese_alone(path: Path) -> None:
    """In templates and scripts every Japanese text is the first half of `t(ja, en)`."""
    text = re.sub(r"\{#.*?#\}|^\s*//.*?$|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S | re.M)
    alone = [line for line in FIRST_OF_TWO.sub("", text).splitlines() if JAPANESE.search(line)]
    assert [line for line in alone if 'lang="ja"' not in line] == []


def _is_japanese_half(node: ast.AST) -> bool:
    """`japanese = …` of an error of the verification library, which has `english` beside it."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and (node.targets[0].id == "japanese")
    )


def japanese_alone(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if (
            name == "Text"
            or _is_japanese_half(node)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORDS.search(node.value):
            yield node.value
        yield from japanese_alone(node)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=str)
def test_no_japanese_alone_in_code(path: Path) -> None:
    """In Python it is the first half of a `Text`; docstrings and single characters are free."""
    if path.name not in ONE_LANGUAGE and path.parent.name != "mail":
        assert list(japanese_alone(ast.parse(path.read_text("utf-8")))) == []
