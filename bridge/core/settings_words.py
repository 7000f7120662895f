"""Every key of the configuration in words, for the administrators' templates and the schema."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.language import Language


@dataclass(frozen=True, slots=True)
class Words:
    """Args: title: a few words. text: what it does, and in which unit."""

    title: str
    text: str


JA: dict[str, Words] = {
    "server": Words("接続", "ポータルのページからの接続を受ける部分です。"),
    "server.ports": Words("ポートの範囲", "このパソコンの中で待ち受けるポートの最初と最後です（例: 28470-28473）。ポータル側と同じ範囲にします。変更は次の起動から有効です。"),
    "server.max_message_bytes": Words("通信1件の上限", "ページから受け取る通信1件の最大の大きさ（バイト）です。変更は次の起動から有効です。"),
    "server.max_connections": Words("接続数の上限", "同時に受け付ける接続の数です。変更は次の起動から有効です。"),
    "server.max_connections_per_origin": Words("サイトごとの接続数の上限", "1つのサイトから同時に受け付ける接続の数です。変更は次の起動から有効です。"),
    "server.max_silent": Words("未確認の接続数の上限", "接続したまま何も送ってこない相手を、同時にいくつまで待つかです。変更は次の起動から有効です。"),
    "ui": Words("画面", "利用者に見える窓の設定です。"),
    "ui.timeout_s": Words("窓の待ち時間", "PIN番号や確認の窓が、利用者の操作を待つ時間（秒）です。過ぎると、その操作は取り消されます。"),
    "ui.queue": Words("順番待ちの上限", "窓を出す順番を待てる操作の数です。"),
    "ui.language": Words("表示の言語", "窓とメニューの言語です。"),
    "site": Words("接続を許可するサイト", "このソフトを使ってよいポータルの一覧です。管理者が加えたサイトは、利用者が変えたり消したりできません。"),
    "site.origin": Words("サイトのアドレス", "https:// で始まるサイトのアドレスです（例: https://ebid.example.jp）。http:// は開発のため、このパソコン自身だけに使えます。"),
    "site.name": Words("サイトの名前", "窓に表示する名前です。"),
    "site.pin": Words("PIN番号の入力", "each: 署名のたびに入力します。session: 一定時間は入力を省けます。"),
    "site.pin_idle_s": Words("PIN入力を省ける時間（操作がないとき）", "session のとき、最後の操作からこの秒数で、もう一度PIN番号が必要になります。"),
    "site.pin_max_s": Words("PIN入力を省ける時間（最長）", "session のとき、PIN番号の入力からこの秒数で、もう一度PIN番号が必要になります。"),
    "site.allow_hash_signing": Words("ハッシュ値への署名", "true にすると、書類の内容を画面に出せないハッシュ値だけへの署名を、このサイトに認めます。必要なサイトだけにしてください。"),
    "site.timestamp_url": Words("タイムスタンプ局", "タイムスタンプ（RFC 3161）を付ける署名で使う局のアドレスです。"),
    "driver": Words("PKCS#11ドライバ", "ICカードのドライバの一覧です。管理者が加えたものは、利用者が変えたり消したりできません。"),
    "driver.name": Words("ドライバの名前", "窓と記録に出る名前です。"),
    "driver.path": Words("ドライバの場所", "PKCS#11モジュールの絶対パスです。"),
    "driver.confined": Words("ドライバの制限", "true: ドライバは、ネットワークを使えず、決まった場所のほかにファイルを書けません（Linux）。ネットワーク上の鍵を使うドライバなどが動かないときだけ false にします。"),
    "locked": Words("変更の禁止", "利用者が変えられない設定の名前です（例: ui.language、ui、site）。一覧（site、driver）では、利用者は加えられなくなります。"),
}  # fmt: skip

EN: dict[str, Words] = {
    "server": Words("Connections", "The part that takes connections from portals' pages."),
    "server.ports": Words("Range of ports", "The first and the last port on which this computer itself is listened to, e.g. 28470-28473. Portals use the same range. Counts from the next start on."),
    "server.max_message_bytes": Words("Largest message", "The largest message that is taken from a page, in bytes. Counts from the next start on."),
    "server.max_connections": Words("Most connections", "How many connections are open at a time. Counts from the next start on."),
    "server.max_connections_per_origin": Words("Most connections of one site", "How many connections one site may have open at a time. Counts from the next start on."),
    "server.max_silent": Words("Most silent connections", "How many connections that have not said anything yet are waited for at a time. Counts from the next start on."),
    "ui": Words("Windows", "What users see."),
    "ui.timeout_s": Words("How long windows wait", "How long a window for the PIN or a confirmation waits for the user, in seconds; then the operation is cancelled."),
    "ui.queue": Words("Longest queue", "How many operations may wait for their window."),
    "ui.language": Words("Language", "The language of windows and menus."),
    "site": Words("Allowed sites", "The portals that may use this program. The user cannot change or remove those that the administrator has added."),
    "site.origin": Words("The site's address", "Begins with https://, e.g. https://ebid.example.jp. http:// is for development and for this computer itself only."),
    "site.name": Words("The site's name", "As windows show it."),
    "site.pin": Words("Entering the PIN", "each: for every signature. session: not again for a while."),
    "site.pin_idle_s": Words("Without the PIN while in use", "With session, the PIN is needed again so many seconds after the last operation."),
    "site.pin_max_s": Words("Without the PIN at most", "With session, the PIN is needed again so many seconds after it was entered."),
    "site.allow_hash_signing": Words("Signing hashes", "true lets this site have bare hashes signed, whose document nobody can be shown. Only for sites that need it."),
    "site.timestamp_url": Words("Time-stamping authority", "The address of the authority for signatures with a time stamp (RFC 3161)."),
    "driver": Words("PKCS#11 modules", "The card drivers. The user cannot change or remove those that the administrator has added."),
    "driver.name": Words("The module's name", "As windows and the log show it."),
    "driver.path": Words("Where the module is", "The absolute path of the PKCS#11 module."),
    "driver.confined": Words("Confinement", "true: the driver has no network and writes no files but in certain places (Linux). false only where a driver fails otherwise, for example one whose keys are on the network."),
    "locked": Words("Locked", "What the user may not change, e.g. ui.language, ui or site. To a list (site, driver) the user cannot add then."),
}  # fmt: skip

WORDS: dict[Language, dict[str, Words]] = {"ja": JA, "en": EN}
