"""One sentence for the user for every error of the contract: what happened, and what to do."""

from __future__ import annotations

from bridge.core.errors import BridgeError
from bridge.core.language import Language

_JA = {
    "parseError": "画面との通信で問題が起きました。画面を読み込み直してください。",
    "invalidRequest": "画面との通信で問題が起きました。画面を読み込み直してください。",
    "methodNotFound": "ICカードブリッジがこの操作に対応していません。新しい版への更新をご確認ください。",
    "invalidParams": "画面から届いた内容に誤りがあります。サイトの問い合わせ窓口へご連絡ください。",
    "internalError": "ICカードブリッジで問題が起きました。もう一度お試しください。続くときは、タスクトレイから一度終了して起動し直してください。",
    "originNotPermitted": "このサイトにはこの操作が許可されていません。サイトの問い合わせ窓口へご連絡ください。",
    "userCancelled": "操作が取り消されました。続けるには、もう一度ボタンを押してください。",
    "userTimeout": "時間内に入力がなかったため、終了しました。もう一度ボタンを押してください。",
    "busy": "ほかの操作の確認が済んでいません。開いている窓を済ませてから、もう一度お試しください。",
    "uploadRefused": "ほかの書類を送っている途中か、送った書類が多すぎます。終わるのを待って、もう一度お試しください。",
    "rateLimited": "取り消しや、受け付けられない依頼が続いたため、少しのあいだ受け付けを止めています。少し待ってから、もう一度お試しください。",
    "sessionUnknown": "ICカードの接続が終わっています。もう一度PIN番号を入力してください。",
    "noReader": "ICカードリーダが見つかりません。リーダをパソコンにつないでから、もう一度お試しください。",
    "noCard": "ICカードが入っていません。カードをリーダの奥まで差し込んでから、もう一度お試しください。",
    "cardRemoved": "途中でICカードが抜かれました。カードを差し込み、もう一度お試しください。",
    "cardUnsupported": "このICカードを読み取れません。カードの向きと種類を確かめ、認証局のソフトが入っているかをご確認ください。",
    "readerServiceUnavailable": "パソコンのスマートカード機能（PC/SCサービス）が動いていません。パソコンを再起動するか、管理者にご連絡ください。",
    "pinIncorrect": "PIN番号が違うため、中止しました。正しいPIN番号を確かめてから、もう一度お試しください。",
    "pinLocked": "ICカードがロックされています。カードを発行した認証局へ、ロック解除の方法をお問い合わせください。",
    "pinRejected": "新しいPIN番号をカードが受け付けませんでした。桁数と使える文字を確かめてください。",
    "noCertificate": "このICカードには、使える電子証明書がありません。別のカードでないかを確かめてください。",
    "certificateExpired": "ICカードの電子証明書は有効期限が切れています。認証局で新しいカードの発行を受けてください。",
    "certificateNotYetValid": "ICカードの電子証明書はまだ有効期間の前です。パソコンの日付と時刻を確かめてください。",
    "certificateMismatch": "指定された電子証明書が、差し込まれたICカードにありません。正しいカードを差し込んでください。",
    "driverNotFound": "ICカードの読み取りソフト（ドライバ）が見つかりません。認証局のソフトを入れ、設定をご確認ください。",
    "driverUnsafe": "ICカードの読み取りソフト（ドライバ）が、ほかの利用者も書き換えられる場所にあるため、使いませんでした。管理者へご連絡ください。",
    "worker32Missing": "ICカードの読み取りソフト（ドライバ）が32ビット用で、それを使うための部品（32ビット版Python）が入っていません。管理者に追加してもらうか、認証局のソフトの64ビット版を入れてください。",
    "driverOfAnotherKind": "ICカードの読み取りソフト（ドライバ）が、このパソコンの種類に合いません。認証局のソフトを、このパソコンに合うものにしてください。",
    "driverFailed": "ICカードの読み取りソフト（ドライバ）で問題が起きました。カードを差し直して、もう一度お試しください。",
    "timeStampFailed": "署名の時刻を証明するタイムスタンプサービスにつながらないか、正しい応答がありません。インターネット接続を確かめ、しばらくしてからもう一度お試しください。",
    "driverTimeout": "ICカードからの応答がありません。カードを差し直して、もう一度お試しください。",
    "unsupportedFormat": "この署名の形式には対応していません。サイトの問い合わせ窓口へご連絡ください。",
    "unsupportedAlgorithm": "このICカードでは必要な方式の署名ができません。カードを発行した認証局へお問い合わせください。",
    "documentUnreadable": "署名する書類を読み取れません。書類を作り直すか、サイトの問い合わせ窓口へご連絡ください。",
}

_EN = {
    "parseError": "The page and this program misunderstood each other. Reload the page.",
    "invalidRequest": "The page and this program misunderstood each other. Reload the page.",
    "methodNotFound": "IC Card Bridge does not offer this. Check whether a newer version is available.",
    "invalidParams": "The page sent something wrong. Contact the site's help desk.",
    "internalError": "IC Card Bridge had a problem. Try again; if it goes on, quit it from the tray and start it again.",
    "originNotPermitted": "This site is not allowed to do this. Contact the site's help desk.",
    "userCancelled": "The operation was cancelled. Press the button again to go on.",
    "userTimeout": "There was no answer in time. Press the button again.",
    "busy": "Another operation still waits for you. Finish its window first, then try again.",
    "uploadRefused": "Other documents are still on their way, or there are too many. Wait until they are done, then try again.",
    "rateLimited": "Several requests in a row were cancelled or could not be served. Wait a moment, then try again.",
    "sessionUnknown": "The connection to the IC card has ended. Enter the PIN again.",
    "noReader": "No card reader was found. Connect the reader, then try again.",
    "noCard": "No IC card is inserted. Push the card all the way into the reader, then try again.",
    "cardRemoved": "The IC card was removed. Insert it and try again.",
    "cardUnsupported": "This IC card cannot be read. Check which way round and which card it is, and whether the certification authority's software is installed.",
    "readerServiceUnavailable": "This computer's smart card service (PC/SC) is not running. Restart the computer or ask your administrator.",
    "pinIncorrect": "The PIN was wrong, so the operation was stopped. Check the PIN, then try again.",
    "pinLocked": "The IC card is locked. Ask the authority that issued it how to unlock it.",
    "pinRejected": "The card did not accept the new PIN. Check its length and characters.",
    "noCertificate": "This IC card holds no certificate that can be used here. Check that it is the right card.",
    "certificateExpired": "The IC card's certificate has expired. Get a new card from the certification authority.",
    "certificateNotYetValid": "The IC card's certificate is not valid yet. Check the computer's date and time.",
    "certificateMismatch": "The certificate asked for is not on this IC card. Insert the right card.",
    "driverNotFound": "The IC card's software (driver) was not found. Install the authority's software and check the settings.",
    "driverUnsafe": "The IC card's software (driver) is where other users of this computer can change it, so it was not used. Tell your administrator.",
    "worker32Missing": "The IC card's software (driver) is for 32 bits, and the part that uses such software (a 32-bit Python) is not installed. Ask your administrator to add it, or install the 64-bit version of the authority's software.",
    "driverOfAnotherKind": "The IC card's software (driver) is for another kind of computer. Install the authority's software for this one.",
    "driverFailed": "The IC card's software (driver) had a problem. Take the card out, insert it again and try again.",
    "timeStampFailed": "The time-stamping service, which proves when you signed, cannot be reached or answered wrongly. Check the internet connection and try again a little later.",
    "driverTimeout": "The IC card does not answer. Take it out, insert it again and try again.",
    "unsupportedFormat": "This kind of signature is not offered. Contact the site's help desk.",
    "unsupportedAlgorithm": "This IC card cannot make the kind of signature that is needed. Ask the authority that issued it.",
    "documentUnreadable": "The document to sign cannot be read. Make it again or contact the site's help desk.",
}

SENTENCES: dict[Language, dict[str, str]] = {"ja": _JA, "en": _EN}


def user_message(error: BridgeError, language: Language) -> str:
    """The sentence that goes out as `error.data.userMessage`."""
    return SENTENCES[language][error.sentence or error.reason]


HASH_NOTICES: dict[Language, tuple[str, str]] = {
    "ja": (
        "書類の中身は表示できません",
        "このサイトは、書類そのものではなく、書類から計算した値（ハッシュ値）だけを送ってきました。"
        "そのため、何に署名するのかをここでは確かめられません。"
        "サイトの画面で書類の内容を確かめ、心当たりがなければキャンセルしてください。",
    ),
    "en": (
        "The document cannot be shown",
        "This site has sent a value computed from a document (a hash), not the document itself, so you cannot "
        "check here what you sign. Check the document on the site's page; cancel if you do not expect this.",
    ),
}


def hash_notice(language: Language) -> tuple[str, str]:
    """Title and text that stand in the window where `sign.hash` has no document to show."""
    return HASH_NOTICES[language]
