/**
 * Documents that are too large for one message: announced, sent in binary frames as far as the daemon has granted
 * credit, and then referred to by the id that the daemon has given them.
 */

import { base64, hex } from "./encoding.js";

/** What goes along in the request itself, in bytes over all documents: these the user can look at in the window. */
export const INLINE_BYTES = 16 * 1024 * 1024;

/**
 * @typedef {Uint8Array | Blob} Content a `File` is a `Blob`
 * @typedef {{name: string, sentBytes: number, totalBytes: number}} UploadProgress
 * @typedef {{signal?: AbortSignal | undefined, onSent?: ((sentBytes: number) => void) | undefined}} UploadOptions
 */

/** @param {Content | string} content strings are base64 */
export function sizeOf(content) {
  if (typeof content === "string") return Math.floor((content.length * 3) / 4);
  return content instanceof Blob ? content.size : content.length;
}

/**
 * Which contents do not fit in one message together: the largest, so that the user sees as many as possible.
 * @param {(Content | string)[]} contents
 * @returns {Set<number>} their places
 */
export function tooLarge(contents) {
  let total = contents.reduce((sum, content) => sum + sizeOf(content), 0);
  /** @type {Set<number>} */
  const places = new Set();
  const bySize = [...contents.keys()].sort((a, b) => sizeOf(contents[b] ?? "") - sizeOf(contents[a] ?? ""));
  for (const place of bySize) {
    const content = contents[place] ?? "";
    if (total <= INLINE_BYTES) break;
    if (typeof content === "string") continue;
    total -= sizeOf(content);
    places.add(place);
  }
  return places;
}

/**
 * @param {Content | string} content
 * @returns {Promise<string>} base64
 */
export async function inline(content) {
  return typeof content === "string" ? content : base64(await slice(content, 0, sizeOf(content)));
}

/**
 * Send one document over `line`, after those that are under way there.
 * @param {import("./line.js").Line} line
 * @param {Content} content
 * @param {UploadOptions} [options] an abort makes the daemon forget what has come, and rejects with the signal's
 *   reason
 * @returns {Promise<string>} the upload's id, for `sign.documents` on the same connection
 * @throws {import("./errors.js").CardbridgeError}
 */
export function upload(line, content, options = {}) {
  const mine = line.lastUpload.then(() => send(line, content, options));
  line.lastUpload = mine.then(() => {}, () => {});
  return mine;
}

/**
 * @param {import("./line.js").Line} line
 * @param {Content} content
 * @param {UploadOptions} options
 */
async function send(line, content, { signal, onSent }) {
  signal?.throwIfAborted();
  const sizeBytes = sizeOf(content);
  const digest = await crypto.subtle.digest("SHA-256", await slice(content, 0, sizeBytes));
  signal?.throwIfAborted();
  // No signal here: the answer tells which upload to cancel.
  const announced = { sizeBytes, sha256: hex(new Uint8Array(digest)) };
  const begun = await line.call("upload.begin", announced);
  const credit = new Credit(line, begun, signal);
  try {
    for (let sent = 0; sent < sizeBytes; ) {
      const chunk = await slice(content, sent, Math.min(sent + begun.chunkBytes, sizeBytes));
      await credit.spend(chunk.length);
      line.sendBytes(chunk);
      sent += chunk.length;
      onSent?.(sent);
    }
    await line.call("upload.end", { upload: begun.upload });
    signal?.throwIfAborted();
    return /** @type {string} */ (begun.upload);
  } catch (error) {
    if (line.isOpen) await line.call("upload.cancel", { upload: begun.upload }).catch(() => {});
    throw error;
  } finally {
    credit.close();
  }
}

/** How much the daemon is ready to take of one upload. */
class Credit {
  #left;
  /** @type {((error?: unknown) => void) | undefined} */ #wake;

  /**
   * @param {import("./line.js").Line} line
   * @param {{upload: string, creditBytes: number}} begun
   * @param {AbortSignal | undefined} signal
   */
  constructor(line, { upload, creditBytes }, signal) {
    this.#left = creditBytes;
    this.line = line;
    this.signal = signal;
    this.onAbort = () => this.#wake?.(signal?.reason);
    signal?.addEventListener("abort", this.onAbort, { once: true });
    line.flow = {
      granted: (granted) => {
        if (granted.upload !== upload) return;
        this.#left += granted.creditBytes;
        this.#wake?.();
      },
      ended: (error) => this.#wake?.(error),
    };
  }

  /**
   * Wait until `bytes` may be sent.
   * @param {number} bytes
   */
  async spend(bytes) {
    this.signal?.throwIfAborted();
    while (this.#left < bytes) {
      if (!this.line.isOpen) throw this.line.errorFor("connectionLost");
      await new Promise((resolve, reject) => {
        this.#wake = (error) => (error ? reject(error) : resolve(undefined));
      });
    }
    this.#left -= bytes;
  }

  close() {
    this.line.flow = undefined;
    this.signal?.removeEventListener("abort", this.onAbort);
  }
}

/**
 * @param {Content} content
 * @param {number} start
 * @param {number} end
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function slice(content, start, end) {
  if (content instanceof Blob) return new Uint8Array(await content.slice(start, end).arrayBuffer());
  return /** @type {Uint8Array<ArrayBuffer>} */ (content.subarray(start, end));
}
