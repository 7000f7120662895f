"""What officials do: numbers, suspension, revocation, history and signatures, import by the page."""

import json
import logging
import re
from pathlib import Path

import pytest
from lxml import html

from cardbridge_portal.check_digits import has_check_digit
from tests.portal.authority.conftest import MakeOfficial
from tests.portal.authority.lists import company, csv_of
from tests.portal.authority.official import OfficialClerk, database_files, openssl_verify
from tests.portal.clerk import Clerk, Clock, read_samples
from tests.portal.companies import rows
from tests.portal.conftest import MakeClerk


async def register(clerk: Clerk) -> None:
    """S0 to S7."""
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    response = await clerk.complete(transaction, await clerk.sign(document))
    assert response.status == 200, await response.text()


async def reason_at_login(clerk: Clerk, step: str = "login") -> str:
    """Why S9 to S11 refuse the clerk's card; '' if they do not."""
    await clerk.enter()
    body = {"step": step, "token": clerk.token(await clerk.nonce())}
    response = await clerk.post("api/authenticate", body)
    return str((await response.json()).get("reason", ""))


async def new_number(official: OfficialClerk, page: str = "companies/1/number") -> str:
    await official.confirm(page)
    return official.match(r'id="issued-number"[^>]*>([0-9]+)<')


async def test_number_is_shown_once_and_the_old_one_is_void(
    official: OfficialClerk, clerk: Clerk, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    old = clerk.sample["number"]
    await official.get("companies/1/number")
    once = official.once
    response = await official.submit("companies/1/number", once=once)
    number = official.match(r'id="issued-number"[^>]*>([0-9]{8})<')
    assert response.headers["Cache-Control"] == "no-store"
    title = official.match(r"<title>(.*?)</title>")
    assert number != old and number not in title and number not in str(response.url)
    again = await official.submit("companies/1/number", once=once)
    assert again.status == 409 and "番号はすでに表示しました" in official.text
    for page in ("companies/1", "companies", "history", "history/1", "companies/1/number"):
        await official.get(page)
        assert number not in official.text
    assert number not in caplog.text and once not in caplog.text
    stored = json.dumps(rows(data, "SELECT kind, actor, detail FROM event"))
    assert number not in stored and '{\\"again\\": true}' in stored
    assert number.encode() not in database_files(data)
    await clerk.authenticate()
    assert (await clerk.find(number=old)).status == 422
    assert (await clerk.find(number=number)).url.path == "/m/462012/form"


async def test_number_of_a_procedure_under_way_is_void_too(official: OfficialClerk, clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text
    await new_number(official)
    assert (await clerk.get("form")).status == 401


async def test_two_confirmations_at_once_issue_one_number(official: OfficialClerk, data: Path) -> None:
    await official.get("companies/1/number")
    first = official.once
    await official.get("companies/1/number")  # a second tab
    assert (await official.submit("companies/1/number", once=first)).status == 409
    assert rows(data, "SELECT count(*) FROM event WHERE kind = 'numberIssued'") == [(0,)]


async def test_number_with_a_check_digit(official_for: MakeOfficial) -> None:
    official = await official_for(1)
    number = await new_number(official, "companies/2/number")
    assert len(number) == 10 and has_check_digit(number, "luhn")


async def test_suspended_company_is_out_until_resumed(
    official: OfficialClerk, clerk: Clerk, data: Path
) -> None:
    await register(clerk)
    assert (await clerk.get("done")).status == 200
    await official.confirm("companies/1/suspend", remark="")
    assert "理由を入力してください" in official.text
    await official.confirm("companies/1/suspend", remark="①")
    assert "丸数字" in official.text
    await official.confirm("companies/1/suspend", remark="指名停止（令和8年11月）")
    assert "停止中" in official.text and "指名停止（令和8年11月）" in official.text
    assert (await clerk.get("done")).status == 401  # what was under way has ended
    assert await reason_at_login(clerk) == "companySuspended"
    await official.get("companies?state=suspended")
    assert "株式会社見本建設" in official.text
    await official.confirm("companies/1/resume", remark="期間満了")
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("active",)]
    kinds = "SELECT kind FROM event WHERE actor = 'official:1' ORDER BY id DESC LIMIT 2"
    assert rows(data, kinds) == [("resumed",), ("suspended",)]
    assert await reason_at_login(clerk) == ""


@pytest.mark.parametrize("form", ["{}", "番号{}を停止", "{0[0]}-{0[1]} {0[2]}{0[3]}{0[4]}{0[5]}{0[6]}{0[7]}"])
async def test_a_number_never_gets_into_the_history(
    official: OfficialClerk, clerk: Clerk, data: Path, form: str
) -> None:
    number = clerk.sample["number"]
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    for text in (number, wide):
        await official.confirm("companies/1/suspend", remark=form.format(text))
        assert "利用者登録番号は書かないでください" in official.text and text not in official.text
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("active",)]
    await official.confirm("companies/1/suspend", remark="令和8年12345678号")
    assert rows(data, "SELECT state FROM company WHERE id = 1") == [("suspended",)]


async def test_sent_twice_is_one_suspension(official: OfficialClerk, data: Path) -> None:
    await official.get("companies/1/suspend")
    once = official.once
    for _ in range(3):
        await official.submit("companies/1/suspend", once=once, remark="理由")
    assert rows(data, "SELECT count(*) FROM event WHERE kind = 'suspended'") == [(1,)]


async def test_revoked_card_is_out_and_replaced_by_another(
    official: OfficialClerk, clerk_for: MakeClerk, data: Path
) -> None:
    clerk = await clerk_for()
    await register(clerk)
    ((card,),) = rows(data, "SELECT id FROM card")
    await official.confirm(f"cards/{card}/revoke")
    assert "理由を選んでください" in official.text
    await official.confirm(f"cards/{card}/revoke", reason="other")
    assert "理由を入力してください" in official.text
    await official.confirm(f"cards/{card}/revoke", reason="lost", remark="11月27日に届け出")
    assert "失効" in official.text and "紛失" in official.text
    assert (await clerk.get("done")).status == 401
    for step in ("login", "change", "renewOld"):  # its certificate is good, but the portal has ended it
        assert await reason_at_login(clerk, step) == "cardRevoked"
    await clerk.authenticate()
    assert 'id="number"' not in clerk.text
    assert rows(data, "SELECT state, reason FROM card") == [("revoked", "lost")]
    ((detail, actor),) = rows(data, "SELECT detail, actor FROM event WHERE kind = 'revoked'")
    assert json.loads(detail)["remark"] == "11月27日に届け出" and actor == "official:1"
    # The company comes back with another card and the number that it has.
    from cardbridge_portal.authority import issue_card

    replacement = await clerk_for()
    made = issue_card(data, "株式会社見本建設", "見本　太郎", curve=True)
    replacement.sample = replacement.sample | {"card": str(made.directory)}
    await register(replacement)
    assert rows(data, "SELECT state FROM card ORDER BY id") == [("revoked",), ("active",)]
    await official.get("companies/1")
    assert official.text.count('class="state bad">失効') == 1


async def test_look_ups_are_let_through_again(
    official: OfficialClerk, clerk: Clerk, data: Path, clock: Clock
) -> None:
    await clerk.authenticate()
    while (await clerk.find(number="00000000")).status != 429:
        clock.pass_s(1)
    reference = re.findall(r"[0-9]{4}-[0-9]{4}-[0-9]{4}", clerk.text)[0]
    await official.get("companies/1/release")
    await official.submit("companies/1/release", reference="0000-0000-0000")
    assert "停止しているICカードはありません" in official.text
    await official.submit("companies/1/release", reference=reference)
    assert 'data-screen="A3"' in official.text and "検索停止の解除" in official.text
    assert (await clerk.find()).url.path == "/m/462012/form"
    assert ("official:1",) in rows(data, "SELECT actor FROM event WHERE kind = 'lookupReleased'")


async def test_signature_is_verified_and_downloaded(
    official: OfficialClerk, clerk: Clerk, data: Path, tmp_path: Path
) -> None:
    await register(clerk)
    await official.get("companies/1")
    event = official.match(r'href="/authority/history/(\d+)"[^>]*>詳細<span class="hidden">：登録 ')
    await official.get(f"history/{event}")
    assert "利用者登録申請書" in official.text and clerk.sample["number"] not in official.text
    await official.submit(f"history/{event}/verify")
    assert 'id="verified"' in official.text and "失効していません" in official.text
    files = {}
    for part, kind in (("document", "text/plain"), ("signature", "application/pkcs7-signature")):
        response = await official.client.get(f"/authority/history/{event}/{part}")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("attachment; filename=")
        assert response.content_type == kind
        files[part] = tmp_path / part
        files[part].write_bytes(await response.read())
    root = data / "authority" / "ca.crt.pem"
    openssl_verify(files["signature"], files["document"], root, tmp_path / "verified")
    assert (tmp_path / "verified").read_bytes() == files["document"].read_bytes()


async def test_stored_signature_that_does_not_fit_is_told(
    official: OfficialClerk, clerk: Clerk, data: Path
) -> None:
    await register(clerk)
    ((event,),) = rows(data, "SELECT id FROM event WHERE kind = 'registered'")
    # Somebody with the database's own rights: the trigger goes, a byte changes.
    rows(data, "DROP TRIGGER event_no_update")
    rows(data, "UPDATE event SET document = x'20' WHERE id = ?", event)
    await official.get(f"history/{event}")
    await official.submit(f"history/{event}/verify")
    assert 'id="errors"' in official.text and 'id="verified"' not in official.text


async def test_import_by_the_page(official: OfficialClerk, data: Path) -> None:
    await official.get("import")
    await official.upload(csv_of(*(company(index) for index in range(120))))
    assert "Shift_JIS (Windows)" in official.text and "120社を取り込みます" in official.text
    assert rows(data, "SELECT count(*) FROM company") == [(2,)]
    address = official.match(r"/authority/(import/[0-9a-f]{32})")
    once = official.once
    await official.submit(address, once=once)
    assert "120社を取り込みました" in official.text
    assert (await official.submit(address, once=once)).status == 404
    assert rows(data, "SELECT count(*) FROM company") == [(122,)]
    await official.get("companies?state=noNumber")
    assert "120件" in official.text and official.text.count('<th scope="row"') == 50
    seen = set(re.findall(r"/authority/companies/(\d+)", official.text))
    for _ in range(2):
        following = official.match(r'id="next"[^>]*href="/authority/([^"]+)"').replace("&amp;", "&")
        await official.get(following)
        seen |= set(re.findall(r"/authority/companies/(\d+)", official.text))
    assert len(seen) == 120 and 'id="next"' not in official.text
    await official.get("history")
    assert "資格審査情報の一括取り込み" in official.text and "list.csv" in official.text


async def test_errors_of_a_list_are_shown_and_downloaded(official: OfficialClerk, data: Path) -> None:
    await official.get("import")
    wrong = [company(index, **{"商号又は名称": "㈱南国"}) for index in range(300)]
    await official.upload(csv_of(company(1000), *wrong))
    assert official.text.count("「㈱」（U+3231）") == 200 and "300件のうち、はじめの200件" in official.text
    assert 'id="import"' not in official.text
    report = official.match(r'id="report"[^>]*href="([^"]+)"')
    response = await official.client.get(report)
    assert response.headers["Content-Disposition"].startswith("attachment")
    text = (await response.read()).decode("utf-8-sig")
    assert text.count("\r\n") == 301 and text.splitlines()[1].startswith("3,商号又は名称,1文字目の「㈱」")
    assert rows(data, "SELECT count(*) FROM company") == [(2,)]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"PK\x03\x04", "あ".encode("utf-16"), b"a,b\r\n1,2\r\n"]
)
async def test_files_that_are_no_list_are_refused_with_a_sentence(
    official: OfficialClerk, content: bytes
) -> None:
    await official.get("import")
    response = await official.upload(content)
    assert response.status == 422 and "このファイルは取り込めません" in official.text


async def test_file_beyond_the_limit_is_refused(official: OfficialClerk) -> None:
    await official.get("import")
    assert (await official.upload(b"a" * (8 * 1024 * 1024 + 1))).status == 422
    assert "ファイルが大きすぎます" in official.text
    assert (await official.upload(b"a" * (9 * 1024 * 1024))).status == 413


async def test_file_name_is_text_and_nothing_else(official: OfficialClerk, data: Path) -> None:
    await official.get("import")
    await official.upload(csv_of(company(1)), name="<script>alert(1)</script>.csv")
    assert "<script>alert" not in official.text and "&lt;script&gt;alert" in official.text


async def test_a_check_belongs_to_its_session(official_for: MakeOfficial, data: Path) -> None:
    first, second = await official_for(), await official_for()
    await first.get("import")
    await first.upload(csv_of(company(1)))
    address = first.match(r"/authority/(import/[0-9a-f]{32})")
    assert (await second.get(address)).status == 404
    assert (await second.get(f"{address}/report.csv")).status == 404


async def test_a_check_is_not_for_the_next_official(official_for: MakeOfficial, data: Path) -> None:
    """Of another municipality, in the same browser and session."""
    first, second = await official_for(0), await official_for(1)
    await first.get("import")
    await first.upload(csv_of(company(1)))
    address, once = first.match(r"/authority/(import/[0-9a-f]{32})"), first.once
    first.sample = second.sample
    await first.log_in()
    assert (await first.get(address)).status == 404
    assert (await first.submit(address, once=once)).status == 404
    assert rows(data, "SELECT count(*) FROM company") == [(2,)]


async def test_checked_list_holds_no_number_in_clear(official: OfficialClerk, data: Path) -> None:
    await official.get("import")
    await official.upload(csv_of(company(1, **{"利用者登録番号": "87654321"})))
    assert "87654321" not in official.text
    assert b"87654321" not in database_files(data)


async def test_numbers_in_bulk_are_shown_once(official: OfficialClerk, data: Path) -> None:
    await official.get("import")
    await official.upload(csv_of(company(1), company(2)))
    await official.submit(official.match(r"/authority/(import/[0-9a-f]{32})"), once=official.once)
    await official.get("numbers")
    once = official.once
    await official.submit("numbers", once=once)
    listed = official.match(r"<textarea[^>]*>(.*?)</textarea>").splitlines()
    assert listed[0] == "商号又は名称,所在地,利用者登録番号" and len(listed) == 3
    number = listed[1].rsplit(",", 1)[1]
    assert len(number) == 8 and number.isdigit()
    assert (await official.submit("numbers", once=once)).status == 409 and number not in official.text
    await official.get("numbers")
    assert 'id="none"' in official.text
    events = rows(data, "SELECT kind, count(*) FROM event WHERE kind LIKE 'number%' GROUP BY kind")
    assert events == [("numberIssuedInBulk", 2), ("numbersIssued", 1)]


async def test_search_finds_by_reading_serial_and_special_characters(
    official: OfficialClerk, clerk: Clerk, data: Path
) -> None:
    await register(clerk)
    await official.get("companies?q=ミホンケン")
    assert "株式会社見本建設" in official.text
    for text in ("%25", "_", "%5C", "'", "%22"):
        await official.get(f"companies?q={text}")
        assert "該当する企業がありません" in official.text, text
    ((serial,),) = rows(data, "SELECT serial FROM card")
    await official.get(f"cards?q={serial[:4].lower()}:{serial[4:8]}")
    assert serial in official.text
    await official.get(f"cards?q={serial[1:9]}")
    assert serial not in official.text
    await official.get("cards?state=revoked")
    assert serial not in official.text


async def test_every_page_is_in_english_too(official: OfficialClerk, clerk: Clerk, data: Path) -> None:
    await register(clerk)
    await official.client.post(
        "/language", data={"language": "en", "next": "/"}, headers={"Origin": official.origin}
    )
    ((event, card),) = rows(data, "SELECT id, card_id FROM event WHERE kind = 'registered'")
    pages = (
        "", "companies", "companies/1", "companies/1/suspend", "companies/1/number", "cards",
        f"cards/{card}", f"cards/{card}/revoke", "history", f"history/{event}", "import", "numbers",
    )  # fmt: skip
    names = [entry["name"] for entry in read_samples(data)]
    for page in pages:
        await official.get(page)
        assert '<html lang="en">' in official.text
        tree = html.fromstring(official.text)
        for japanese in tree.xpath("//*[@lang='ja'] | //script"):
            japanese.drop_tree()
        left = str(tree.text_content())
        for name in names:
            left = left.replace(name, "")
        found = re.findall(r"[ぁ-ん]{2,}", left)
        assert not found, (page, found)
