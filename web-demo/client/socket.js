/**
 * Opening one socket to the daemon: which port, how long, and what the outcome means.
 */

import { ASKING_AFTER_MS, HELLO_WITHIN_MS } from "./diagnosis.js";

export const SUBPROTOCOL = "cardbridge.v1";
export const CLOSE_SITE_NOT_PERMITTED = 4403;

/**
 * @typedef {{name: string, version: string, protocol: number}} Hello
 * @typedef {{outcome: "greeted", socket: WebSocket, hello: Hello}} Greeted
 * @typedef {{outcome: "refused" | "notPermitted" | "silent" | "misconfigured", elapsedMs: number}} Failed
 */

/**
 * Open `url` and wait for the daemon's greeting. Never rejects but for the signal.
 * @param {string} url
 * @param {{onSlow: () => void, signal?: AbortSignal, WebSocket?: typeof WebSocket}} options `onSlow` is called
 *   when the browser keeps the socket waiting
 * @returns {Promise<Greeted | Failed>}
 */
export function openSocket(url, { onSlow, signal, WebSocket = globalThis.WebSocket }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    /** @type {WebSocket} */
    let socket;
    const slow = setTimeout(onSlow, ASKING_AFTER_MS);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let hello;
    let wasBlocked = false;

    /** @param {Event} event */
    const onViolation = (event) => {
      if ("blockedURI" in event && String(event.blockedURI).startsWith("ws://")) wasBlocked = true;
    };
    const release = () => {
      clearTimeout(slow);
      clearTimeout(hello);
      signal?.removeEventListener("abort", onAbort);
      globalThis.document?.removeEventListener("securitypolicyviolation", onViolation);
      socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    };
    /** @param {Failed["outcome"]} outcome */
    const fail = (outcome) => {
      release();
      socket.close();
      resolve({ outcome, elapsedMs: performance.now() - started });
    };
    const onAbort = () => {
      release();
      socket.close();
      reject(signal?.reason);
    };

    if (signal?.aborted) {
      clearTimeout(slow);
      reject(signal.reason);
      return;
    }
    globalThis.document?.addEventListener("securitypolicyviolation", onViolation);
    try {
      socket = new WebSocket(url, [SUBPROTOCOL]);
    } catch {
      clearTimeout(slow);
      globalThis.document?.removeEventListener("securitypolicyviolation", onViolation);
      resolve({ outcome: "misconfigured", elapsedMs: 0 });
      return;
    }
    signal?.addEventListener("abort", onAbort);
    socket.onopen = () => {
      clearTimeout(slow);
      hello = setTimeout(() => fail("silent"), HELLO_WITHIN_MS);
    };
    socket.onmessage = (event) => {
      const greeting = readHello(event.data);
      if (!greeting) return fail("silent");
      release();
      resolve({ outcome: "greeted", socket, hello: greeting });
    };
    // A socket that Content-Security-Policy blocks fires `error` and, in Chromium, never `close`.
    socket.onerror = () => setTimeout(() => wasBlocked && fail("misconfigured"), 0);
    socket.onclose = (event) => {
      if (wasBlocked) fail("misconfigured");
      else fail(event.code === CLOSE_SITE_NOT_PERMITTED ? "notPermitted" : "refused");
    };
  });
}

/**
 * @param {unknown} frame
 * @returns {Hello | undefined}
 */
function readHello(frame) {
  try {
    const message = JSON.parse(String(frame));
    const { name, version, protocol } = message.params;
    return message.method === "bridge.hello" ? { name, version, protocol } : undefined;
  } catch {
    return undefined;
  }
}
