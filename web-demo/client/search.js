/**
 * Finding the daemon: its ports in order, and why none of them answered.
 */

import { isSystemRefusal, loopbackPermission, noteFailure, obstacle, patience } from "./diagnosis.js";
import { openSocket } from "./socket.js";

const PROTOCOL = 1;

/**
 * What is said when the ports gave several answers: the first of these. Another user's daemon never says
 * `siteNotPermitted` (it refuses the socket's owner before), so that answer is this user's own.
 * @type {import("./diagnosis.js").FailureReason[]}
 */
const TELLING = ["siteNotPermitted", "tooOld", "notResponding", "portalMisconfigured"];

/** @type {Record<"notPermitted" | "silent" | "blocked", import("./diagnosis.js").FailureReason>} */
const MEANING = { notPermitted: "siteNotPermitted", silent: "notResponding", blocked: "portalMisconfigured" };

/**
 * Try the addresses in order; the first daemon that accepts this page is taken.
 * @param {string[]} urls
 * @param {{signal: AbortSignal, onAsking: (isAsking: boolean) => void}} options `onAsking` hears whether the
 *   browser is asking its user for permission
 * @returns {Promise<import("./socket.js").Greeted | import("./diagnosis.js").FailureReason>} rejects only with
 *   the signal's reason
 */
export async function findDaemon(urls, { signal, onAsking }) {
  const hindrance = obstacle();
  if (hindrance) return hindrance;
  let permission = await loopbackPermission();
  /** @type {Set<import("./diagnosis.js").FailureReason>} */
  const seen = new Set();
  for (const url of urls) {
    const before = permission;
    const open = () => openSocket(url, { patience: patience(), signal, onAsking });
    let result = await open();
    permission = await loopbackPermission();
    if (result.outcome === "refused" && before === "prompt" && permission === "granted") {
      // Who waited for the user's permission may have been dropped in the meantime: once more, without a word.
      result = await open();
    }
    if (result.outcome === "greeted") {
      if (result.hello.protocol >= PROTOCOL) return result;
      result.socket.close();
      seen.add("tooOld");
      continue;
    }
    if (result.outcome !== "refused") {
      seen.add(MEANING[result.outcome]);
      continue;
    }
    // One answer of the user's counts for every port; another socket would only ask again.
    if (permission === "denied") return told(seen) ?? "permissionDenied";
    if (permission === "prompt" && !isSystemRefusal(result.elapsedMs)) return told(seen) ?? "permissionDismissed";
    noteFailure();
  }
  return told(seen) ?? "notRunning";
}

/** @param {Set<import("./diagnosis.js").FailureReason>} seen */
function told(seen) {
  return TELLING.find((reason) => seen.has(reason));
}
