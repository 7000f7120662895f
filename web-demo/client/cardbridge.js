/**
 * The JavaScript client of cardbridge (ICカードブリッジ), wire contract version 1.
 *
 *     import { Cardbridge } from "./cardbridge.js";
 *     const bridge = new Cardbridge({ language: "ja" });
 *     await bridge.connect();
 *     const { token } = await bridge.getToken({ challengeNonce });
 *
 * No dependency. Types: `cardbridge.d.ts`, made from these comments.
 */

import { guidance, isPageSecure, loopbackPermission, reasonOfFailure } from "./diagnosis.js";
import { CONNECTION_ERRORS_BY_REASON, ConnectionLostError, errorFromResponse } from "./errors.js";
import { openSocket } from "./socket.js";

export * from "./errors.js";
export { guidance, loopbackPermission } from "./diagnosis.js";

const PROTOCOL = 1;
const RECONNECT_MS = [500, 1000, 2000, 5000, 10000];
const PORT_KEY = "cardbridge.port";
const SESSION_KEY = "cardbridge.session";
const CHUNK = 0x8000;

/**
 * @typedef {import("./diagnosis.js").FailureReason} FailureReason
 * @typedef {"idle" | "connecting" | "waitingForPermission" | "connected" | "failed" | "closed"} StateName
 * @typedef {{name: StateName, reason?: FailureReason, message: string}} State
 * @typedef {{type: string, pinState: "ok" | "countLow" | "finalTry" | "locked" | "unknown", triesLeft?: number,
 *   protectedAuthenticationPath: boolean}} Card
 * @typedef {{name: string, state: "empty" | "present" | "inUse" | "mute" | "unsupported", card?: Card}} Reader
 * @typedef {{issuers?: string[], thumbprints?: string[], keyUsage?: string[], policies?: string[]}} Filter
 * @typedef {{cryptoAlgorithm: string, hashFunction: string, paddingScheme: string}} SignatureAlgorithm
 * @typedef {{certificate: string, chain: string[], thumbprint: string, subject: Record<string, string>,
 *   issuer: Record<string, string>, serialNumber: string, notBefore: string, notAfter: string,
 *   keyUsage: string[], supportedSignatureAlgorithms: SignatureAlgorithm[]}} Certificate
 * @typedef {{unverifiedCertificate: string, algorithm: string, signature: string, format: string,
 *   appVersion: string}} AuthenticationToken
 * @typedef {{id: string | number, state: "waitingForReader" | "waitingForCard" | "waitingForUser" | "signing",
 *   done?: number, total?: number, reader?: string}} Progress
 * @typedef {{signal?: AbortSignal, onProgress?: (progress: Progress) => void}} CallOptions
 * @typedef {{name: string, mediaType: string, content: Uint8Array | string}} Document
 * @typedef {{name: string, mediaType: string, content: string, documentDigest: string}} DocumentSignature
 * @typedef {{ports?: number[], hosts?: string[], language?: "ja" | "en", keepSession?: boolean}} Options
 * @typedef {{resolve: (result: any) => void, reject: (error: unknown) => void,
 *   onProgress?: (progress: Progress) => void}} Waiting
 */

/**
 * One page's connection to the daemon.
 *
 * Events: `statechange` (detail: `State`), `readerschange` (detail: `{readers: Reader[]}`).
 */
export class Cardbridge extends EventTarget {
  /** @type {State} */ #state;
  /** @type {WebSocket | undefined} */ #socket;
  /** @type {Promise<void> | undefined} */ #connecting;
  /** @type {Map<string, Waiting>} */ #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #reconnect;
  #attempts = 0;
  #nextId = 1;
  #watches = false;

  /**
   * @param {Options} [options] `ports`: the daemon's range, tried in order. `keepSession`: keep the card
   *   session over the pages of one tab, in sessionStorage.
   */
  constructor({ ports = [28470, 28471, 28472, 28473], hosts = ["127.0.0.1"], language = "ja", keepSession = false } = {}) {
    super();
    this.ports = ports;
    this.hosts = hosts;
    this.language = language;
    this.keepSession = keepSession;
    /** The secret that resumes the card session on the next page, if one is open. @type {string | undefined} */
    this.session = keepSession ? stored(SESSION_KEY) : undefined;
    /** What the daemon said of itself. @type {import("./socket.js").Hello | undefined} */
    this.hello = undefined;
    this.#state = { name: "idle", message: "" };
    globalThis.addEventListener?.("pagehide", () => this.#hide());
    globalThis.addEventListener?.("pageshow", (event) => {
      if (/** @type {PageTransitionEvent} */ (event).persisted && this.#state.name === "closed") this.#connectQuietly();
    });
  }

  /** Where the connection stands; `message` is a sentence for the user. */
  get state() {
    return this.#state;
  }

  /**
   * Find the daemon and connect. Returns when it has greeted; at once where it is connected already.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<void>}
   * @throws {import("./errors.js").ConnectionError} its class and `reason` say why
   */
  async connect({ signal } = {}) {
    if (this.#socket?.readyState === 1) return;
    clearTimeout(this.#reconnect);
    this.#connecting ??= this.#find(signal).finally(() => (this.#connecting = undefined));
    await this.#connecting;
  }

  /** End the connection; requests under way are cancelled and their windows close. */
  close() {
    clearTimeout(this.#reconnect);
    this.#drop();
    this.#setState("closed");
  }

  /** @param {AbortSignal | undefined} signal */
  async #find(signal) {
    this.#setState("connecting");
    if (!isPageSecure(globalThis)) throw this.#failure("pageNotSecure");
    const before = await loopbackPermission();
    const seen = await this.#tryPorts(before, signal);
    if (seen.greeted) return this.#accept(seen.greeted);
    const after = await loopbackPermission();
    if (before === "prompt" && after === "granted" && !seen.reason) {
      // The daemon may have dropped the socket while the browser asked: once more, without a word.
      const again = await this.#tryPorts(after, signal);
      if (again.greeted) return this.#accept(again.greeted);
      if (again.reason) seen.reason = again.reason;
    }
    throw this.#failure(seen.reason ?? reasonOfFailure({ before, after, elapsedMs: seen.slowestMs }));
  }

  /**
   * @param {import("./diagnosis.js").Permission} permission
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<{greeted?: import("./socket.js").Greeted, reason?: FailureReason, slowestMs: number}>}
   */
  async #tryPorts(permission, signal) {
    /** @type {{reason?: FailureReason, slowestMs: number}} */
    const seen = { slowestMs: 0 };
    const onSlow = () => permission === "prompt" && this.#setState("waitingForPermission");
    for (const url of this.#urls()) {
      const result = await this.#open(url, onSlow, signal);
      if (result.outcome === "greeted") return { greeted: result, slowestMs: seen.slowestMs };
      seen.slowestMs = Math.max(seen.slowestMs, result.elapsedMs);
      if (result.outcome === "misconfigured") return { ...seen, reason: "portalMisconfigured" };
      if (result.outcome === "notPermitted") seen.reason = "siteNotPermitted";
      if (result.outcome === "silent") seen.reason ??= "notResponding";
      // A refused permission refuses every port alike, and browsers throttle after ten quick failures.
      if ((await loopbackPermission()) === "denied") break;
      if (permission === "prompt" && result.elapsedMs > 400) break;
    }
    return seen;
  }

  /**
   * @param {string} url
   * @param {() => void} onSlow
   * @param {AbortSignal | undefined} signal
   */
  async #open(url, onSlow, signal) {
    try {
      return await openSocket(url, { onSlow, ...(signal ? { signal } : {}) });
    } catch (error) {
      this.#setState("closed");
      throw error;
    }
  }

  #urls() {
    const last = Number(stored(PORT_KEY));
    const ports = this.ports.includes(last) ? [last, ...this.ports.filter((port) => port !== last)] : this.ports;
    return this.hosts.flatMap((host) => ports.map((port) => `ws://${host}:${port}/v1`));
  }

  /** @param {import("./socket.js").Greeted} greeted */
  async #accept({ socket, hello }) {
    if (hello.protocol < PROTOCOL) {
      socket.close();
      throw this.#failure("tooOld");
    }
    this.hello = hello;
    this.#socket = socket;
    this.#attempts = 0;
    store(PORT_KEY, new URL(socket.url).port);
    socket.onmessage = (event) => this.#received(String(event.data));
    socket.onclose = () => this.#lost(socket);
    if (this.session) await this.resumeSession(this.session).catch(() => this.#keep(undefined));
    if (this.#watches) this.#call("readers.watch", {}).then((result) => this.#readersChanged(result.readers), () => {});
    this.#setState("connected");
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (this.#socket !== socket) return;
    this.#drop();
    this.#setState("failed", "connectionLost");
    this.#reconnectLater();
  }

  #reconnectLater() {
    const delay = RECONNECT_MS[Math.min(this.#attempts++, RECONNECT_MS.length - 1)];
    this.#reconnect = setTimeout(() => this.#connectQuietly(true), delay);
  }

  #connectQuietly(again = false) {
    this.connect().catch(() => again && this.#attempts < RECONNECT_MS.length && this.#reconnectLater());
  }

  #hide() {
    if (!this.#socket && !this.#connecting) return;
    this.#drop();
    this.#setState("closed");
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const error = this.#connectionError("connectionLost");
    for (const each of waiting) each.reject(error);
  }

  /**
   * @param {StateName} name
   * @param {FailureReason} [reason]
   */
  #setState(name, reason) {
    const message = guidance(reason ?? name, this.language);
    this.#state = reason ? { name, reason, message } : { name, message };
    this.dispatchEvent(new CustomEvent("statechange", { detail: this.#state }));
  }

  /** @param {FailureReason} reason */
  #failure(reason) {
    this.#setState("failed", reason);
    return this.#connectionError(reason);
  }

  /** @param {FailureReason} reason */
  #connectionError(reason) {
    const Kind = CONNECTION_ERRORS_BY_REASON[reason] ?? ConnectionLostError;
    return new Kind({
      code: 0,
      reason,
      message: reason,
      userMessage: guidance(reason, this.language),
      retriable: reason !== "pageNotSecure" && reason !== "portalMisconfigured",
    });
  }

  /** @param {string} frame */
  #received(frame) {
    const message = JSON.parse(frame);
    if (message.method === "$/progress") this.#waiting.get(message.params.id)?.onProgress?.(message.params);
    else if (message.method === "readers.changed") this.#readersChanged(message.params.readers);
    else if (message.id !== undefined && message.id !== null) this.#answered(message);
  }

  /** @param {{id: string, result?: any, error?: any}} message */
  #answered(message) {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!waiting) return;
    if (message.error) waiting.reject(errorFromResponse(message.error));
    else waiting.resolve(message.result);
  }

  /** @param {Reader[]} readers */
  #readersChanged(readers) {
    this.dispatchEvent(new CustomEvent("readerschange", { detail: { readers } }));
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params members that are undefined are left out
   * @param {CallOptions} [options]
   * @returns {Promise<any>}
   */
  async #call(method, params, { signal, onProgress } = {}) {
    signal?.throwIfAborted();
    const socket = this.#socket;
    if (socket?.readyState !== 1) throw this.#connectionError("connectionLost");
    const id = `c${this.#nextId++}`;
    const cancel = () => socket.readyState === 1 && socket.send(notification("$/cancel", { id }));
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, onProgress ? { resolve, reject, onProgress } : { resolve, reject });
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
        signal?.addEventListener("abort", cancel, { once: true });
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * A call that shows a window, connected first where needed.
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {CallOptions} [options]
   */
  async #callWithWindow(method, params, options) {
    await this.connect(options?.signal ? { signal: options.signal } : {});
    const result = await this.#call(method, { ...params, language: this.language }, options);
    if (result.session !== undefined) this.#keep(result.session);
    return result;
  }

  /** @param {string | undefined} session */
  #keep(session) {
    this.session = session;
    if (this.keepSession) store(SESSION_KEY, session);
  }

  /**
   * What the daemon is and can do.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<{name: string, version: string, protocol: number, features: string[], locale: string}>}
   */
  async info(options) {
    return this.#call("bridge.info", {}, options);
  }

  /**
   * The readers as they are now.
   * @returns {Promise<Reader[]>}
   */
  async listReaders() {
    return (await this.#call("readers.list", {})).readers;
  }

  /**
   * The readers, and from now on `readerschange` events, also after a reconnection.
   * @returns {Promise<Reader[]>}
   */
  async watchReaders() {
    this.#watches = true;
    return (await this.#call("readers.watch", {})).readers;
  }

  /**
   * Let the user give the page a certificate.
   * @param {{purpose: "authentication" | "signature", filter?: Filter}} params
   * @param {CallOptions} [options]
   * @returns {Promise<Certificate>}
   */
  async chooseCertificate(params, options) {
    return this.#callWithWindow("certificates.choose", params, options);
  }

  /**
   * Let the user prove the PIN, without using a key.
   * @param {{reader?: string, contactField?: "hidden" | "optional"}} [params]
   * @param {CallOptions} [options]
   * @returns {Promise<{verified: true, contact?: string, session?: string}>}
   */
  async verifyPin(params = {}, options) {
    return this.#callWithWindow("card.verifyPin", params, options);
  }

  /**
   * A Web eID authentication token for this page's origin. The abort signal withdraws the request and closes
   * its window.
   * @param {{challengeNonce: string, contactField?: "hidden" | "optional", filter?: Filter}} params
   * @param {CallOptions} [options]
   * @returns {Promise<{token: AuthenticationToken, contact?: string, session?: string}>}
   */
  async getToken(params, options) {
    return this.#callWithWindow("auth.getToken", params, options);
  }

  /**
   * Sign documents: one signature each, in order, all or nothing. Strings are taken as base64.
   * @param {{documents: Document[], format: "cades" | "xades" | "pades",
   *   packaging?: "detached" | "enveloping" | "enveloped", level?: "B-B" | "B-T", certificate?: string}} params
   * @param {CallOptions} [options]
   * @returns {Promise<{signatures: DocumentSignature[], certificate: Certificate}>}
   */
  async signDocuments(params, options) {
    const documents = params.documents.map(({ name, mediaType, content }) => ({
      name,
      mediaType,
      content: typeof content === "string" ? content : base64(content),
    }));
    return this.#callWithWindow("sign.documents", { ...params, documents }, options);
  }

  /**
   * Take over the card session of an earlier page; it works once and within 15 seconds.
   * @param {string} session
   */
  async resumeSession(session) {
    await this.#call("session.resume", { session });
    this.#keep(undefined);
  }

  /** End this page's card session: the card forgets the PIN. */
  async closeSession() {
    this.#keep(undefined);
    await this.#call("session.close", {});
  }
}

/**
 * @param {string} method
 * @param {Record<string, unknown>} params
 */
function notification(method, params) {
  return JSON.stringify({ jsonrpc: "2.0", method, params });
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(text);
}

/** @param {string} key */
function stored(key) {
  try {
    return globalThis.sessionStorage?.getItem(key) ?? undefined;
  } catch {
    return undefined; // storage is switched off for this site
  }
}

/**
 * @param {string} key
 * @param {string | undefined} value
 */
function store(key, value) {
  try {
    if (value === undefined) globalThis.sessionStorage?.removeItem(key);
    else globalThis.sessionStorage?.setItem(key, value);
  } catch {
    // storage is switched off for this site
  }
}
