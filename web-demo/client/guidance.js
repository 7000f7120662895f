/**
 * Sentences for the user about the connection: what happened and what to do.
 */

/** @type {Record<"ja" | "en", Record<string, string>>} */
const SENTENCES = {
  ja: {
    idle: "",
    connecting: "ICカードブリッジに接続しています。",
    waitingForPermission:
      "ブラウザーの確認画面が出ています。「このデバイス上の他のアプリやサービスにアクセスする」のような表示で［許可する］を押してください。",
    connected: "ICカードブリッジに接続しました。",
    closed: "ICカードブリッジとの接続を終えました。",
    permissionDenied:
      "このサイトからICカードブリッジへの接続が、ブラウザーで拒否されています。アドレス欄の左のマークから「サイトの設定」を開き、「ローカル ネットワーク」または「このデバイス上のアプリ」を「許可」にして、画面を読み込み直してください。",
    permissionDismissed:
      "ブラウザーの確認画面が閉じられました。もう一度接続し、確認画面で［許可する］を押してください。",
    notRunning:
      "ICカードブリッジにつながりません。インストールされていないか、起動していません。スタートメニューから「ICカードブリッジ」を起動し、もう一度接続してください。入っていない場合は、先にインストールしてください。",
    siteNotPermitted:
      "このサイトは、ICカードブリッジで許可されていません。ICカードブリッジの設定で、このサイトのアドレスを「接続を許可したサイト」に加えてください。会社のパソコンでは管理者にご連絡ください。",
    notResponding:
      "ICカードブリッジが応答しません。ICカードブリッジを一度終了して起動し直し、もう一度接続してください。",
    tooOld: "ICカードブリッジの版が古いため、使えません。新しい版を入れてから、もう一度接続してください。",
    portalMisconfigured:
      "このサイトの設定に誤りがあり、ICカードブリッジに接続できません。サイトの問い合わせ窓口へご連絡ください。",
    pageNotSecure:
      "この画面は暗号化されていない接続（http）で開かれているため、ICカードブリッジを使えません。https で始まるアドレスで開き直してください。",
    connectionLost: "ICカードブリッジとの接続が切れました。もう一度お試しください。",
    messageTooBig: "書類が大きすぎるため、ICカードブリッジで扱えません。書類を小さくするか、分けてお試しください。",
  },
  en: {
    idle: "",
    connecting: "Connecting to IC Card Bridge.",
    waitingForPermission:
      "The browser is asking you. Press [Allow] where it says something like “Access other apps and services on this device”.",
    connected: "Connected to IC Card Bridge.",
    closed: "The connection to IC Card Bridge has ended.",
    permissionDenied:
      "The browser has been told not to let this site reach IC Card Bridge. Open the site settings left of the address, allow the local network or apps on this device, and reload the page.",
    permissionDismissed: "The browser's question was closed. Connect again and press [Allow].",
    notRunning:
      "IC Card Bridge cannot be reached: it is not installed or not running. Start it from the start menu and connect again. If it is not there, install it first.",
    siteNotPermitted:
      "IC Card Bridge does not allow this site. Add its address to the allowed sites in the settings of IC Card Bridge. On a company computer, ask your administrator.",
    notResponding: "IC Card Bridge does not answer. Quit it, start it again, and connect again.",
    tooOld: "This version of IC Card Bridge is too old. Install a newer one and connect again.",
    portalMisconfigured:
      "A wrong setting of this site keeps it from reaching IC Card Bridge. Contact the site's help desk.",
    pageNotSecure:
      "This page was opened without encryption (http), so IC Card Bridge cannot be used. Open it with an address that begins with https.",
    connectionLost: "The connection to IC Card Bridge was lost. Try again.",
    messageTooBig: "The documents are too large for IC Card Bridge. Make them smaller or send fewer at a time.",
  },
};

/**
 * The sentence for the user about a state or a failure.
 * @param {string} name a state's name or a `FailureReason`
 * @param {"ja" | "en"} language
 */
export function guidance(name, language) {
  return SENTENCES[language]?.[name] ?? "";
}
