/**
 * Opening one socket to the daemon: how long, and what the outcome means.
 */

import { loopbackPermission } from "./diagnosis.js";

export const SUBPROTOCOL = "cardbridge.v1";
export const CLOSE_SITE_NOT_PERMITTED = 4403;

/** After the socket has opened, the daemon greets at once. */
const HELLO_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 500;
/** A policy's violation may be reported a moment after the socket has failed. */
const VIOLATION_WITHIN_MS = 30;
/** `close` follows `error`; where a browser forgets it, the socket has failed all the same. */
const CLOSE_WITHIN_MS = 1000;

/**
 * @typedef {{name: string, version: string, protocol: number}} Hello
 * @typedef {{outcome: "greeted", socket: WebSocket, hello: Hello}} Greeted
 * @typedef {{outcome: "refused" | "notPermitted" | "silent" | "blocked", elapsedMs: number}} Failed
 */

/**
 * Open `url` and wait for the daemon's greeting. Rejects only with the signal's reason.
 * @param {string} url
 * @param {{patience: import("./diagnosis.js").Patience, signal: AbortSignal,
 *   onAsking: (isAsking: boolean) => void}} options `onAsking` hears whether the browser is asking its user
 * @returns {Promise<Greeted | Failed>}
 */
export function openSocket(url, { patience, signal, onAsking }) {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const violations = globalThis.document ?? globalThis;
    /** @type {WebSocket | undefined} */
    let socket;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let wasBlocked = false;

    const release = () => {
      clearTimeout(timer);
      stopWatching();
      signal.removeEventListener("abort", onAbort);
      violations.removeEventListener?.("securitypolicyviolation", onViolation);
      if (socket) socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    };
    /** @param {Failed["outcome"]} outcome */
    const fail = (outcome, elapsedMs = performance.now() - started) => {
      release();
      socket?.close();
      resolve({ outcome, elapsedMs });
    };
    const onAbort = () => {
      release();
      socket?.close();
      reject(signal.reason);
    };
    /** @param {SecurityPolicyViolationEvent} event */
    const onViolation = (event) => {
      if (!isAbout(event, url)) return;
      wasBlocked = true;
      // Chromium then fires `error`, and never `close`.
      if (socket) fail("blocked");
    };
    const stopWatching = watchPermission(patience, onAsking, () => fail("silent"));

    signal.addEventListener("abort", onAbort);
    violations.addEventListener?.("securitypolicyviolation", onViolation);
    try {
      socket = new WebSocket(url, [SUBPROTOCOL]);
    } catch {
      return fail("blocked");
    }
    if (wasBlocked) return fail("blocked");
    socket.onopen = () => {
      stopWatching();
      timer = setTimeout(() => fail("silent"), HELLO_WITHIN_MS);
    };
    socket.onmessage = ({ data }) => {
      const hello = readHello(data);
      if (!hello) return fail("silent");
      release();
      resolve({ outcome: "greeted", socket: /** @type {WebSocket} */ (socket), hello });
    };
    /**
     * @param {"notPermitted" | "refused"} outcome
     * @param {number} withinMs
     */
    const failSoon = (outcome, withinMs) => {
      const elapsedMs = performance.now() - started;
      stopWatching();
      clearTimeout(timer);
      timer = setTimeout(() => fail(outcome, elapsedMs), withinMs);
    };
    socket.onerror = () => failSoon("refused", CLOSE_WITHIN_MS);
    socket.onclose = ({ code }) => {
      if (code === CLOSE_SITE_NOT_PERMITTED) fail("notPermitted");
      else failSoon("refused", VIOLATION_WITHIN_MS);
    };
  });
}

/**
 * While a socket is CONNECTING: tell whether the browser asks its user, and give up where it does not and yet
 * nothing comes.
 * @param {import("./diagnosis.js").Patience} patience
 * @param {(isAsking: boolean) => void} onAsking
 * @param {() => void} onTimeout
 * @returns {() => void} ends it
 */
function watchPermission({ askingAfterMs, connectWithinMs }, onAsking, onTimeout) {
  const started = performance.now();
  let decidedAt = started;
  let isAsking = false;
  let isOver = false;
  const look = async () => {
    const permission = await loopbackPermission();
    if (isOver) return;
    const now = performance.now();
    const wasAsking = isAsking;
    isAsking = permission === "prompt" && now - started >= askingAfterMs;
    if (isAsking !== wasAsking) onAsking(isAsking);
    if (permission === "prompt") decidedAt = now;
    else if (now - decidedAt >= connectWithinMs) onTimeout();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

/**
 * Whether the page's Content-Security-Policy blocked `url`. Browsers report the address, its origin, or (as
 * CSP level 3 says for schemes other than http) the scheme alone.
 * @param {SecurityPolicyViolationEvent} event
 * @param {string} url
 */
function isAbout({ disposition, blockedURI }, url) {
  const { protocol, host } = new URL(url);
  const isThis = blockedURI === protocol.slice(0, -1) || `${blockedURI}/`.startsWith(`${protocol}//${host}/`);
  return disposition !== "report" && isThis;
}

/**
 * @param {unknown} frame
 * @returns {Hello | undefined}
 */
function readHello(frame) {
  try {
    const { method, params } = JSON.parse(String(frame));
    const { name, version, protocol } = params;
    const isHello = method === "bridge.hello" && Number.isInteger(protocol);
    return isHello ? { name: String(name), version: String(version), protocol } : undefined;
  } catch {
    return undefined;
  }
}
