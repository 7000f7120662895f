/**
 * The JavaScript client of cardbridge (ICカードブリッジ), wire contract version 1.
 *
 *     import { Cardbridge } from "./cardbridge.js";
 *     const bridge = new Cardbridge({ language: "ja" });
 *     await bridge.connect();
 *     const { token } = await bridge.getToken({ challengeNonce });
 *
 * No dependency. Types: `types/`, made from these comments.
 */

import { Connection } from "./connection.js";
import { hex } from "./encoding.js";
import { inline, sizeOf, tooLarge } from "./upload.js";

export * from "./errors.js";
export { loopbackPermission } from "./diagnosis.js";
export { guidance } from "./guidance.js";

/**
 * @typedef {import("./diagnosis.js").FailureReason} FailureReason
 * @typedef {import("./connection.js").State} State
 * @typedef {import("./connection.js").Options} Options
 * @typedef {import("./line.js").Progress} Progress
 * @typedef {{type: string, pinState: "ok" | "countLow" | "finalTry" | "locked" | "unknown", triesLeft?: number,
 *   protectedAuthenticationPath: boolean}} Card
 * @typedef {{name: string, state: "empty" | "present" | "inUse" | "mute" | "unsupported", card?: Card}} Reader
 * @typedef {{issuers?: string[], thumbprints?: string[], keyUsage?: string[], policies?: string[]}} Filter
 * @typedef {{cryptoAlgorithm: "RSA" | "ECC", hashFunction: string, paddingScheme: string}} SignatureAlgorithm
 * @typedef {{certificate: string, chain: string[], thumbprint: string, subject: Record<string, string>,
 *   issuer: Record<string, string>, serialNumber: string, notBefore: string, notAfter: string,
 *   keyUsage: string[], supportedSignatureAlgorithms: SignatureAlgorithm[]}} Certificate
 * @typedef {"ES256" | "ES384" | "ES512" | "PS256" | "PS384" | "PS512" | "RS256" | "RS384" | "RS512"} TokenAlgorithm
 * @typedef {{unverifiedCertificate: string, algorithm: TokenAlgorithm, signature: string, format: string,
 *   appVersion: string}} AuthenticationToken
 * @typedef {{signal?: AbortSignal | undefined, language?: "ja" | "en" | undefined,
 *   onProgress?: ((progress: Progress) => void) | undefined}} CallOptions an abort withdraws the request and
 *   closes its window; `language` is the window's
 * @typedef {import("./upload.js").Content} Content
 * @typedef {import("./upload.js").UploadProgress} UploadProgress
 * @typedef {CallOptions & {onUpload?: ((progress: UploadProgress) => void) | undefined}} SignOptions `onUpload`
 *   hears how far a large document has been sent
 * @typedef {{name: string, mediaType: string, content: Content | string}} Document strings are base64
 * @typedef {{name: string, mediaType: string, content: string, documentDigest: string}} DocumentSignature
 */

/**
 * One page's connection to the daemon. Every method connects first where needed, and rejects with a
 * `CardbridgeError`, or with the reason of its aborted signal.
 *
 * Events: `statechange` (detail: `State`), `readerschange` (detail: `{readers: Reader[]}`).
 */
export class Cardbridge extends Connection {
  /**
   * What the daemon is and can do.
   * @param {{signal?: AbortSignal | undefined}} [options]
   * @returns {Promise<{name: string, version: string, protocol: number, features: string[], locale: string}>}
   */
  async info(options) {
    return this.request("bridge.info", {}, options);
  }

  /**
   * The readers as they are now.
   * @param {{signal?: AbortSignal | undefined}} [options]
   * @returns {Promise<Reader[]>}
   */
  async listReaders(options) {
    return (await this.request("readers.list", {}, options)).readers;
  }

  /**
   * The readers, and from now on `readerschange` events, also after a reconnection.
   * @param {{signal?: AbortSignal | undefined}} [options]
   * @returns {Promise<Reader[]>}
   */
  async watchReaders(options) {
    return (await this.request("readers.watch", {}, options)).readers;
  }

  /**
   * Let the user give the page a certificate.
   * @param {{purpose: "authentication" | "signature", filter?: Filter}} params
   * @param {CallOptions} [options]
   * @returns {Promise<Certificate>}
   */
  async chooseCertificate(params, options) {
    return this.#withWindow("certificates.choose", params, options);
  }

  /**
   * Let the user prove the PIN, without using a key.
   * @param {{reader?: string, contactField?: "hidden" | "optional"}} [params]
   * @param {CallOptions} [options]
   * @returns {Promise<{verified: true, contact?: string, session?: string}>}
   */
  async verifyPin(params, options) {
    return this.#withWindow("card.verifyPin", params, options);
  }

  /**
   * Let the user change the card's PIN; the old and the new one are typed into the daemon's window.
   * @param {{reader?: string}} [params]
   * @param {CallOptions} [options]
   * @returns {Promise<{changed: true}>}
   */
  async changePin(params, options) {
    return this.#withWindow("card.changePin", params, options);
  }

  /**
   * Let the user unlock a locked PIN with the card's unblocking code, and set a new one.
   * @param {{reader?: string}} [params]
   * @param {CallOptions} [options]
   * @returns {Promise<{changed: true}>}
   */
  async unblockPin(params, options) {
    return this.#withWindow("card.unblockPin", params, options);
  }

  /**
   * A Web eID authentication token for this page's origin.
   * @param {{challengeNonce: string, contactField?: "hidden" | "optional", filter?: Filter}} params
   * @param {CallOptions} [options]
   * @returns {Promise<{token: AuthenticationToken, contact?: string, session?: string}>}
   */
  async getToken(params, options) {
    return this.#withWindow("auth.getToken", params, options);
  }

  /**
   * Sign documents: one signature each, in order, all or nothing.
   *
   * What is too large for one message is uploaded first, the largest documents; that is possible for detached
   * CAdES only, up to 256 MiB a document. The window cannot show those, it names them with size and SHA-256.
   * @param {{documents: Document[], format: "cades" | "xades" | "pades",
   *   packaging?: "detached" | "enveloping" | "enveloped", level?: "B-B" | "B-T", certificate?: string}} params
   * @param {SignOptions} [options]
   * @returns {Promise<{signatures: DocumentSignature[], certificate: Certificate}>}
   */
  async signDocuments(params, { onUpload, ...options } = {}) {
    const { format, packaging = "detached" } = params;
    const mayUpload = format === "cades" && packaging === "detached";
    const large = mayUpload ? tooLarge(params.documents.map(({ content }) => content)) : new Set();
    const documents = [];
    /** @type {string[]} */
    const uploads = [];
    try {
      for (const [place, { name, mediaType, content }] of params.documents.entries()) {
        if (typeof content === "string" || !large.has(place)) {
          documents.push({ name, mediaType, content: await inline(content) });
          continue;
        }
        const totalBytes = sizeOf(content);
        /** @param {number} sentBytes */
        const onSent = (sentBytes) => onUpload?.({ name, sentBytes, totalBytes });
        const upload = await this.upload(content, { signal: options.signal, onSent });
        uploads.push(upload);
        documents.push({ name, mediaType, upload });
      }
      return await this.#withWindow("sign.documents", { ...params, documents }, options);
    } catch (error) {
      this.#forget(uploads);
      throw error;
    }
  }

  /**
   * The uploads of a request that has failed.
   * @param {string[]} uploads
   */
  #forget(uploads) {
    if (this.state.name !== "connected") return;
    for (const upload of uploads) this.request("upload.cancel", { upload }).catch(() => {});
  }

  /**
   * Sign a hash, for servers that build the signature themselves. Off unless the daemon's configuration allows
   * it to this site, and never with a certificate that `getToken` would use.
   * @param {{certificate: string, hash: Uint8Array, hashFunction: string}} params `certificate` in base64 DER
   * @param {CallOptions} [options]
   * @returns {Promise<{signature: string, signatureAlgorithm: SignatureAlgorithm}>}
   */
  async signHash(params, options) {
    return this.#withWindow("sign.hash", { ...params, hash: hex(params.hash) }, options);
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} [params]
   * @param {CallOptions} [options]
   */
  async #withWindow(method, params = {}, { language = this.language, ...options } = {}) {
    return this.request(method, { ...params, language }, options);
  }
}
