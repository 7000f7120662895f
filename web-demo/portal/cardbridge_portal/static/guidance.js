// What each failure means for the person at the screen: title, what happened, what to do.
// `again`: pressing もう一度試す can help. Reasons are those of the client, the daemon and the portal.

const start = "入口に戻り、はじめからやり直してください。";
const ask = "システム管理者（またはICカードの認証局の窓口）に連絡してください。";

export const GUIDANCE = {
  // Reaching the daemon
  waitingForPermission: ["ブラウザーの許可を待っています", "ブラウザーが、このパソコンのICカードブリッジへの接続を許可するか尋ねています。", "アドレスバーの近くに出ている確認で「許可」を押してください。押すと自動的に進みます。", false],
  permissionDenied: ["ブラウザーで接続が許可されていません", "このサイトからICカードブリッジへの接続が、ブラウザーの設定でブロックされています。", "アドレスバー左端のアイコンを押し、サイトの設定で「このデバイス上の他のアプリやサービスへのアクセス」を「許可」に変えてから、「もう一度試す」を押してください。", true],
  permissionDismissed: ["ブラウザーの確認が閉じられました", "接続を許可するかの確認が、選ばれないまま閉じられました。", "「もう一度試す」を押し、出てきた確認で「許可」を押してください。", true],
  notRunning: ["ICカードブリッジに接続できません", "ICカードブリッジがこのパソコンで動いていないか、まだインストールされていません。", "スタートメニュー（アプリの一覧）からICカードブリッジを起動し、「もう一度試す」を押してください。見つからない場合は、インストールしてください。", true],
  siteNotPermitted: ["このサイトの利用が許可されていません", "ICカードブリッジの設定に、このポータルが登録されていません。", "ICカードブリッジの設定でこのサイトを追加するか、システム管理者に連絡してください。追加したら「もう一度試す」を押してください。", true],
  notResponding: ["ICカードブリッジから応答がありません", "接続はできましたが、ICカードブリッジが応答しません。", "ICカードブリッジを終了して起動し直し、「もう一度試す」を押してください。", true],
  tooOld: ["ICカードブリッジが古い版です", "インストールされているICカードブリッジは、このポータルに対応していません。", "新しい版のICカードブリッジをインストールし、「もう一度試す」を押してください。", true],
  portalMisconfigured: ["ポータルの設定に誤りがあります", "ポータル側の設定のため、ICカードブリッジに接続できません。利用者の操作の誤りではありません。", "時間をおいても直らない場合は、ポータルの運営者に連絡してください。", false],
  pageNotSecure: ["安全でない接続で開かれています", "この画面が暗号化されていない接続（http）で開かれているため、ICカードブリッジを使えません。", "アドレスが https:// で始まることを確認して、開き直してください。", false],
  connectionLost: ["ICカードブリッジとの接続が切れました", "手続きの途中で接続が切れました。ICカードの操作は行われていません。", "ICカードブリッジが動いていることを確認し、「もう一度試す」を押してください。", true],
  messageTooBig: ["書類が大きすぎます", "書類が大きすぎるため、ICカードブリッジで扱えません。署名は行われていません。", ask, false],
  serverUnreachable: ["サーバーに接続できません", "ポータルのサーバーから応答がありません。", "ネットワークを確認し、「もう一度試す」を押してください。", true],
  // Card and PIN
  noReader: ["ICカードリーダが見つかりません", "パソコンにICカードリーダがつながっていません。", "ICカードリーダのUSBを差し込み、「もう一度試す」を押してください。", true],
  noCard: ["ICカードが見つかりません", "ICカードリーダにICカードが入っていません。", "ICカードを差し込み、「もう一度試す」を押してください。", true],
  cardRemoved: ["ICカードが抜かれました", "処理の途中でICカードが抜かれたため、中止しました。", "ICカードを差し込み、処理が終わるまで抜かずに、もう一度行ってください。", true],
  cardUnsupported: ["使えないICカードです", "このICカードには対応していません。", "電子入札用のICカードか確かめて入れ直し、「もう一度試す」を押してください。", true],
  readerServiceUnavailable: ["ICカードのサービスが動いていません", "パソコンのICカードサービス（スマートカード）が動いていません。", "パソコンを再起動してから、「もう一度試す」を押してください。", true],
  pinIncorrect: ["PIN番号が違います", "正しいPIN番号が入力されないまま、中止されました。", "PIN番号を確かめてから、「もう一度試す」を押してください。続けて間違えると、ICカードがロックされます。", true],
  pinLocked: ["ICカードがロックされています", "PIN番号を続けて間違えたため、ICカードがロックされました。", "ICカードを発行した認証局に連絡してください。ロックを解除できないICカードもあります。", false],
  pinRejected: ["PIN番号を受け付けられません", "ICカードがこのPIN番号を受け付けませんでした。", "PIN番号を確かめてから、「もう一度試す」を押してください。", true],
  userCancelled: ["キャンセルされました", "ICカードの操作がキャンセルされました。何も登録されていません。", "続ける場合は、「もう一度試す」を押してください。", true],
  userTimeout: ["時間切れになりました", "一定時間、操作がなかったため、中止しました。", "「もう一度試す」を押し、出てくる画面で操作してください。", true],
  busy: ["ICカードブリッジが使用中です", "ほかの画面でICカードの操作が行われています。", "ほかの操作を終えてから、「もう一度試す」を押してください。", true],
  rateLimited: ["しばらくお待ちください", "続けてキャンセルされたため、一時的に受け付けを止めています。", "しばらく待ってから、「もう一度試す」を押してください。", true],
  originNotPermitted: ["この操作は許可されていません", "ICカードブリッジの設定で、このサイトにこの操作が許可されていません。", ask, false],
  // Certificates
  noCertificate: ["使える電子証明書がありません", "ICカードに、この手続きに使える電子証明書がありません。", "別のICカードと取り違えていないか確かめ、入れ直して「もう一度試す」を押してください。", true],
  certificateExpired: ["電子証明書の有効期限が切れています", "このICカードの電子証明書は、有効期限が過ぎています。", "認証局で更新したICカードを使ってください。差し替えたら「もう一度試す」を押してください。", true],
  certificateNotYetValid: ["電子証明書の有効期間が始まっていません", "このICカードの電子証明書は、まだ使えません。", "パソコンの日付と時刻を確かめてください。正しい場合は、有効期間が始まってから使ってください。", true],
  certificateMismatch: ["ICカードが入れ替わっています", "はじめに確認したICカードと、いま入っているICカードが異なります。", "はじめに使ったICカードを入れて、「もう一度試す」を押してください。", true],
  signerMismatch: ["ICカードが入れ替わっています", "はじめに確認したICカードと、署名に使ったICカードの名義が異なります。", "はじめに使ったICカードを入れて、「もう一度試す」を押してください。", true],
  certificateUntrusted: ["受け付けていない認証局のICカードです", "このポータルは、このICカードを発行した認証局を受け付けていません。", "電子入札用のICカードか確かめて入れ直し、「もう一度試す」を押してください。", true],
  certificateRevoked: ["電子証明書が失効しています", "このICカードの電子証明書は、認証局により失効されています。この手続きには使えません。", "ICカードを発行した認証局に連絡してください。別の有効なICカードがあれば、差し替えて「もう一度試す」を押してください。", true],
  keyUsageMissing: ["この手続きに使えない電子証明書です", "ICカードの電子証明書は、この用途には使えません。", "電子入札用のICカードか確かめて入れ直し、「もう一度試す」を押してください。", true],
  // Driver
  driverNotFound: ["ICカードのドライバーが見つかりません", "ICカード用のソフトウェア（ドライバー）がインストールされていません。", "ICカードに付属のソフトウェアをインストールし、「もう一度試す」を押してください。", true],
  driverFailed: ["ICカードのドライバーでエラーが起きました", "ICカード用のソフトウェアの処理が失敗しました。", "ICカードを入れ直し、「もう一度試す」を押してください。", true],
  driverTimeout: ["ICカードの応答がありません", "ICカードの処理に時間がかかりすぎたため、中止しました。", "ICカードを入れ直し、「もう一度試す」を押してください。", true],
  // The portal
  sessionExpired: ["手続きの有効時間が過ぎました", "10分間操作がなかったため、手続きを終了しました。", start, false],
  csrf: ["画面の有効期限が切れました", "別の画面で手続きが進んだため、この画面は使えません。", start, false],
  nonceExpired: ["時間がかかりすぎました", "PIN番号の入力までに5分以上かかったため、やり直しが必要です。", "「もう一度試す」を押してください。", true],
  transactionUnknown: ["登録する内容が変わっています", "確認した後に、内容が変更されました。この署名は使われません。", "「戻る」を押して内容を確認し、もう一度登録してください。", false],
  cardAlreadyRegistered: ["このICカードはすでに登録されています", "同じICカードを2回登録することはできません。", "登録済みのICカードは、入口の「ログイン」から使います。", false],
  other: ["処理を完了できませんでした", "予期しない問題が起きました。何も登録されていません。", "「もう一度試す」を押してください。繰り返す場合は、システム管理者に連絡してください。", true],
};

const PIN_STATES = { countLow: "残りの回数が少なくなっています。", finalTry: "あと1回間違えると、ロックされます。", locked: "ロックされました。", unknown: "残りの回数は、このICカードからは分かりません。" };

const box = document.getElementById("guidance");
let again = null;

document.getElementById("retry")?.addEventListener("click", () => {
  hide();
  again?.();
});

/** Show the guidance of a reason, or what the portal `said` of one without; `retry` is called by もう一度試す. */
export function show(reason, { data = {}, retry = null, said = "" } = {}) {
  const [title, usual, todo, retriable] = GUIDANCE[reason] ?? GUIDANCE.other;
  const what = GUIDANCE[reason] ? usual : said || usual;
  // The client goes on trying to reconnect: the same news twice must not take the focus again.
  const news = box.hidden || box.dataset.reason !== reason;
  box.dataset.reason = reason;
  box.classList.toggle("waiting", reason === "waitingForPermission");
  box.querySelector("h2").textContent = title;
  box.querySelector(".what").textContent = what + details(data);
  box.querySelector(".todo").textContent = todo;
  again = retry;
  box.querySelector("#retry").hidden = !(retriable && retry);
  box.hidden = false;
  if (news && reason !== "waitingForPermission") box.focus();
}

/** Show an error that was thrown: the client's, the portal's, or an unexpected one. */
export function showError(error, options = {}) {
  show(error?.reason ?? "other", { data: error?.data ?? {}, said: error?.said ?? "", ...options });
}

export function hide() {
  box.hidden = true;
  delete box.dataset.reason;
}

function details(data) {
  if (Number.isInteger(data?.triesLeft)) return `（残り${data.triesLeft}回）`;
  if (Number.isInteger(data?.retryAfterSeconds)) return `（あと${data.retryAfterSeconds}秒）`;
  if (data?.pinState && PIN_STATES[data.pinState]) return PIN_STATES[data.pinState];
  return "";
}
