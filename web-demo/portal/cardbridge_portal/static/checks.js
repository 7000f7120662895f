// 「ICカードの準備」: from what is known (connection, permission, readers, card, portal) to one finding a row.
// Pure; a finding is { state: "ok" | "missing" | "unknown", what, todo? }, undefined where nothing is known yet.
import { language, t } from "./language.js";
import { GUIDANCE } from "./reasons.js";
import { readerState } from "./readers.js";

const DAY_MS = 24 * 3600 * 1000;
const SOON_DAYS = 60;
const ok = (what, todo) => ({ state: "ok", what, todo });
const missing = (what, todo) => ({ state: "missing", what, todo });
const unknown = (what, todo) => ({ state: "unknown", what, todo });

/** What failed, and the remedy, as the guidance box would say it. */
function failed(reason) {
  const [title, what, todo] = GUIDANCE[reason] ?? GUIDANCE.other;
  // This page's button has another name.
  const here = todo.replace(t("もう一度試す", "Try again"), t("もう一度調べる", "Look again"));
  return missing(`${title}${t("。", ". ")}${what}`, here);
}

const CONNECTION_ROW = { siteNotPermitted: "site", portalMisconfigured: "site", pageNotSecure: "site", permissionDenied: "permission", permissionDismissed: "permission" };
const CARD_ROW = {
  noReader: "reader", readerServiceUnavailable: "reader",
  noCard: "card", cardRemoved: "card", cardUnsupported: "card", pinLocked: "card",
  driverNotFound: "driver", driverFailed: "driver", driverTimeout: "driver",
  noCertificate: "certificate", certificateUntrusted: "certificate", certificateRevoked: "certificate", keyUsageMissing: "certificate", certificateMalformed: "certificate", algorithmTooWeak: "certificate",
  certificateExpired: "expiry", certificateNotYetValid: "expiry",
};

/** The row that a card operation's failure belongs to; undefined where it is none of them (cancelled, wrong PIN). */
export function rowOf(reason) {
  return CARD_ROW[reason];
}

function daemon({ name, reason, version }) {
  if (name === "connected") return ok(t(`動いています（版 ${version}）。`, `Running (version ${version}).`));
  if (name === "failed" && reason === "siteNotPermitted") return ok(t("動いています。", "Running."));
  if (name === "failed" && !CONNECTION_ROW[reason]) return failed(reason);
  return undefined;
}

function permission({ name, reason }, browser) {
  if (name === "waitingForPermission") return failed("waitingForPermission");
  if (name === "failed" && CONNECTION_ROW[reason] === "permission") return failed(reason);
  if (browser === "denied") return failed("permissionDenied");
  if (browser === "unsupported") return ok(t("このブラウザーでは、許可の操作はいりません。", "This browser needs no permission."));
  if (browser === "granted" || name === "connected") return ok(t("許可されています。", "Given."));
  return unknown(t("まだ選ばれていません。ブラウザーが尋ねたら「許可」を押してください。", "Not decided yet. When the browser asks, press “Allow”."));
}

function site({ name, reason }) {
  if (name === "connected") return ok(t("許可されています。", "This site is allowed."));
  return name === "failed" && CONNECTION_ROW[reason] === "site" ? failed(reason) : undefined;
}

function reader(readers, problem) {
  if (problem) return failed(problem);
  if (!readers) return undefined;
  if (readers.length === 0) return missing(t("見つかりません。", "There is none."), t("ICカードリーダのUSBを差し込んでください。差しても変わらないときは、付属のソフトウェアを入れてください。", "Plug the reader in. If nothing changes, install the software that came with it."));
  return ok(readers.map(({ name }) => name).join(t("、", ", ")));
}

const CARD_TODO = {
  empty: t("ICカードを、奥まで差し込んでください。", "Insert the card all the way."),
  inUse: t("ICカードを使っているほかのソフトウェアを終了してください。", "Quit the other program that uses the card."),
  mute: t("ICカードの裏表と向きを確かめて、差し直してください。", "Check which way the card goes, and insert it again."),
  unsupported: t("電子入札用のICカードか確かめて、差し直してください。", "Check that it is the card for e-bidding, and insert it again."),
};
const BEST_FIRST = ["present", "inUse", "mute", "unsupported", "empty"];

function card(readers) {
  if (!readers || readers.length === 0) return undefined;
  const [best] = [...readers].sort((one, other) => BEST_FIRST.indexOf(one.state) - BEST_FIRST.indexOf(other.state));
  if (best.state !== "present") return missing(`${readerState(best)}${t("。", ".")}`, CARD_TODO[best.state]);
  return best.card?.pinState === "locked" ? failed("pinLocked") : ok(`${readerState(best)}${t("。", ".")}`);
}

function driver(readers, certificate) {
  if (certificate) return ok(t("ICカードを読み取れました。", "The card was read."));
  const isStrange = readers?.some(({ state }) => state === "unsupported") && !readers.some(({ state }) => state === "present");
  return isStrange ? failed("driverNotFound") : undefined;
}

function expiry(certificate, now) {
  if (!certificate) return undefined;
  const ends = new Date(certificate.notAfter);
  const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "ja-JP", { dateStyle: "long", timeZone: "Asia/Tokyo" }).format(ends);
  if (ends.getTime() < now) return failed("certificateExpired");
  const days = Math.floor((ends.getTime() - now) / DAY_MS);
  if (days > SOON_DAYS) return ok(t(`${day}まで有効です。`, `Valid until ${day}.`));
  return ok(t(`${day}まで有効です（あと${days}日）。`, `Valid until ${day} (${days} more days).`), t("認証局で、早めに更新してください。", "Have it renewed by its authority in good time."));
}

const REGISTRATION_TODO = {
  cardNotRegistered: t("入口から「利用者登録」に進んでください。", "Go to “User registration” from the entrance."),
  cardOfOtherMunicipality: t("登録した自治体の入口から使うか、この自治体の「登録」で登録してください。", "Use it at the entrance of that municipality, or register it here with “Register”."),
  cardRevoked: t("発注機関に問い合わせてください。", "Ask the procuring entity."),
  cardRenewed: t("新しいICカードを使ってください。", "Use the new card."),
  companySuspended: t("発注機関に問い合わせてください。", "Ask the procuring entity."),
};

function registration(answer) {
  if (!answer) return undefined;
  return answer.registration === "registered" ? ok(answer.message) : missing(answer.message, REGISTRATION_TODO[answer.registration] ?? "");
}

/**
 * Row → finding. `connection`: { name, reason?, version? } of the client's state; `browser`: its permission; `readers`
 * and `readerProblem`; `certificate`: { notAfter }; `answer`: the portal's; `failures`: row → reason, of the last check.
 */
export function findings({ connection, browser, readers, readerProblem, certificate, answer, failures = {}, now }) {
  const found = {
    daemon: daemon(connection),
    permission: permission(connection, browser),
    site: site(connection),
    reader: reader(readers, readerProblem),
    card: card(readers),
    driver: driver(readers, certificate),
    certificate: certificate && ok(t("使える電子証明書があります。", "There is a usable certificate.")),
    expiry: expiry(certificate, now),
    registration: registration(answer),
  };
  for (const [row, reason] of Object.entries(failures)) found[row] = failed(reason);
  return found;
}
