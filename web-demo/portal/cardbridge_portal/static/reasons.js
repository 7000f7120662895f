// What each failure means for the person at the screen: title, what happened, what to do.
// `again`: pressing もう一度試す can help. Reasons are those of the client, the daemon and the portal.
import { t } from "./language.js";

const start = t("入口に戻り、はじめからやり直してください。", "Go back to the entrance and start again.");
const ask = t("システム管理者（またはICカードの認証局の窓口）に連絡してください。", "Ask your administrator, or the help desk of the authority that issued the card.");
const again = t("「もう一度試す」を押してください。", "Press “Try again”.");
const rightCard = t("電子入札用のICカードか確かめて入れ直し、「もう一度試す」を押してください。", "Check that it is the card for e-bidding, insert it again, and press “Try again”.");

export const GUIDANCE = {
  // Reaching the daemon
  waitingForPermission: [t("ブラウザーの許可を待っています", "Waiting for your permission"), t("ブラウザーが、このパソコンのICカードブリッジへの接続を許可するか尋ねています。", "The browser asks whether this site may reach IC Card Bridge on this computer."), t("アドレスバーの近くに出ている確認で「許可」を押してください。押すと自動的に進みます。", "Press “Allow” in the question near the address bar. Then it goes on by itself."), false],
  permissionDenied: [t("ブラウザーで接続が許可されていません", "The browser does not allow the connection"), t("このサイトからICカードブリッジへの接続が、ブラウザーの設定でブロックされています。", "The browser's settings block this site from reaching IC Card Bridge."), t("アドレスバー左端のアイコンを押し、サイトの設定で「このデバイス上の他のアプリやサービスへのアクセス」を「許可」に変えてから、「もう一度試す」を押してください。", "Press the icon at the left of the address bar, allow “Access other apps and services on this device” in the site's settings, and press “Try again”."), true],
  permissionDismissed: [t("ブラウザーの確認が閉じられました", "The browser's question was closed"), t("接続を許可するかの確認が、選ばれないまま閉じられました。", "It was closed without a choice."), t("「もう一度試す」を押し、出てきた確認で「許可」を押してください。", "Press “Try again”, and then “Allow” in the question."), true],
  notRunning: [t("ICカードブリッジに接続できません", "IC Card Bridge cannot be reached"), t("ICカードブリッジがこのパソコンで動いていないか、まだインストールされていません。", "IC Card Bridge is not running on this computer, or not installed yet."), t("「ICカードブリッジを起動する」を押すか、スタートメニュー（アプリの一覧）からICカードブリッジを起動し、もう一度試してください。見つからない場合は、インストールしてください。", "Press “Start IC Card Bridge”, or start it from the start menu, and try again. If it is not there, install it."), true],
  siteNotPermitted: [t("このサイトの利用が許可されていません", "This site is not allowed"), t("ICカードブリッジの設定に、このポータルが登録されていません。", "This portal is not in the settings of IC Card Bridge."), t("ICカードブリッジの設定でこのサイトを追加するか、システム管理者に連絡してください。追加したら「もう一度試す」を押してください。", "Add this site in the settings of IC Card Bridge, or ask your administrator. Then press “Try again”."), true],
  notResponding: [t("ICカードブリッジから応答がありません", "IC Card Bridge does not answer"), t("接続はできましたが、ICカードブリッジが応答しません。", "It could be reached but does not answer."), t("ICカードブリッジを終了して起動し直し、「もう一度試す」を押してください。", "Quit IC Card Bridge, start it again, and press “Try again”."), true],
  tooOld: [t("ICカードブリッジが古い版です", "IC Card Bridge is too old"), t("インストールされているICカードブリッジは、このポータルに対応していません。", "The installed version does not work with this portal."), t("新しい版のICカードブリッジをインストールし、「もう一度試す」を押してください。", "Install a newer version and press “Try again”."), true],
  portalMisconfigured: [t("ポータルの設定に誤りがあります", "The portal is set up wrongly"), t("ポータル側の設定のため、ICカードブリッジに接続できません。利用者の操作の誤りではありません。", "Because of the portal's settings IC Card Bridge cannot be reached. You did nothing wrong."), t("時間をおいても直らない場合は、ポータルの運営者に連絡してください。", "If it stays so, tell the portal's operator."), false],
  pageNotSecure: [t("安全でない接続で開かれています", "The connection is not secure"), t("この画面が暗号化されていない接続（http）で開かれているため、ICカードブリッジを使えません。", "This page was opened without encryption (http), so IC Card Bridge cannot be used."), t("アドレスが https:// で始まることを確認して、開き直してください。", "Open it again with an address that begins with https://."), false],
  connectionLost: [t("ICカードブリッジとの接続が切れました", "The connection to IC Card Bridge was lost"), t("手続きの途中で接続が切れました。ICカードの操作は行われていません。", "It was lost on the way. Nothing was done with the card."), t("ICカードブリッジが動いていることを確認し、「もう一度試す」を押してください。", "Check that IC Card Bridge is running and press “Try again”."), true],
  messageTooBig: [t("書類が大きすぎます", "The document is too large"), t("書類が大きすぎるため、ICカードブリッジで扱えません。署名は行われていません。", "IC Card Bridge cannot handle a document of this size. Nothing was signed."), ask, false],
  serverUnreachable: [t("サーバーに接続できません", "The server cannot be reached"), t("ポータルのサーバーから応答がありません。入力した内容はこの画面に残っています。", "The portal's server does not answer. What you typed is still on this page."), t("ネットワークを確認し、「もう一度試す」を押してください。", "Check the network and press “Try again”."), true],
  serverFailed: [t("システムでエラーが発生しました", "The system has failed"), t("ポータルの側の問題です。入力した内容は残っています。", "This is a problem of the portal. What you typed is kept."), t("時間をおいて、「もう一度試す」を押してください。", "Wait a while and press “Try again”."), true],
  // Card and PIN
  noReader: [t("ICカードリーダが見つかりません", "There is no card reader"), t("パソコンにICカードリーダがつながっていません。", "No card reader is connected to this computer."), t("ICカードリーダのUSBを差し込み、「もう一度試す」を押してください。", "Plug the reader in and press “Try again”."), true],
  noCard: [t("ICカードが見つかりません", "There is no IC card"), t("ICカードリーダにICカードが入っていません。", "No card is in the reader."), t("ICカードを差し込み、「もう一度試す」を押してください。", "Insert the card and press “Try again”."), true],
  cardRemoved: [t("ICカードが抜かれました", "The IC card was removed"), t("処理の途中でICカードが抜かれたため、中止しました。", "It was removed on the way, so this was stopped."), t("ICカードを差し込み、処理が終わるまで抜かずに、もう一度行ってください。", "Insert it, leave it in until everything is done, and try again."), true],
  cardUnsupported: [t("使えないICカードです", "This IC card cannot be used"), t("このICカードには対応していません。", "This kind of card is not supported."), rightCard, true],
  readerServiceUnavailable: [t("ICカードのサービスが動いていません", "The smart card service is not running"), t("パソコンのICカードサービス（スマートカード）が動いていません。", "The smart card service of this computer is not running."), t("パソコンを再起動してから、「もう一度試す」を押してください。", "Restart the computer, then press “Try again”."), true],
  pinIncorrect: [t("PIN番号が違います", "The PIN is wrong"), t("正しいPIN番号が入力されないまま、中止されました。", "It was stopped before the right PIN was entered."), t("PIN番号を確かめてから、「もう一度試す」を押してください。続けて間違えると、ICカードがロックされます。", "Check the PIN and press “Try again”. After several wrong ones the card is locked."), true],
  pinLocked: [t("ICカードがロックされています", "The IC card is locked"), t("PIN番号を続けて間違えたため、ICカードがロックされました。", "After several wrong PINs the card has locked itself."), t("ICカードを発行した認証局に連絡してください。ロックを解除できないICカードもあります。", "Ask the authority that issued the card. Some cards cannot be unlocked."), false],
  pinRejected: [t("PIN番号を受け付けられません", "The PIN was not accepted"), t("ICカードがこのPIN番号を受け付けませんでした。", "The card did not accept this PIN."), t("PIN番号を確かめてから、「もう一度試す」を押してください。", "Check the PIN and press “Try again”."), true],
  userCancelled: [t("キャンセルされました", "Cancelled"), t("ICカードの操作がキャンセルされました。何も登録されていません。", "The operation was cancelled. Nothing was registered."), t("続ける場合は、「もう一度試す」を押してください。", "To go on, press “Try again”."), true],
  userTimeout: [t("時間切れになりました", "Time ran out"), t("一定時間、操作がなかったため、中止しました。", "Nothing was done for a while, so this was stopped."), t("「もう一度試す」を押し、出てくる画面で操作してください。", "Press “Try again” and use the window that opens."), true],
  busy: [t("ICカードブリッジが使用中です", "IC Card Bridge is busy"), t("ほかの画面でICカードの操作が行われています。", "Another page is using the card."), t("ほかの操作を終えてから、「もう一度試す」を押してください。", "Finish that first, then press “Try again”."), true],
  rateLimited: [t("しばらくお待ちください", "Please wait a while"), t("続けてキャンセルされたため、一時的に受け付けを止めています。", "After several cancellations requests are refused for a while."), t("しばらく待ってから、「もう一度試す」を押してください。", "Wait a while, then press “Try again”."), true],
  originNotPermitted: [t("この操作は許可されていません", "This operation is not allowed"), t("ICカードブリッジの設定で、このサイトにこの操作が許可されていません。", "The settings of IC Card Bridge do not allow this site to do this."), ask, false],
  // Certificates
  noCertificate: [t("使える電子証明書がありません", "There is no usable certificate"), t("ICカードに、この手続きに使える電子証明書がありません。", "The card has no certificate for this procedure."), t("別のICカードと取り違えていないか確かめ、入れ直して「もう一度試す」を押してください。", "Check that it is the right card, insert it again, and press “Try again”."), true],
  certificateExpired: [t("電子証明書の有効期限が切れています", "The certificate has expired"), t("このICカードの電子証明書は、有効期限が過ぎています。", "The certificate on this card is past its expiry date."), t("認証局で更新したICカードを使ってください。差し替えたら「もう一度試す」を押してください。", "Use a card that its authority has renewed. Change the cards and press “Try again”."), true],
  certificateNotYetValid: [t("電子証明書の有効期間が始まっていません", "The certificate is not valid yet"), t("このICカードの電子証明書は、まだ使えません。", "The certificate on this card cannot be used yet."), t("パソコンの日付と時刻を確かめてください。正しい場合は、有効期間が始まってから使ってください。", "Check the computer's date and time. If they are right, use the card from its first day on."), true],
  certificateMismatch: [t("ICカードが入れ替わっています", "The IC card has been changed"), t("はじめに確認したICカードと、いま入っているICカードが異なります。", "The card in the reader is not the one that was checked first."), t("はじめに使ったICカードを入れて、「もう一度試す」を押してください。", "Insert the first card and press “Try again”."), true],
  signerMismatch: [t("ICカードが入れ替わっています", "The IC card has been changed"), t("はじめに確認したICカードと、署名に使ったICカードの名義が異なります。", "The card that signed has another holder than the one that was checked first."), t("はじめに使ったICカードを入れて、「もう一度試す」を押してください。", "Insert the first card and press “Try again”."), true],
  certificateUntrusted: [t("受け付けていない認証局のICカードです", "The card's issuer is not accepted"), t("このポータルは、このICカードを発行した認証局を受け付けていません。", "This portal does not accept cards of this certification authority."), rightCard, true],
  certificateRevoked: [t("電子証明書が失効しています", "The certificate has been revoked"), t("このICカードの電子証明書は、認証局により失効されています。この手続きには使えません。", "The authority has revoked the certificate on this card. It cannot be used here."), t("ICカードを発行した認証局に連絡してください。別の有効なICカードがあれば、差し替えて「もう一度試す」を押してください。", "Ask the authority that issued it. If you have another valid card, change the cards and press “Try again”."), true],
  keyUsageMissing: [t("この手続きに使えない電子証明書です", "The certificate is for another purpose"), t("ICカードの電子証明書は、この用途には使えません。", "The certificate on the card cannot be used for this."), rightCard, true],
  // Driver
  driverNotFound: [t("ICカードのドライバーが見つかりません", "The card's driver was not found"), t("ICカード用のソフトウェア（ドライバー）がインストールされていません。", "The software for the card (its driver) is not installed."), t("ICカードに付属のソフトウェアをインストールし、「もう一度試す」を押してください。", "Install the software that came with the card and press “Try again”."), true],
  driverFailed: [t("ICカードのドライバーでエラーが起きました", "The card's driver failed"), t("ICカード用のソフトウェアの処理が失敗しました。", "The software for the card has failed."), t("ICカードを入れ直し、「もう一度試す」を押してください。", "Take the card out, insert it again, and press “Try again”."), true],
  driverTimeout: [t("ICカードの応答がありません", "The IC card does not answer"), t("ICカードの処理に時間がかかりすぎたため、中止しました。", "The card took too long, so this was stopped."), t("ICカードを入れ直し、「もう一度試す」を押してください。", "Take the card out, insert it again, and press “Try again”."), true],
  // The portal
  sessionExpired: [t("手続きの有効時間が過ぎました", "The time limit has passed"), t("10分間操作がなかったため、手続きを終了しました。入力した内容は残っています。", "Nothing was done for 10 minutes, so the procedure has ended. What you typed is kept."), t("入口に戻り、同じICカードでやり直してください。同じ画面に戻ると、入力した内容が表示されます。", "Go back to the entrance and start again with the same IC card. What you typed is there when you come back to this page."), false],
  csrf: [t("画面の有効期限が切れました", "The page is out of date"), t("別の画面で手続きが進んだため、この画面は使えません。", "The procedure has gone on in another window, so this page cannot be used."), start, false],
  nonceExpired: [t("時間がかかりすぎました", "That took too long"), t("PIN番号の入力までに5分以上かかったため、やり直しが必要です。", "It took more than five minutes until the PIN was entered."), again, true],
  transactionUnknown: [t("登録する内容が変わっています", "The contents have changed"), t("確認した後に、内容が変更されました。この署名は使われません。", "They were changed after you had checked them. This signature is not used."), t("「戻る」を押して内容を確認し、もう一度登録してください。", "Press “Back”, check them, and register again."), false],
  cardAlreadyRegistered: [t("このICカードはすでに登録されています", "This IC card is registered already"), t("同じICカードを2回登録することはできません。", "A card cannot be registered twice."), t("登録済みのICカードは、入口の「ログイン」から使います。", "Use it through “Log in” at the entrance."), false],
  // The procuring entity's side
  notAnOfficial: [t("職員のICカードではありません", "Not an official's card"), t("このICカードは、発注機関の職員のものとして登録されていません。", "This card is not enrolled as an official's."), t("職員用のICカードに差し替えて「もう一度試す」を押してください。新しい職員のICカードは、システム管理者がサーバーで登録します。", "Insert the official's card and press “Try again”. New officials are enrolled on the server by its administrator."), true],
  // Cards at 変更, ICカード更新 and ログイン
  cardNotRegistered: [t("このICカードは登録されていません", "This IC card is not registered"), t("ICカードが、この自治体に利用者登録されていません。", "It is not registered with this municipality."), t("初めて使うICカードは「登録」で登録します。ICカードを取り違えた場合は、差し替えて「もう一度試す」を押してください。", "Register a new card with “Register”. If it is the wrong card, change the cards and press “Try again”."), true],
  cardOfOtherMunicipality: [t("別の自治体に登録されているICカードです", "The card belongs to another municipality"), t("このICカードは、別の自治体に利用者登録されています。", "This card is registered with another municipality."), t("自治体選択に戻り、登録した自治体を選んでください。この自治体でも使う場合は、この自治体の利用者登録番号を用意し、メニューの「登録」で登録してください。", "Go back and choose the municipality with which it is registered. To use it here too, register it here with “Register” and the number that this municipality gave you."), false],
  cardRevoked: [t("発注機関が使用を停止したICカードです", "The procuring entity has revoked this card"), t("紛失・破損・盗難などの届出により、このICカードは使えなくなっています。", "It was reported as lost, broken or stolen and cannot be used any more."), t("別のICカードを「登録」で登録してください。心当たりがない場合は、すぐに発注機関に連絡してください。", "Register another card with “Register”. If this surprises you, tell the procuring entity at once."), true],
  cardRenewed: [t("新しいICカードに切り替わっています", "A new card has taken this one's place"), t("このICカードは、ICカード更新により使えなくなっています。", "After a card renewal it cannot be used any more."), t("新しいICカードに差し替えて、「もう一度試す」を押してください。", "Insert the new card and press “Try again”."), true],
  companySuspended: [t("会社の利用が停止されています", "The company is suspended"), t("発注機関が、この会社の電子入札の利用を停止しています。", "The procuring entity has suspended this company."), t("発注機関に問い合わせてください。", "Ask the procuring entity."), false],
  registrationChanged: [t("ほかの画面で登録内容が変更されました", "The registration was changed somewhere else"), t("あなたが変更している間に、登録内容が変わりました。あなたの変更は、まだ登録されていません。入力した内容は残っています。", "While you were at it, the registration was changed. Your change is not registered yet; what you typed is kept."), t("「戻る」を押すと、どこが異なるかが表示されます。確認して、もう一度変更してください。", "Press “Back” to see the differences, check them, and change it again."), false],
  signedByOtherCard: [t("同じ会社の別のICカードで署名されています", "Another card of your company has signed"), t("署名に使われたICカードは、はじめに確認したICカード（更新の場合は新しいICカード）ではありません。この署名は使われません。", "It is not the card that was checked (in a renewal: the new card). The signature is not used."), t("ほかのICカードを抜き、正しいICカードを入れて、「もう一度試す」を押してください。", "Take the other card out, insert the right one, and press “Try again”."), true],
  sameCard: [t("同じICカードです", "It is the same card"), t("古いICカードがもう一度読み取られました。", "The old card was read once more."), t("古いICカードを抜き、新しいICカードを差し込んでください。リーダが2台ある場合は、新しいICカードを選んでください。", "Take the old card out and insert the new one. With two readers, choose the new card."), true],
  companyDiffers: [t("会社名が異なります", "The companies differ"), t("新しいICカードの会社名が、古いICカードの会社名と異なるため、更新できません。", "The new card names another company than the old one, so it cannot replace it."), t("ICカードを取り違えていないか確かめて差し替え、「もう一度試す」を押してください。商号が変わった場合は、発注機関への届出の後、「登録」を使ってください。", "Check the card, change it, and press “Try again”. If the company has a new name, tell the procuring entity first and then use “Register”."), true],
  authorityDiffers: [t("認証局が異なります", "The certification authorities differ"), t("新しいICカードは、古いICカードとは別の認証局が発行したものなので、更新できません。", "Another authority has issued the new card, so it cannot replace the old one."), t("別の認証局のICカードは、利用者登録番号を使って「登録」してください。", "Register a card of another authority with “Register” and the registration number."), true],
  oldCardExpired: [t("古いICカードの有効期限が切れています", "The old card has expired"), t("有効期限が切れたICカードからは、ICカード更新ができません。", "A card that has expired cannot be renewed."), t("新しいICカードを、利用者登録番号を使って「登録」してください。", "Register the new card with “Register” and the registration number."), false],
  oldCardFirst: [t("古いICカードの確認からやり直してください", "Start again with the old card"), t("ほかの画面で手続きが進んだか、時間が過ぎたため、古いICカードの確認が残っていません。", "The check of the old card is gone, because another page went on or time has passed."), t("「ICカード更新」をはじめからやり直してください。", "Start “Renew the card” again."), false],
  other: [t("処理を完了できませんでした", "This could not be completed"), t("予期しない問題が起きました。何も登録されていません。", "Something unexpected happened. Nothing was registered."), t("「もう一度試す」を押してください。繰り返す場合は、システム管理者に連絡してください。", "Press “Try again”. If it happens again, tell your administrator."), true],
};

/** Where a failure leads to: the address on the portal, and what the link says. */
export const WAYS = {
  cardNotRegistered: ["pin", t("「登録」へ進む", "Go to “Register”")],
  cardRevoked: ["pin", t("「登録」へ進む", "Go to “Register”")],
  companyDiffers: ["pin", t("「登録」へ進む", "Go to “Register”")],
  authorityDiffers: ["pin", t("「登録」へ進む", "Go to “Register”")],
  oldCardExpired: ["pin", t("「登録」へ進む", "Go to “Register”")],
  certificateExpired: ["pin", t("新しいICカードを「登録」する", "Register a new card")],
  cardAlreadyRegistered: ["login", t("「ログイン」へ進む", "Go to “Log in”")],
  cardOfOtherMunicipality: ["/", t("自治体選択に戻る", "Choose the municipality")],
  oldCardFirst: ["renew", t("「ICカード更新」をやり直す", "Start “Renew the card” again")],
};

const PIN_STATES = {
  countLow: t("残りの回数が少なくなっています。", " Few tries are left."),
  finalTry: t("あと1回間違えると、ロックされます。", " One more wrong PIN locks the card."),
  locked: t("ロックされました。", " The card is locked."),
  unknown: t("残りの回数は、このICカードからは分かりません。", " This card does not tell how many tries are left."),
};

/** What the error's data adds to what happened. */
export function details(data) {
  if (Number.isInteger(data?.triesLeft)) return t(`（残り${data.triesLeft}回）`, ` (${data.triesLeft} tries left)`);
  if (Number.isInteger(data?.retryAfterSeconds)) return t(`（あと${data.retryAfterSeconds}秒）`, ` (${data.retryAfterSeconds} seconds more)`);
  return PIN_STATES[data?.pinState] ?? "";
}
