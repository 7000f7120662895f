/**
 * One page's connection to the daemon: found, kept, found again; the card session that it carries on.
 */

import { loopbackPermission } from "./diagnosis.js";
import { connectionError } from "./errors.js";
import { guidance } from "./guidance.js";
import { Line } from "./line.js";
import { findDaemon } from "./search.js";
import { store, stored } from "./storage.js";
import { upload } from "./upload.js";

const PORT_KEY = "cardbridge.port";
const SESSION_KEY = "cardbridge.session";

const RECONNECT_MS = [500, 1000, 2000, 5000, 10_000, 30_000];
/** A daemon that was restarted is where it was; only later all ports are tried, for browsers throttle. */
const SAME_PORT_TRIES = 3;
/** A connection that held for this long begins its back-off anew. */
const STEADY_MS = 10_000;
const RESUME_WITHIN_MS = 5000;

/**
 * Failures of a quiet attempt that leave hope for the next.
 * @type {FailureReason[]}
 */
const PASSING = ["notRunning", "notResponding", "connectionLost"];

/**
 * @typedef {import("./diagnosis.js").FailureReason} FailureReason
 * @typedef {"idle" | "connecting" | "waitingForPermission" | "connected" | "failed" | "closed"} StateName
 * @typedef {{name: StateName, reason?: FailureReason, message: string}} State
 * @typedef {{ports?: number[], hosts?: string[], language?: "ja" | "en", keepSession?: boolean}} Options
 * @typedef {{signal?: AbortSignal | undefined,
 *   onProgress?: ((progress: import("./line.js").Progress) => void) | undefined}} RequestOptions
 * @typedef {{isQuiet: boolean, callers: number, controller: AbortController, done: Promise<void>}} Attempt
 */

/**
 * Events: `statechange` (detail: `State`), `readerschange` (detail: `{readers: Reader[]}`).
 */
export class Connection extends EventTarget {
  /** @type {State} */ #state = { name: "idle", message: "" };
  /** @type {Line | undefined} */ #line;
  /** @type {Attempt | undefined} */ #attempt;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #reconnect;
  /** @type {AbortController | undefined} */ #pageEvents;
  /** The permission with which the last connection came about. @type {string | undefined} */ #permission;
  /** Where the daemon was last. @type {string | undefined} */ #port;
  #tries = 0;
  #connectedAt = 0;
  #watches = false;
  #wasHidden = false;

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
  }

  /** Where the connection stands; `message` is a sentence for the user. */
  get state() {
    return this.#state;
  }

  /**
   * Find the daemon and connect. Returns when it has greeted; at once where it is connected already.
   * @param {{signal?: AbortSignal | undefined}} [options] an abort withdraws this call; the attempt ends with
   *   the last call that waits for it
   * @returns {Promise<void>}
   * @throws {import("./errors.js").ConnectionError} its class and `reason` say why
   */
  async connect({ signal } = {}) {
    signal?.throwIfAborted();
    if (this.#line?.isOpen) return;
    const attempt = this.#attempt && !this.#attempt.isQuiet ? this.#attempt : this.#begin(false);
    attempt.callers++;
    try {
      await unlessAborted(attempt.done, signal);
    } finally {
      attempt.callers--;
      if (attempt.callers === 0 && this.#attempt === attempt) this.close();
    }
  }

  /** End the connection; requests under way are cancelled and their windows close. */
  close() {
    this.#stop();
    this.#leavePage();
    this.#setState("closed");
  }

  /**
   * Send any request of the contract, connected first where needed.
   * @param {string} method
   * @param {Record<string, unknown>} [params] members that are undefined are left out
   * @param {RequestOptions} [options] an abort withdraws the request and closes its window
   * @returns {Promise<any>}
   * @throws {import("./errors.js").CardbridgeError}
   */
  async request(method, params = {}, { signal, onProgress } = {}) {
    if (method === "readers.watch") this.#watches = true;
    await this.connect({ signal });
    if (!this.#line) throw connectionError("connectionLost", this.language);
    const result = await this.#line.call(method, params, { signal, onProgress });
    if (typeof result?.session === "string") this.#keep(result.session);
    return result;
  }

  /**
   * Send a document that is too large for one message, connected first where needed. `signDocuments` does it by
   * itself.
   * @param {import("./upload.js").Content} content
   * @param {import("./upload.js").UploadOptions} [options]
   * @returns {Promise<string>} the upload's id, for `sign.documents` on this connection; it ends with it
   * @throws {import("./errors.js").CardbridgeError}
   */
  async upload(content, options = {}) {
    await this.connect(options);
    if (!this.#line) throw connectionError("connectionLost", this.language);
    return upload(this.#line, content, options);
  }

  /**
   * Take over the card session of an earlier page; it works once and within 15 seconds.
   * @param {string} session
   */
  async resumeSession(session) {
    await this.request("session.resume", { session });
    this.#keep(undefined);
  }

  /** End this page's card session: the card forgets the PIN. */
  async closeSession() {
    this.#keep(undefined);
    if (this.#line?.isOpen) await this.request("session.close");
  }

  /** @param {boolean} isQuiet without a change of state until it succeeds or hope ends */
  #begin(isQuiet) {
    this.#stop();
    this.#listenToPage();
    /** @type {Attempt} */
    const attempt = { isQuiet, callers: 0, controller: new AbortController(), done: Promise.resolve() };
    this.#attempt = attempt;
    attempt.done = Promise.resolve()
      .then(() => this.#try(attempt))
      .finally(() => this.#attempt === attempt && (this.#attempt = undefined));
    attempt.done.catch(() => {}); // whoever waits for it hears of it
    return attempt;
  }

  /** @param {Attempt} attempt */
  async #try({ isQuiet, controller: { signal } }) {
    signal.throwIfAborted();
    if (isQuiet) await this.#checkPermission(signal);
    else this.#setState("connecting");
    const urls = this.#urls(isQuiet && this.#tries <= SAME_PORT_TRIES);
    /** @param {boolean} isAsking */
    const onAsking = (isAsking) => !isQuiet && this.#setState(isAsking ? "waitingForPermission" : "connecting");
    const found = await findDaemon(urls, { signal, onAsking });
    if (typeof found === "string") throw this.#failed(found, isQuiet);
    const line = this.#lineOver(found.socket);
    signal.addEventListener("abort", () => line.end(), { once: true });
    try {
      const isAlive = await this.#resume(line);
      this.#permission = await loopbackPermission();
      signal.throwIfAborted();
      if (!isAlive) throw this.#failed("notResponding", isQuiet);
      if (!line.isOpen) throw this.#failed("connectionLost", isQuiet);
    } catch (error) {
      line.end();
      throw error;
    }
    this.#accept(line, found.hello);
  }

  /**
   * Nobody has pressed a button: the browser must not ask now.
   * @param {AbortSignal} signal
   */
  async #checkPermission(signal) {
    const permission = await loopbackPermission();
    signal.throwIfAborted();
    if (permission === this.#permission) return;
    throw this.#failed(permission === "denied" ? "permissionDenied" : "permissionDismissed", true);
  }

  /** @param {boolean} isSamePort */
  #urls(isSamePort) {
    const last = Number(stored(PORT_KEY) ?? this.#port);
    const others = this.ports.filter((port) => port !== last);
    const ports = !this.ports.includes(last) ? this.ports : isSamePort ? [last] : [last, ...others];
    return this.hosts.flatMap((host) => ports.map((port) => `ws://${host}:${port}/v1`));
  }

  /** @param {WebSocket} socket */
  #lineOver(socket) {
    /** @type {Line} */
    const line = new Line(socket, {
      onNotification: (method, params) => method === "readers.changed" && this.#readersChanged(params.readers),
      onEnd: (reason) => this.#lost(line, reason),
      errorFor: (reason) => connectionError(reason, this.language),
    });
    return line;
  }

  /**
   * Carry on the card session of the page before, or of the connection before; where it has ended, without it.
   * @param {Line} line
   * @returns {Promise<boolean>} false: the daemon does not answer
   */
  async #resume(line) {
    const session = (this.keepSession && stored(SESSION_KEY)) || this.session;
    if (!session) return true;
    this.#keep(undefined);
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), RESUME_WITHIN_MS);
    await line.call("session.resume", { session }, { signal: patience.signal }).catch(() => {});
    clearTimeout(timer);
    return !patience.signal.aborted;
  }

  /**
   * @param {Line} line
   * @param {import("./socket.js").Hello} hello
   */
  #accept(line, hello) {
    this.hello = hello;
    this.#line = line;
    this.#connectedAt = performance.now();
    this.#port = new URL(line.socket.url).port;
    store(PORT_KEY, this.#port);
    this.#setState("connected");
    if (this.#watches) line.call("readers.watch", {}).then(({ readers }) => this.#readersChanged(readers), () => {});
  }

  /**
   * @param {Line} line
   * @param {FailureReason} reason
   */
  #lost(line, reason) {
    if (this.#line !== line) return;
    this.#line = undefined;
    if (performance.now() - this.#connectedAt >= STEADY_MS) this.#tries = 0;
    this.#failed(reason === "messageTooBig" ? "connectionLost" : reason, true);
  }

  /**
   * @param {FailureReason} reason
   * @param {boolean} goesOn try again by itself, where that can help
   */
  #failed(reason, goesOn) {
    if (goesOn && PASSING.includes(reason)) {
      // The first news stands until there is other.
      if (this.#state.name !== "failed") this.#setState("failed", reason);
      this.#reconnectLater();
    } else {
      this.#leavePage();
      this.#setState("failed", reason);
    }
    return connectionError(reason, this.language);
  }

  #reconnectLater() {
    const delay = RECONNECT_MS[Math.min(this.#tries++, RECONNECT_MS.length - 1)];
    this.#reconnect = setTimeout(() => this.#begin(true), delay);
  }

  #stop() {
    clearTimeout(this.#reconnect);
    this.#reconnect = undefined;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.controller.abort(connectionError("connectionLost", this.language));
    const line = this.#line;
    this.#line = undefined;
    line?.end();
  }

  #listenToPage() {
    if (this.#pageEvents) return;
    this.#pageEvents = new AbortController();
    const { signal } = this.#pageEvents;
    globalThis.addEventListener?.("pagehide", () => this.#hide(), { signal });
    globalThis.addEventListener?.("pageshow", () => this.#show(), { signal });
  }

  #leavePage() {
    this.#pageEvents?.abort();
    this.#pageEvents = undefined;
    this.#wasHidden = false;
  }

  /** An open socket would keep the page out of the browser's back/forward cache. */
  #hide() {
    // Who has not been connected yet is told by the rejection, and asks again.
    this.#wasHidden = this.#line !== undefined || this.#state.name === "failed";
    this.#stop();
    this.#setState("closed");
  }

  #show() {
    if (!this.#wasHidden) return;
    this.#wasHidden = false;
    this.#begin(true);
  }

  /**
   * @param {StateName} name
   * @param {FailureReason} [reason]
   */
  #setState(name, reason) {
    if (this.#state.name === name && this.#state.reason === reason) return;
    const message = guidance(reason ?? name, this.language);
    this.#state = reason ? { name, reason, message } : { name, message };
    this.dispatchEvent(new CustomEvent("statechange", { detail: this.#state }));
  }

  /** @param {import("./cardbridge.js").Reader[]} readers */
  #readersChanged(readers) {
    this.dispatchEvent(new CustomEvent("readerschange", { detail: { readers } }));
  }

  /** @param {string | undefined} session */
  #keep(session) {
    this.session = session;
    if (this.keepSession) store(SESSION_KEY, session);
  }
}

/**
 * @param {Promise<void>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>} rejects with the signal's reason when it is aborted first
 */
function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
