"""What the contract says of each error: code, retriable, and the sentence for the user, written out again."""

from __future__ import annotations

from typing import Any

_TABLE: dict[str, tuple[int, bool, str]] = {
    "internalError": (
        -32603,
        False,
        "ICカードブリッジで問題が起きました。もう一度お試しください。"
        "続くときは、タスクトレイから一度終了して起動し直してください。",
    ),
    "userCancelled": (
        -32002,
        True,
        "操作が取り消されました。続けるには、もう一度ボタンを押してください。",
    ),
    "noReader": (
        -32010,
        True,
        "ICカードリーダが見つかりません。リーダをパソコンにつないでから、もう一度お試しください。",
    ),
    "noCard": (
        -32011,
        True,
        "ICカードが入っていません。カードをリーダの奥まで差し込んでから、もう一度お試しください。",
    ),
    "cardRemoved": (
        -32012,
        True,
        "途中でICカードが抜かれました。カードを差し込み、もう一度お試しください。",
    ),
    "cardUnsupported": (
        -32013,
        False,
        "このICカードを読み取れません。カードの向きと種類を確かめ、認証局のソフトが入っているかをご確認ください。",
    ),
    "readerServiceUnavailable": (
        -32014,
        True,
        "パソコンのスマートカード機能（PC/SCサービス）が動いていません。"
        "パソコンを再起動するか、管理者にご連絡ください。",
    ),
    "pinIncorrect": (
        -32020,
        True,
        "PIN番号が違うため、中止しました。正しいPIN番号を確かめてから、もう一度お試しください。",
    ),
    "pinLocked": (
        -32021,
        False,
        "ICカードがロックされています。カードを発行した認証局へ、ロック解除の方法をお問い合わせください。",
    ),
    "noCertificate": (
        -32030,
        False,
        "このICカードには、使える電子証明書がありません。別のカードでないかを確かめてください。",
    ),
    "certificateExpired": (
        -32031,
        False,
        "ICカードの電子証明書は有効期限が切れています。認証局で新しいカードの発行を受けてください。",
    ),
    "driverNotFound": (
        -32040,
        False,
        "ICカードの読み取りソフト（ドライバ）が見つかりません。認証局のソフトを入れ、設定をご確認ください。",
    ),
    "driverFailed": (
        -32041,
        True,
        "ICカードの読み取りソフト（ドライバ）で問題が起きました。カードを差し直して、もう一度お試しください。",
    ),
    "driverTimeout": (
        -32042,
        True,
        "ICカードからの応答がありません。カードを差し直して、もう一度お試しください。",
    ),
}


def assert_error(response: dict[str, Any], reason: str, data: dict[str, Any]) -> str:
    """Everything that the page gets must be as the contract's table says; the sentence for the user."""
    code, retriable, sentence = _TABLE[reason]
    assert "error" in response, f"wanted {reason}, got a result"
    error = response["error"]
    wanted = {"reason": reason, "userMessage": sentence, "retriable": retriable, **data}
    assert (error["code"], error["data"]) == (code, wanted), error
    assert error["message"] and error["message"].isascii()
    return sentence
