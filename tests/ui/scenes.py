"""What the windows are made to show: ordinary scenes, and names that try to break or fool them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bridge.core.consent import (
    ChangeSecret,
    Choose,
    Confirm,
    Holder,
    Open,
    PinEntry,
    Program,
    Purpose,
    Screen,
    ShownDocument,
    Site,
    WaitForCard,
    WaitForReader,
    Working,
)
from bridge.core.document import SignerDocument
from bridge.core.language import Language

SITE = Site(name="かごしま県市町村電子入札システム", origin="https://ebid.example.jp")
HOLDER = Holder(
    common_name="見本　太郎",
    organization="株式会社見本建設",
    issuer="カードブリッジ実演用認証局",
    not_before="2026-11-23T00:00:00Z",
    not_after="2031-11-22T00:00:00Z",
    reader="Gemalto IDBridge CT30",
)
BROWSER = Program(path="/usr/lib/chromium/chromium", browser="Chromium")
STRANGER = Program(path="/home/clerk/Downloads/chrome")
LONG_STRANGER = Program(path="/home/clerk/" + "とても深いフォルダー/" * 30 + "chrome")
PIN = PinEntry(pin_state="ok", min_length=4, max_length=8)
KEYPAD = PIN.__replace__(protected_authentication_path=True)
FINAL = PIN.__replace__(pin_state="finalTry", tries_left=1)
PUK = PIN.__replace__(pin_state="unknown")
FORM = "\n".join(["利用者登録申請書", *(f"項目{number}：内容{number}" for number in range(1, 40))])
DOCUMENT = SignerDocument(name="利用者登録申請書.txt", media_type="text/plain", content=FORM.encode())

LONG_HOST = ".".join(["a" * 63, "bc" * 31, "d" * 63, "e" * 60, "jp"])
LONG_SITE = Site(
    name="鹿児島県及び県内全市町村電子入札共同利用推進協議会電子入札コアシステム利用者登録受付窓口" * 3,
    origin=f"https://{LONG_HOST}:28443",
)
LONG_HOLDER = HOLDER.__replace__(
    common_name="寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処" * 2,
    organization="特定建設工事共同企業体見本建設株式会社・例示土木株式会社・試験電気工事株式会社" * 3,
    issuer="Extraordinarily Long Certification Authority Name for Construction Companies, G2 " * 2,
    reader="Alcor Micro AU9560 Contactless and Contact Smart Card Reader Interface 00 00" * 2,
)
HOSTILE = (
    "見本\u202eたろう\n会社名：株式会社にせもの\x00\u200b\u2066🙂👩‍👩‍👧"
    + "z\u0300\u0301\u0302\u0303\u0304" * 3
)
HOSTILE_SITE = Site(name=HOSTILE, origin="https://ebid.example.jp\u202e\n偽の行")
HOSTILE_HOLDER = HOLDER.__replace__(
    common_name=HOSTILE, organization=HOSTILE, issuer=HOSTILE, reader=HOSTILE + "長" * 5000
)

_SECOND = HOLDER.__replace__(common_name="見本　花子", reader="Virtual PCD 00 01")
_EXPIRED = HOLDER.__replace__(not_after="2025-11-22T00:00:00Z", obstacle="expired")
_EARLY = HOLDER.__replace__(not_before="2030-11-22T00:00:00Z", obstacle="notYetValid")


def opened(
    screen: Screen,
    purpose: Purpose = "authenticate",
    *,
    site: Site = SITE,
    language: Language = "ja",
    timeout_s: int = 120,
    documents: Sequence[SignerDocument] = (),
    program: Program | None = None,
) -> Open:
    return Open(
        language=language,
        site=site,
        purpose=purpose,
        timeout_s=timeout_s,
        screen=screen,
        documents=tuple(
            ShownDocument(name=each.name, media_type=each.media_type, size_bytes=each.size_bytes)
            for each in documents
        ),
        program=program,
    )


def scenes(
    holder: Holder = HOLDER,
    site: Site = SITE,
    language: Language = "ja",
    *,
    extra: str = "",
    program: Program | None = BROWSER,
) -> dict[str, Open]:
    """Every window by name. `extra` goes before names of programs and documents, which are all `DOCUMENT`."""
    confirm = Confirm(holder=holder, pin=PIN)
    document = replace(DOCUMENT, name=extra + DOCUMENT.name)
    programs = (f"{extra}PC-Manager.exe", f"{extra}利用者クライアント", "gpg-agent")
    rows = (holder, _SECOND.__replace__(common_name=extra + _SECOND.common_name), _EXPIRED, _EARLY)
    screens: dict[str, tuple[Screen, Purpose]] = {
        "card": (WaitForCard(), "authenticate"),
        "in-use": (WaitForReader(reader=holder.reader, programs=programs), "verifyPin"),
        "in-use-unknown": (WaitForReader(reader=holder.reader), "verifyPin"),
        "choose": (Choose(certificates=rows), "chooseSignature"),
        "choose-many": (Choose(certificates=rows * 4), "chooseSignature"),
        "give": (Confirm(holder=holder), "chooseAuthentication"),
        "pin": (confirm, "authenticate"),
        "pin-contact": (confirm.__replace__(contact="optional"), "verifyPin"),
        "pin-final": (confirm.__replace__(pin=FINAL, contact="optional"), "authenticate"),
        "pin-keypad": (confirm.__replace__(pin=KEYPAD), "authenticate"),
        "sign": (confirm, "sign"),
        "sign-final": (confirm.__replace__(pin=FINAL), "sign"),
        "working": (Working(done=123, total=500, reader=holder.reader), "sign"),
        "change": (ChangeSecret(holder=holder, pin=PIN), "changePin"),
        "change-final": (ChangeSecret(holder=holder, pin=FINAL), "changePin"),
        "change-keypad": (ChangeSecret(holder=holder, pin=KEYPAD), "changePin"),
        "unblock": (ChangeSecret(holder=holder, pin=PUK), "unblockPin"),
        "unblock-final": (ChangeSecret(holder=holder, pin=FINAL), "unblockPin"),
        "unblock-keypad": (ChangeSecret(holder=holder, pin=KEYPAD), "unblockPin"),
    }
    documents = {"sign": (document,), "sign-final": (document,) * 5}
    return {
        name: opened(
            screen, purpose, site=site, language=language, documents=documents.get(name, ()), program=program
        )
        for name, (screen, purpose) in screens.items()
    }
