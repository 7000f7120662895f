"""Every word of the windows, in Japanese and English."""

from __future__ import annotations

from bridge.core.settings import Language

_JA = {
    "title": "ICカードブリッジ",
    "asks": "次のサイトからの依頼です",
    "authenticate": "電子証明書によるログイン（本人の確認）",
    "verifyPin": "PIN番号の確認",
    "sign": "電子署名（{count}件）",
    "chooseAuthentication": "サイトへ電子証明書を渡す（ログイン用）",
    "chooseSignature": "サイトへ電子証明書を渡す（署名用）",
    "holder": "ICカード取得者",
    "organization": "会社名",
    "issuer": "発行した認証局",
    "validity": "有効期間",
    "reader": "ICカードリーダ",
    "none": "（記載なし）",
    "pin": "PIN番号",
    "pin_hint": "数字は半角・全角のどちらでも入力できます。",
    "contact": "担当者（入力不要）",
    "ok": "OK",
    "sign_ok": "署名する",
    "give": "渡す",
    "choose": "選ぶ",
    "cancel": "キャンセル",
    "close": "閉じる",
    "time_left": "残り時間 {minutes}:{seconds:02d}",
    "insert_title": "ICカードを入れてください",
    "insert": "ICカードをリーダの奥まで差し込んでください。読み取ると、自動で次へ進みます。",
    "choose_title": "使う電子証明書を選んでください",
    "expired": "有効期限が切れているため、選べません",
    "notYetValid": "有効期間の前のため、選べません",
    "checking": "確認しています…",
    "incorrect": "PIN番号が違います。",
    "tries": "あと{count}回まちがえるとロックされます。",
    "countLow": "続けてまちがえると、カードがロックされます。",
    "finalTry": "あと1回まちがえるとロックされます。",
    "final_confirm": "最後の1回であることを理解し、正しいPIN番号を確かめました",
    "locked": "ICカードがロックされました。PIN番号は使えません。カードを発行した認証局へ、ロック解除の方法をお問い合わせください。",
    "failed": "ICカードから返事がなく、確認できませんでした。PIN番号が違うという意味ではありません。",
    "caps": "Caps Lock がオンになっています。",
    "bad_character": "使えない文字が入力されました。半角の数字・英字・記号を入力してください（日本語入力はオフに）。",
    "too_short": "PIN番号は{count}桁以上です。",
    "too_long": "PIN番号は{count}桁までです。",
    "contact_digits": "担当者に数字だけは入力できません（PIN番号の入力欄ではありません）。",
    "contact_pin": "担当者にPIN番号が含まれています。消してください。",
    "keypad": "カードリーダのテンキーでPIN番号を入力してください。",
    "documents": "署名する書類",
    "not_shown": "この形式の書類は、ここに表示できません。内容を別の方法で確かめてから署名してください。",
    "size": "大きさ {size:,} バイト",
    "digest": "SHA-256 {digest}",
    "hidden_characters": "見えない文字、または向きを変える文字があります。⟦U+…⟧ として示しました。",
}

_EN = {
    "title": "IC Card Bridge",
    "asks": "A site asks you",
    "authenticate": "Log in with your certificate (proves who you are)",
    "verifyPin": "Check the PIN",
    "sign": "Sign electronically ({count})",
    "chooseAuthentication": "Give the site your certificate (for login)",
    "chooseSignature": "Give the site your certificate (for signatures)",
    "holder": "Cardholder",
    "organization": "Company",
    "issuer": "Issued by",
    "validity": "Valid",
    "reader": "Card reader",
    "none": "(not stated)",
    "pin": "PIN",
    "pin_hint": "Half-width and full-width digits both work.",
    "contact": "Person in charge (not required)",
    "ok": "OK",
    "sign_ok": "Sign",
    "give": "Give",
    "choose": "Choose",
    "cancel": "Cancel",
    "close": "Close",
    "time_left": "Time left {minutes}:{seconds:02d}",
    "insert_title": "Insert your IC card",
    "insert": "Push the IC card all the way into the reader. This window goes on by itself.",
    "choose_title": "Choose the certificate to use",
    "expired": "Cannot be chosen: it has expired",
    "notYetValid": "Cannot be chosen: it is not valid yet",
    "checking": "Checking…",
    "incorrect": "The PIN is wrong.",
    "tries": "The card locks after {count} more wrong tries.",
    "countLow": "The card locks when wrong PINs go on.",
    "finalTry": "One more wrong PIN locks the card.",
    "final_confirm": "I understand that this is the last try, and I have checked the PIN",
    "locked": "The IC card is locked; its PIN no longer works. Ask the authority that issued it how to unlock it.",
    "failed": "The IC card gave no answer, so nothing was checked. This does not mean that the PIN is wrong.",
    "caps": "Caps Lock is on.",
    "bad_character": "A character cannot be used. Type half-width digits, letters or signs (input method off).",
    "too_short": "A PIN has at least {count} characters.",
    "too_long": "A PIN has at most {count} characters.",
    "contact_digits": "The person in charge cannot be digits only (this is not the PIN's field).",
    "contact_pin": "The person in charge contains the PIN. Remove it.",
    "keypad": "Type the PIN on the card reader's keypad.",
    "documents": "Documents to sign",
    "not_shown": "This kind of document cannot be shown here. Check its content in another way before you sign.",
    "size": "Size {size:,} bytes",
    "digest": "SHA-256 {digest}",
    "hidden_characters": "There are invisible or direction-changing characters. They are shown as ⟦U+…⟧.",
}

CATALOGUES: dict[Language, dict[str, str]] = {"ja": _JA, "en": _EN}


class Texts:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self._words = CATALOGUES[language]

    def __call__(self, key: str, **values: object) -> str:
        return self._words[key].format(**values)
