"""The audit log in a person's words: what was done, how it ended, what a check has found."""

from __future__ import annotations

from bridge.core.audit import AuditEntry
from bridge.core.audit_check import Finding, Report
from bridge.core.language import Language

_WHAT_JA = {
    "authenticate": "ログイン（本人の確認）",
    "verifyPin": "PIN番号の確認",
    "changePin": "PIN番号の変更",
    "unblockPin": "ロック解除",
    "sign": "電子署名",
    "signs": "電子署名 {count}件",
    "signHash": "電子署名（ハッシュ値）",
    "chooseAuthentication": "電子証明書を渡す（ログイン用）",
    "chooseSignature": "電子証明書を渡す（署名用）",
    "refused": "許可していないサイトの接続",
    "siteAllowed": "サイトの許可",
    "siteChanged": "サイトの設定の変更",
    "siteRemoved": "サイトの許可の取消し",
    "driversChanged": "ドライバの設定の変更",
}
_WHAT_EN = {
    "authenticate": "Login",
    "verifyPin": "PIN check",
    "changePin": "PIN change",
    "unblockPin": "PIN unlock",
    "sign": "Signature",
    "signs": "Signatures: {count}",
    "signHash": "Signature (of a hash)",
    "chooseAuthentication": "Certificate given (login)",
    "chooseSignature": "Certificate given (signature)",
    "refused": "Site that is not allowed",
    "siteAllowed": "Site allowed",
    "siteChanged": "Site's rules changed",
    "siteRemoved": "Site removed",
    "driversChanged": "Drivers changed",
}
_RESULT_JA = {
    "ok": "完了",
    "withdrawn": "サイト側で中止",
    "parseError": "通信の問題",
    "invalidRequest": "通信の問題",
    "methodNotFound": "対応していない操作",
    "invalidParams": "サイトの誤り",
    "internalError": "内部の問題",
    "originNotPermitted": "許可なし（拒否）",
    "userCancelled": "取消し",
    "userTimeout": "時間切れ",
    "busy": "ほかの操作中",
    "rateLimited": "受付を一時停止",
    "sessionUnknown": "接続の期限切れ",
    "noReader": "リーダなし",
    "noCard": "カードなし",
    "cardRemoved": "カードが抜かれた",
    "cardUnsupported": "読めないカード",
    "readerServiceUnavailable": "PC/SC停止",
    "pinIncorrect": "PIN番号の間違い",
    "pinLocked": "カードのロック",
    "pinRejected": "新しいPIN番号が不可",
    "noCertificate": "証明書なし",
    "certificateExpired": "証明書の期限切れ",
    "certificateNotYetValid": "証明書の期間前",
    "certificateMismatch": "別のカード",
    "driverNotFound": "ドライバなし",
    "driverFailed": "ドライバの異常",
    "driverTimeout": "カードの応答なし",
    "unsupportedFormat": "対応していない形式",
    "unsupportedAlgorithm": "対応していない方式",
    "documentUnreadable": "読めない書類",
}
_RESULT_EN = {
    "ok": "Done",
    "withdrawn": "Withdrawn by the site",
    "parseError": "Communication",
    "invalidRequest": "Communication",
    "methodNotFound": "Not offered",
    "invalidParams": "Site's mistake",
    "internalError": "Internal problem",
    "originNotPermitted": "Not allowed (refused)",
    "userCancelled": "Cancelled",
    "userTimeout": "Time over",
    "busy": "Busy",
    "rateLimited": "Paused",
    "sessionUnknown": "Session over",
    "noReader": "No reader",
    "noCard": "No card",
    "cardRemoved": "Card removed",
    "cardUnsupported": "Card not readable",
    "readerServiceUnavailable": "PC/SC down",
    "pinIncorrect": "Wrong PIN",
    "pinLocked": "Card locked",
    "pinRejected": "New PIN refused",
    "noCertificate": "No certificate",
    "certificateExpired": "Expired",
    "certificateNotYetValid": "Not valid yet",
    "certificateMismatch": "Another card",
    "driverNotFound": "No driver",
    "driverFailed": "Driver failed",
    "driverTimeout": "Card silent",
    "unsupportedFormat": "Format not offered",
    "unsupportedAlgorithm": "Algorithm not offered",
    "documentUnreadable": "Unreadable document",
}
_FOUND_JA = {
    "unreadable": "読めない行があります（書き換えられたか、壊れています）。",
    "edited": "記録 {sequence} が書き換えられています。",
    "missing": "記録 {sequence} の前で、{count}件の記録がなくなっています。",
    "order": "記録 {sequence} の順番が変わっています。",
    "replaced": "記録 {sequence} の前の記録が、別のものに置き換えられています。",
    "beginning": "最初の記録がなくなっています（記録 {count} から始まるはずが、{sequence} から始まっています）。",
    "head": "控えた値の記録がありません。末尾が切り取られたか、全体が作り直されています。",
    "torn": "書いている途中で終わった行があります（{count} バイト。停電や強制終了のとき）。",
    "lost": "記録 {sequence} の前の {count}件は、ディスクに書けなかったため記録がありません。",
    "skipped": "記録 {sequence} の前に、数が多いため省いた操作が {count}件あります（窓の出ない操作だけ）。",
    "pruned": "記録 {count} より前のものは、古いため消しました。",
    "headPruned": "控えた値の記録は、古いため消したものの中にあります。その前後は確かめられません。",
    "whole": "異常はありません（{records}件）。",
    "broken": "異常があります（{faults}か所）。記録を書き換えたプログラムがあるか、ディスクが壊れています。管理者にご連絡ください。",
    "empty": "記録はまだありません。",
    "head_found": "控えた値の記録があり、そこまで変わっていません。",
    "head_now": "今の値（head）：{head}",
    "limits": "この点検で分からないこと：同じ利用者として動くプログラムは、記録の全体を作り直せます。見破れるのは、上の値を前もって別の場所に控えてあり、それと比べたときだけです。",
    "place": "{file} の {line} 行目：",
}
_FOUND_EN = {
    "unreadable": "A line cannot be read (it was changed, or is damaged).",
    "edited": "Record {sequence} was edited.",
    "missing": "Before record {sequence}, {count} records are missing.",
    "order": "Record {sequence} is out of order.",
    "replaced": "The record before {sequence} is not the one that was there.",
    "beginning": "The first records are missing (it should begin with {count}, but begins with {sequence}).",
    "head": "There is no record with the value that you kept: the end was cut off, or all of it written anew.",
    "torn": "A line was not written to its end ({count} bytes; a power cut, or a killed process).",
    "lost": "{count} records before {sequence} could not be written to the disk.",
    "skipped": "Before record {sequence}, {count} operations were left out, being too many (only such without a window).",
    "pruned": "Records before {count} were removed, being old.",
    "headPruned": "The record with the value that you kept is among the old ones that were removed.",
    "whole": "Nothing is wrong ({records} records).",
    "broken": "Something is wrong (in {faults} places). A program has changed the log, or the disk is damaged. Ask your administrator.",
    "empty": "There are no records yet.",
    "head_found": "The record with the value that you kept is there, and nothing before it was changed.",
    "head_now": "Value to keep (head): {head}",
    "limits": "What this check cannot tell: a program that runs as the same user can write the whole log anew. That is found only by comparing it with the value above, kept elsewhere beforehand.",
    "place": "{file}, line {line}: ",
}

WHAT: dict[Language, dict[str, str]] = {"ja": _WHAT_JA, "en": _WHAT_EN}
RESULTS: dict[Language, dict[str, str]] = {"ja": _RESULT_JA, "en": _RESULT_EN}
FOUND: dict[Language, dict[str, str]] = {"ja": _FOUND_JA, "en": _FOUND_EN}
_MOST_FAULTS = 20


def deed(entry: AuditEntry, language: Language) -> str:
    """What was done, in a few words."""
    words = WHAT[language]
    if entry.what == "sign" and entry.documents is not None:
        return words["signs"].format(count=entry.documents.count)
    return words[entry.what]


def outcome(entry: AuditEntry, language: Language) -> str:
    """How it ended, in a few words; a reason of a newer version as it is."""
    return RESULTS[language].get(entry.result, entry.result)


def finding(found: Finding, language: Language) -> str:
    """One thing that a check has found, with its place."""
    words = FOUND[language]
    place = words["place"].format(file=found.file, line=found.line) if found.file else ""
    return place + words[found.kind].format(sequence=found.sequence, count=found.count)


def summary(report: Report, language: Language) -> list[str]:
    """A whole report, one sentence an item, the verdict first."""
    words = FOUND[language]
    verdict = "broken" if report.faults else "whole" if report.records else "empty"
    sentences = [words[verdict].format(records=report.records, faults=len(report.faults))]
    sentences += [finding(fault, language) for fault in report.faults[:_MOST_FAULTS]]
    if len(report.faults) > _MOST_FAULTS:
        sentences.append("…")
    sentences += [finding(remark, language) for remark in report.remarks[-_MOST_FAULTS:]]
    if report.is_head_found and report.is_whole:
        sentences.append(words["head_found"])
    if report.head is not None:
        sentences += [words["head_now"].format(head=report.head), words["limits"]]
    return sentences
