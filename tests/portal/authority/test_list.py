"""The qualification list as a file: encodings, format, rows. Nothing here needs a database."""

import csv

import pytest

from cardbridge_portal.check_digits import check_digit, has_check_digit
from cardbridge_portal.municipalities import municipalities
from cardbridge_portal.procuring import csvfile
from cardbridge_portal.procuring.csvfile import FileRefused, read_table
from cardbridge_portal.procuring.issuing import new_number
from cardbridge_portal.procuring.qualification import (
    ADDRESS,
    CODE,
    COLUMNS,
    NAME,
    NUMBER,
    OPTIONAL,
    REQUIRED,
    Entry,
    Finding,
    read_entries,
)
from tests.portal.authority.lists import company, csv_of

KAGOSHIMA, KANOYA = municipalities()["462012"], municipalities()["462039"]


def read(content: bytes) -> tuple[list[Entry], list[Finding]]:
    return read_entries(read_table(content, REQUIRED, OPTIONAL).rows, KAGOSHIMA)


def only(content: bytes) -> Finding:
    _, findings = read(content)
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("cp932", "Shift_JIS (Windows)"), ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 (BOM)")],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_encodings_are_told_and_read_alike(encoding: str, told: str, end: str) -> None:
    content = csv_of(company(1)).decode("cp932").replace("\r\n", end).encode(encoding)
    table = read_table(content, REQUIRED, OPTIONAL)
    assert table.encoding == told
    entries, findings = read_entries(table.rows, KAGOSHIMA)
    assert not findings and entries[0].name == "株式会社見本1号" and entries[0].row == 2


def test_windows_dashes_and_waves_become_those_of_jis() -> None:
    content = csv_of(company(1, **{ADDRESS: "見本町１－２－３～５"}))
    assert b"\x81\x7c" in content and b"\x81\x60" in content
    assert "\uff0d" in content.decode("cp932") and "\uff5e" in content.decode("cp932")
    (entry,), findings = read(content)
    assert not findings and entry.address == "見本町１\u2212２\u2212３\u301c５"
    (same,), _ = read(csv_of(company(1, **{ADDRESS: "見本町１\u2212２\u2212３\u301c５"}), encoding="utf-8"))
    assert same == entry


@pytest.mark.parametrize(
    ("name", "character", "hint"),
    [
        ("㈱南国", "㈱", "組文字"),
        ("株式会社①", "①", "丸数字"),
        ("髙﨑建設", "髙", "JIS第1・第2水準"),
        ("ｻﾝﾌﾟﾙ建設", "ｻ", "半角カナ"),
        ("第Ⅲ建設", "Ⅲ", "ローマ数字"),
    ],
)
def test_characters_beyond_jis_are_refused_by_name_and_row(name: str, character: str, hint: str) -> None:
    finding = only(csv_of(company(1), company(2, **{NAME: name})))
    assert (finding.row, finding.field) == (3, NAME)
    assert f"「{character}」（U+{ord(character):04X}）" in finding.reason.ja and hint in finding.reason.ja
    assert f"U+{ord(character):04X}" in finding.reason.en


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({NAME: ""}, NAME, "空欄"),
        ({NAME: "　 "}, NAME, "空欄"),
        ({NAME: "あ" * 121}, NAME, "120文字以内"),
        ({CODE: "462039"}, CODE, "462012"),
        ({CODE: "４６２０１２"}, CODE, "462012"),
        ({NUMBER: "1234567"}, NUMBER, "先頭の0"),
        ({NUMBER: "１２３４５６７８"}, NUMBER, "半角数字8桁"),
        ({NUMBER: "1.2E+07"}, NUMBER, "半角数字8桁"),
        ({NAME: "=HYPERLINK(1)"}, NAME, "数式"),
        ({ADDRESS: "-1+cmd"}, ADDRESS, "数式"),
        ({NAME: "??建設"}, NAME, "置き換わって"),
        ({NAME: "二行\nの名称"}, NAME, "U+000A"),
        ({"よみがな": "ﾐﾎﾝ"}, "よみがな", "半角カナ"),
        ({"よみがな": "mihon"}, "よみがな", "ひらがな"),
        ({"代表窓口メールアドレス": "keiyaku＠example.jp"}, "代表窓口メールアドレス", "メールアドレス"),
    ],
)
def test_fields_are_refused_with_row_and_reason(changes: dict[str, str], field: str, reason: str) -> None:
    finding = only(csv_of(company(1), company(2, **changes)))
    assert (finding.row, finding.field) == (3, field) and reason in finding.reason.ja
    assert finding.reason.en.isascii() or "U+" in finding.reason.en


def test_a_wrong_number_is_never_quoted() -> None:
    for number in ("1234567", "123456789", "12a45678"):
        assert number not in repr(only(csv_of(company(1, **{NUMBER: number}))))


def test_duplicates_within_the_file() -> None:
    rows = [company(1, **{NUMBER: "12345678"}), company(2, **{NUMBER: "12345678"})]
    assert only(csv_of(*rows)).reason.ja == "2行目と同じ番号です。"
    wide = company(3, **{NAME: "株式会社ＡＢＣ"}), company(3, **{NAME: "株式会社　ABC"})
    finding = only(csv_of(*wide))
    assert (finding.row, finding.field) == (3, NAME) and "2行目と同じ会社" in finding.reason.ja
    same_name = company(4, **{NAME: "有限会社山下建設"}), company(5, **{NAME: "有限会社山下建設"})
    assert not read(csv_of(*same_name))[1]


def test_rows_are_those_of_the_spreadsheet() -> None:
    empty = ("",) * len(COLUMNS)
    rows = [company(1), empty, company(2, **{NAME: ""}), company(3)[:-1], company(4, **{NAME: "二\r\n行"})]
    assert [finding.row for finding in read(csv_of(*rows))[1]] == [4, 5, 6]


def test_columns_may_stand_in_any_order_and_others_are_told() -> None:
    header = ("備考", *reversed(REQUIRED))
    row = ("=1+1", *reversed(("462012", "", "株式会社甲", "甲", "鹿児島市")))
    table = read_table(csv_of(row, header=header), REQUIRED, OPTIONAL)
    assert table.ignored == ("備考",)
    entries, findings = read_entries(table.rows, KAGOSHIMA)
    assert not findings and entries[0].name == "株式会社甲"


def test_rows_pasted_in_another_encoding_are_found() -> None:
    """「南国土木」 in UTF-8, read as Shift_JIS, is 「蜊怜嵜蝨滓惠」: every character of it is allowed."""
    pasted = company(2, 商号又は名称="南国土木", よみがな="", 代表者="見本", 所在地="南国")
    content = csv_of(company(1)) + csv_of(pasted, encoding="utf-8").split(b"\r\n", 1)[1]
    assert "蜊怜嵜蝨滓惠" in content.decode("cp932")
    finding = only(content)
    assert finding.row == 3 and "UTF-8のよう" in finding.reason.ja


def test_half_of_a_file_in_another_encoding_is_refused() -> None:
    content = csv_of(company(1)) + csv_of(company(2), encoding="utf-8").split(b"\r\n", 1)[1]
    with pytest.raises(FileRefused, match="line 3 cannot be read"):
        read(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "空です"),
        (b"\xef\xbb\xbf\r\n", "空です"),
        (csv_of(), "データの行がありません"),
        (csv_of(company(1), encoding="utf-16"), "UTF-16"),
        (csv_of(company(1)) + b"\0", "NUL"),
        (b"PK\x03\x04" + bytes(100), "Excelブック"),
        (csv_of(company(1), encoding="euc_jp"), "文字コードを判定できません"),
        (csv_of(company(1), encoding="iso2022_jp"), "見出し"),
        (csv_of(company(1), encoding="utf-8-sig")[:-3] + b"\xff\xfe", "文字コードを判定できません"),
        (csv_of(company(1)).replace(b",", b"\t"), "列の区切りはコンマ"),
        (csv_of(company(1), header=COLUMNS[1:]), "自治体コード"),
        (csv_of(company(1), header=(*COLUMNS[:-1], NAME)), "同じ列"),
        (csv_of(company(1)) + b'462012,"unclosed', "「\"」の数"),
        (csv_of(company(1)) + b"x" * 200_000, "項目が長すぎます"),
        (csv_of(company(1)) + b"," * 100, "列が多すぎます"),
        (b"a" * (csvfile.MAX_BYTES + 1), "大きすぎます"),
        (csv_of(*[("1",) * 7] * (csvfile.MAX_ROWS + 1)), "行が多すぎます"),
        (bytes(range(1, 256)) * 50, "文字コードを判定できません"),
    ],
)  # fmt: skip
def test_hostile_files_fail_with_a_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert reason in refused.value.text.ja
    assert refused.value.text.ja.endswith("。") and refused.value.text.en.endswith(".")


def test_a_fault_in_every_row_is_told_row_by_row() -> None:
    _, findings = read(csv_of(*[company(index, **{NAME: ""}) for index in range(10_000)]))
    assert len(findings) == 10_000 and findings[-1].row == 10_001


def test_field_limit_of_the_csv_module_is_as_expected() -> None:
    assert csv.field_size_limit() == 131_072


@pytest.mark.parametrize(
    ("body", "kind", "digit"),
    [("7992739871", "luhn", "3"), ("12345678901", "modulus11", "8"), ("12345678", "none", "")],
)
def test_check_digits_of_published_examples(body: str, kind: str, digit: str) -> None:
    """Luhn: the usual example; modulus 11: the individual number 123456789018."""
    assert check_digit(body, kind) == digit  # type: ignore[arg-type]


def test_luhn_finds_every_single_wrong_digit() -> None:
    number = "79927398713"
    for place in range(len(number)):
        for digit in "0123456789":
            changed = number[:place] + digit + number[place + 1 :]
            assert has_check_digit(changed, "luhn") == (changed == number)


def test_issued_numbers_have_the_form_of_their_municipality() -> None:
    made = {new_number(KANOYA) for _ in range(200)}
    assert len(made) > 195
    for number in made:
        assert len(number) == 10 and number.isdigit() and number[0] != "0"
        assert has_check_digit(number, "luhn")
