/**
 * JSON-RPC 2.0 over one open socket: requests, their answers and progress, and whether the daemon still lives.
 */

import { errorFromResponse } from "./errors.js";
import { CLOSE_SITE_NOT_PERMITTED } from "./socket.js";

const CLOSE_TOO_BIG = 1009;

// A page cannot send pings. While an answer is due, the daemon is asked for something that it answers at once.
const PROBE_EVERY_MS = 10_000;
const PROBES_UNANSWERED = 2;

/** An aborted request ends with the daemon's answer to `$/cancel`, or without it after this. */
const CANCEL_WITHIN_MS = 1000;

/**
 * @typedef {import("./diagnosis.js").FailureReason} FailureReason
 * @typedef {{id: string | number, state: "waitingForReader" | "waitingForCard" | "waitingForUser" | "signing",
 *   done?: number, total?: number, reader?: string}} Progress
 * @typedef {{granted: (credit: {upload: string, creditBytes: number}) => void, ended: (error: Error) => void}} Flow
 * @typedef {{settle: (answer: {result?: any, error?: unknown}) => void,
 *   onProgress: ((progress: Progress) => void) | undefined}} Waiting
 */

export class Line {
  /** @type {Map<string, Waiting>} */ #waiting = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */ #probing;
  #unanswered = 0;
  #nextId = 1;
  /** Hears of credit for the upload that is under way, and of the end. @type {Flow | undefined} */
  flow;
  /** One upload at a time: the last one that was asked for. @type {Promise<void>} */
  lastUpload = Promise.resolve();

  /**
   * @param {WebSocket} socket open, and greeted
   * @param {{onNotification: (method: string, params: any) => void, onEnd: (reason: FailureReason) => void,
   *   errorFor: (reason: FailureReason) => Error}} told `onEnd`: the line has ended, and not by `end()`
   */
  constructor(socket, { onNotification, onEnd, errorFor }) {
    this.socket = socket;
    this.onNotification = onNotification;
    this.onEnd = onEnd;
    this.errorFor = errorFor;
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code }) => this.#ended(reasonOfClose(code));
  }

  get isOpen() {
    return this.socket.readyState === 1;
  }

  /**
   * Send a request. An abort withdraws it, and rejects with the signal's reason.
   * @param {string} method
   * @param {Record<string, unknown>} params members that are undefined are left out
   * @param {{signal?: AbortSignal | undefined, onProgress?: ((progress: Progress) => void) | undefined}} [options]
   * @returns {Promise<any>}
   * @throws {import("./errors.js").CardbridgeError} as the daemon answered, or what `errorFor` makes of the end
   */
  call(method, params, { signal, onProgress } = {}) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (!this.isOpen) return Promise.reject(this.errorFor("connectionLost"));
    const id = `c${this.#nextId++}`;
    const frame = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let overdue;
      const cancel = () => {
        this.#send({ jsonrpc: "2.0", method: "$/cancel", params: { id } });
        overdue = setTimeout(() => settle({}), CANCEL_WITHIN_MS);
      };
      /** @type {Waiting["settle"]} */
      const settle = ({ result, error }) => {
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#stopProbing();
        clearTimeout(overdue);
        signal?.removeEventListener("abort", cancel);
        if (signal?.aborted) reject(signal.reason);
        else if (error) reject(error);
        else resolve(result);
      };
      this.#waiting.set(id, { settle, onProgress });
      signal?.addEventListener("abort", cancel, { once: true });
      this.socket.send(frame);
      this.#probing ??= setInterval(() => this.#probe(), PROBE_EVERY_MS);
    });
  }

  /**
   * Send one binary frame of an upload.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @throws {import("./errors.js").ConnectionError} the line has ended
   */
  sendBytes(bytes) {
    if (!this.isOpen) throw this.errorFor("connectionLost");
    this.socket.send(bytes);
  }

  /**
   * Close the socket; requests under way are rejected with `errorFor(reason)`, and the daemon closes their windows.
   * @param {FailureReason} [reason]
   */
  end(reason = "connectionLost") {
    this.#stopProbing();
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    for (const { settle } of [...this.#waiting.values()]) settle({ error: this.errorFor(reason) });
    this.flow?.ended(this.errorFor(reason));
  }

  /** @param {FailureReason} reason */
  #ended(reason) {
    this.end(reason);
    this.onEnd(reason);
  }

  /** @param {unknown} data */
  #received(data) {
    this.#unanswered = 0;
    const message = parsed(data);
    // Whoever sends this is not the daemon, or is out of its mind.
    if (!message) return this.#ended("notResponding");
    if (message.method === "$/progress") this.#waiting.get(message.params?.id)?.onProgress?.(message.params);
    else if (message.method === "upload.credit") this.flow?.granted(message.params);
    else if (typeof message.method === "string") this.onNotification(message.method, message.params ?? {});
    else this.#waiting.get(message.id)?.settle(answer(message));
  }

  #probe() {
    if (this.#unanswered >= PROBES_UNANSWERED) return this.#ended("notResponding");
    this.#unanswered++;
    this.#send({ jsonrpc: "2.0", id: `p${this.#nextId++}`, method: "bridge.info", params: {} });
  }

  #stopProbing() {
    clearInterval(this.#probing);
    this.#probing = undefined;
    this.#unanswered = 0;
  }

  /** @param {object} message */
  #send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }
}

/**
 * @param {unknown} data a text frame
 * @returns {any} the object in it; undefined where it holds none
 */
function parsed(data) {
  try {
    const message = JSON.parse(/** @type {string} */ (data));
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/** @param {{result?: any, error?: any}} message */
function answer({ result, error }) {
  return error ? { error: errorFromResponse(error) } : { result };
}

/**
 * @param {number} code
 * @returns {FailureReason}
 */
function reasonOfClose(code) {
  if (code === CLOSE_SITE_NOT_PERMITTED) return "siteNotPermitted";
  return code === CLOSE_TOO_BIG ? "messageTooBig" : "connectionLost";
}
