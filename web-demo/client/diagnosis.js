/**
 * What a browser lets a page see of its way to the daemon, and what that means.
 *
 * A page sees a WebSocket that opens, stays CONNECTING, or closes with a code, how long that took, and
 * the state of its permission for the loopback network. It never sees an HTTP status.
 */

/**
 * @typedef {"permissionDenied" | "permissionDismissed" | "notRunning" | "siteNotPermitted" |
 *   "notResponding" | "tooOld" | "portalMisconfigured" | "pageNotSecure" | "connectionLost" |
 *   "messageTooBig"} FailureReason
 * @typedef {"granted" | "denied" | "prompt" | "unsupported"} Permission
 * @typedef {{askingAfterMs: number, connectWithinMs: number}} Patience
 */

const PERMISSION_NAMES = ["loopback-network", "local-network-access"];

/** A failure that came faster than this was no person's doing. */
const QUICK_FAILURE_MS = 400;
/** CONNECTING for longer than this, with the permission undecided, means that the browser is asking. */
const ASKING_AFTER_MS = 1500;
/** A daemon that lives answers the opening handshake well within this. */
const CONNECT_WITHIN_MS = 5000;
// Firefox (ESR 153) knows the permission, says `prompt`, and never asks for WebSockets. Its own limit is 20 seconds;
// should it come to ask, there is time to answer.
const FIREFOX_CONNECT_WITHIN_MS = 20_000;

// Windows sends SYN to a closed port three times, loopback too, before it says "refused" (Microsoft KB 175523).
const WINDOWS_REFUSAL_MS = { from: 1900, to: 2600 };

// Chromium and Firefox delay a page's new WebSockets by up to five seconds after about ten failures.
const THROTTLED_AFTER = 10;
const THROTTLE_MS = 5000;
const THROTTLE_MEMORY_MS = 6 * 60 * 1000;

/** When each of this page's sockets failed, in `performance.now()`. @type {number[]} */
const failures = [];

/**
 * The page's permission to reach this computer's own programs; `unsupported` where the browser does not ask for it.
 * This call never shows a prompt.
 * @returns {Promise<Permission>}
 */
export async function loopbackPermission() {
  for (const name of PERMISSION_NAMES) {
    try {
      const status = await globalThis.navigator?.permissions?.query({ name: /** @type {PermissionName} */ (name) });
      if (status) return status.state === "prompt" && is("Firefox") ? "unsupported" : status.state;
    } catch {
      // This browser does not know the name.
    }
  }
  return "unsupported";
}

/**
 * Whether the page may open a loopback WebSocket at all.
 * @returns {"pageNotSecure" | "portalMisconfigured" | undefined} why not
 */
export function obstacle() {
  if (globalThis.isSecureContext === false && globalThis.location?.protocol === "http:") return "pageNotSecure";
  // A sandboxed frame: the daemon refuses the origin `null`.
  if (globalThis.origin === "null") return "portalMisconfigured";
  // A frame of another origin without `allow="loopback-network"`. Chromium only; not yet in TypeScript's DOM.
  const policy = /** @type {any} */ (globalThis.document)?.featurePolicy;
  const named = PERMISSION_NAMES.filter((name) => policy?.features?.().includes(name));
  if (named.length > 0 && !named.some((name) => policy.allowsFeature(name))) return "portalMisconfigured";
  return undefined;
}

/** Note that a socket failed: browsers count too. */
export function noteFailure() {
  failures.push(performance.now());
  while (failures.length > THROTTLED_AFTER) failures.shift();
}

/** How long a socket may take on this system now. @returns {Patience} */
export function patience() {
  const throttle = throttleMs();
  const refusal = is("Windows") ? WINDOWS_REFUSAL_MS.to : 0;
  const connect = is("Firefox") ? FIREFOX_CONNECT_WITHIN_MS : CONNECT_WITHIN_MS;
  return {
    askingAfterMs: Math.max(ASKING_AFTER_MS, refusal) + throttle,
    connectWithinMs: connect + throttle,
  };
}

/**
 * Whether a failure after `elapsedMs` came from the system, not from a person who closed the browser's question.
 * @param {number} elapsedMs
 */
export function isSystemRefusal(elapsedMs) {
  if (elapsedMs < QUICK_FAILURE_MS + throttleMs()) return true;
  return is("Windows") && elapsedMs >= WINDOWS_REFUSAL_MS.from && elapsedMs <= WINDOWS_REFUSAL_MS.to;
}

function throttleMs() {
  const oldest = failures.length < THROTTLED_AFTER ? -Infinity : /** @type {number} */ (failures[0]);
  return performance.now() - oldest < THROTTLE_MEMORY_MS ? THROTTLE_MS : 0;
}

/** @param {"Windows" | "Firefox"} name of the system or the browser */
function is(name) {
  return (globalThis.navigator?.userAgent ?? "").includes(name);
}
