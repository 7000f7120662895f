/**
 * Stands in for web-eid.js (2.x, `@web-eid/web-eid-library`): a portal built for Web eID changes one import.
 *
 *     import * as webeid from "/client/web-eid.js";
 *     const token = await webeid.authenticate(challengeNonce, { lang: "ja" });
 *
 * Same functions, results and error codes; the token is the same and any Web eID server library accepts it.
 * README.md says what differs.
 */

import { Cardbridge, CardbridgeError } from "./cardbridge.js";
import { fromBase64 } from "./encoding.js";

/** The versions that this stands for. */
export const config = Object.freeze({
  VERSION: "2.1.0",
  EXTENSION_HANDSHAKE_TIMEOUT: 1000,
  NATIVE_APP_HANDSHAKE_TIMEOUT: 5000,
  DEFAULT_USER_INTERACTION_TIMEOUT: 120_000,
  MAX_EXTENSION_LOAD_DELAY: 1000,
});

export const Action = Object.freeze({
  STATUS: "web-eid:status",
  AUTHENTICATE: "web-eid:authenticate",
  GET_SIGNING_CERTIFICATE: "web-eid:get-signing-certificate",
  SIGN: "web-eid:sign",
});

export const ErrorCode = Object.freeze({
  ERR_WEBEID_ACTION_TIMEOUT: "ERR_WEBEID_ACTION_TIMEOUT",
  ERR_WEBEID_USER_TIMEOUT: "ERR_WEBEID_USER_TIMEOUT",
  ERR_WEBEID_VERSION_MISMATCH: "ERR_WEBEID_VERSION_MISMATCH",
  ERR_WEBEID_VERSION_INVALID: "ERR_WEBEID_VERSION_INVALID",
  ERR_WEBEID_EXTENSION_UNAVAILABLE: "ERR_WEBEID_EXTENSION_UNAVAILABLE",
  ERR_WEBEID_NATIVE_UNAVAILABLE: "ERR_WEBEID_NATIVE_UNAVAILABLE",
  ERR_WEBEID_UNKNOWN_ERROR: "ERR_WEBEID_UNKNOWN_ERROR",
  ERR_WEBEID_CONTEXT_INSECURE: "ERR_WEBEID_CONTEXT_INSECURE",
  ERR_WEBEID_USER_CANCELLED: "ERR_WEBEID_USER_CANCELLED",
  ERR_WEBEID_NATIVE_INVALID_ARGUMENT: "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
  ERR_WEBEID_NATIVE_FATAL: "ERR_WEBEID_NATIVE_FATAL",
  ERR_WEBEID_ACTION_PENDING: "ERR_WEBEID_ACTION_PENDING",
  ERR_WEBEID_MISSING_PARAMETER: "ERR_WEBEID_MISSING_PARAMETER",
});

/**
 * What each of cardbridge's reasons is called in Web eID; whatever is not here is ERR_WEBEID_NATIVE_FATAL.
 * @type {Record<string, keyof typeof ErrorCode>}
 */
const CODES = {
  // The browser's side, where Web eID has its extension.
  permissionDenied: "ERR_WEBEID_EXTENSION_UNAVAILABLE",
  permissionDismissed: "ERR_WEBEID_EXTENSION_UNAVAILABLE",
  portalMisconfigured: "ERR_WEBEID_EXTENSION_UNAVAILABLE",
  // The program's.
  notRunning: "ERR_WEBEID_NATIVE_UNAVAILABLE",
  notResponding: "ERR_WEBEID_NATIVE_UNAVAILABLE",
  siteNotPermitted: "ERR_WEBEID_NATIVE_UNAVAILABLE",
  tooOld: "ERR_WEBEID_VERSION_MISMATCH",
  pageNotSecure: "ERR_WEBEID_CONTEXT_INSECURE",
  // Web eID's window stays open for these; the person closed it in the end.
  userCancelled: "ERR_WEBEID_USER_CANCELLED",
  pinIncorrect: "ERR_WEBEID_USER_CANCELLED",
  noCard: "ERR_WEBEID_USER_CANCELLED",
  userTimeout: "ERR_WEBEID_USER_TIMEOUT",
  busy: "ERR_WEBEID_ACTION_PENDING",
  invalidParams: "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
  certificateMismatch: "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
  unsupportedAlgorithm: "ERR_WEBEID_NATIVE_INVALID_ARGUMENT",
  parseError: "ERR_WEBEID_UNKNOWN_ERROR",
  invalidRequest: "ERR_WEBEID_UNKNOWN_ERROR",
  methodNotFound: "ERR_WEBEID_UNKNOWN_ERROR",
  internalError: "ERR_WEBEID_UNKNOWN_ERROR",
};

/** Reasons for which `sign` may never work: the site is not allowed it, or the card has only one certificate. */
const NO_HASH_SIGNING = ["originNotPermitted", "methodNotFound", "noCertificate"];
const NO_HASH_SIGNING_MESSAGE =
  "cardbridge signs hashes only for sites whose entry says allow_hash_signing = true (off by default), and never " +
  "with a certificate for authentication, hence never with a card that holds one certificate only. " +
  "Cardbridge.signDocuments signs the documents themselves and needs no such permission.";
const NO_HASH_SIGNING_SENTENCE = {
  ja: "このサイトの署名の方式は、ICカードブリッジの設定で許可されていないか、このICカードでは使えません（電子証明書が1枚だけのICカードでは使えません）。サイトの問い合わせ窓口へご連絡ください。",
  en: "This site's way of signing is not allowed in the settings of IC Card Bridge, or cannot be used with this card (a card with one certificate only cannot be used). Contact the site's help desk.",
};

/**
 * @typedef {{userInteractionTimeout?: number, lang?: string}} ActionOptions
 * @typedef {{cryptoAlgorithm: "ECC" | "RSA", paddingScheme: "NONE" | "PKCS1.5" | "PSS",
 *   hashFunction: "SHA-224" | "SHA-256" | "SHA-384" | "SHA-512" | "SHA3-224" | "SHA3-256" | "SHA3-384" | "SHA3-512"
 *   }} SignatureAlgorithm
 * @typedef {{library: string, extension: string, nativeApp: string}} LibraryStatusResponse
 * @typedef {import("./cardbridge.js").AuthenticationToken} LibraryAuthenticateResponse
 * @typedef {{certificate: string, supportedSignatureAlgorithms: SignatureAlgorithm[]
 *   }} LibraryGetSigningCertificateResponse
 * @typedef {{signature: string, signatureAlgorithm: SignatureAlgorithm}} LibrarySignResponse
 */

/** The connection below: set its `ports`, follow its `statechange`, or call what Web eID does not offer. */
export const bridge = new Cardbridge();

/** The actions under way. @type {Set<string>} */
const pending = new Set();

/**
 * An error as web-eid.js throws it. `cause` is cardbridge's own error where there is one, `reason` its reason,
 * and `userMessage` a sentence for the user.
 */
class WebEidError extends Error {
  /**
   * @param {keyof typeof ErrorCode} code
   * @param {string} message
   * @param {{cause?: unknown, reason?: string, userMessage?: string}} [further]
   */
  constructor(code, message, { cause, reason, userMessage } = {}) {
    super(message, { cause });
    this.code = code;
    this.name = nameOf(code);
    this.reason = reason;
    this.userMessage = userMessage;
  }
}

/**
 * Whether the daemon can be reached. `extension` and `nativeApp` are both the daemon's version.
 * @returns {Promise<LibraryStatusResponse>}
 */
export async function status() {
  try {
    return await perform(Action.STATUS, async () => {
      await bridge.connect();
      const version = /^\d+\.\d+\.\d+/.exec(bridge.hello?.version ?? "")?.[0] ?? "0.0.0";
      return { library: config.VERSION, extension: version, nativeApp: version };
    });
  } catch (error) {
    throw Object.assign(/** @type {Error} */ (error), { library: config.VERSION });
  }
}

/**
 * The authentication token for the nonce, and for this page's origin.
 * @param {string} challengeNonce 44 to 128 characters of base64
 * @param {ActionOptions} [options]
 * @returns {Promise<LibraryAuthenticateResponse>}
 */
export async function authenticate(challengeNonce, options) {
  demand("authenticate", { challengeNonce });
  return perform(Action.AUTHENTICATE, async () => {
    const { token } = await withUser(options, 1, (call) => bridge.getToken({ challengeNonce }, call));
    const { unverifiedCertificate, algorithm, signature, format, appVersion } = token;
    return { unverifiedCertificate, algorithm, signature, format, appVersion };
  });
}

/**
 * The certificate with which the user will sign.
 * @param {ActionOptions} [options]
 * @returns {Promise<LibraryGetSigningCertificateResponse>}
 */
export async function getSigningCertificate(options) {
  return perform(Action.GET_SIGNING_CERTIFICATE, async () => {
    const chosen = await withUser(options, 2, (call) => bridge.chooseCertificate({ purpose: "signature" }, call));
    const { certificate, supportedSignatureAlgorithms } = chosen;
    return {
      certificate,
      supportedSignatureAlgorithms: /** @type {SignatureAlgorithm[]} */ (supportedSignatureAlgorithms),
    };
  });
}

/**
 * Sign a hash with the certificate that `getSigningCertificate` gave. Off by default, and never possible with a
 * card that has one certificate only: README.md.
 * @param {string} certificate base64 DER
 * @param {string} hash base64
 * @param {string} hashFunction e.g. `SHA-256`
 * @param {ActionOptions} [options]
 * @returns {Promise<LibrarySignResponse>}
 */
export async function sign(certificate, hash, hashFunction, options) {
  demand("sign", { certificate, hash, hashFunction });
  return perform(Action.SIGN, async () => {
    const params = { certificate, hash: bytesOf(hash), hashFunction };
    const { signature, signatureAlgorithm } = await withUser(options, 2, (call) => bridge.signHash(params, call));
    return { signature, signatureAlgorithm: /** @type {SignatureAlgorithm} */ (signatureAlgorithm) };
  });
}

/**
 * @param {string} name
 * @param {Record<string, string>} parameters
 */
function demand(name, parameters) {
  const missing = Object.keys(parameters).find((parameter) => !parameters[parameter]);
  if (missing) throw new WebEidError("ERR_WEBEID_MISSING_PARAMETER", `${name} requires the parameter ${missing}`);
}

/**
 * @template T
 * @param {string} action
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function perform(action, work) {
  if (pending.has(action)) throw new WebEidError("ERR_WEBEID_ACTION_PENDING", `${action} is under way already`);
  if (globalThis.isSecureContext === false) {
    throw new WebEidError("ERR_WEBEID_CONTEXT_INSECURE", "the page must come over https");
  }
  pending.add(action);
  try {
    return await work();
  } catch (error) {
    throw translated(error, action);
  } finally {
    pending.delete(action);
  }
}

/**
 * @template T
 * @param {ActionOptions | undefined} options
 * @param {number} interactions how often the user is given the time
 * @param {(options: import("./cardbridge.js").CallOptions) => Promise<T>} request
 * @returns {Promise<T>}
 */
async function withUser(options, interactions, request) {
  const { userInteractionTimeout = config.DEFAULT_USER_INTERACTION_TIMEOUT, lang } = options ?? {};
  const language = lang === undefined ? bridge.language : /^ja\b/i.test(lang) ? "ja" : "en";
  await bridge.connect();
  const abort = new AbortController();
  const late = new WebEidError("ERR_WEBEID_USER_TIMEOUT", "the user did not answer in time", { reason: "userTimeout" });
  const timer = setTimeout(() => abort.abort(late), userInteractionTimeout * interactions);
  try {
    return await request({ signal: abort.signal, language });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} hash */
function bytesOf(hash) {
  try {
    return fromBase64(hash);
  } catch (cause) {
    throw new WebEidError("ERR_WEBEID_NATIVE_INVALID_ARGUMENT", "hash is not base64", { cause });
  }
}

/**
 * @param {unknown} error
 * @param {string} action
 */
function translated(error, action) {
  if (error instanceof WebEidError) return error;
  if (!(error instanceof CardbridgeError)) {
    return new WebEidError("ERR_WEBEID_UNKNOWN_ERROR", String(error), { cause: error });
  }
  const { reason, message, userMessage } = error;
  if (action === Action.SIGN && NO_HASH_SIGNING.includes(reason)) {
    const sentence = NO_HASH_SIGNING_SENTENCE[bridge.language];
    return new WebEidError("ERR_WEBEID_NATIVE_FATAL", NO_HASH_SIGNING_MESSAGE, { cause: error, reason, userMessage: sentence });
  }
  const code = (Object.hasOwn(CODES, reason) && CODES[reason]) || "ERR_WEBEID_NATIVE_FATAL";
  const made = new WebEidError(code, message, { cause: error, reason, userMessage });
  const requiresUpdate = { extension: false, nativeApp: true };
  return code === "ERR_WEBEID_VERSION_MISMATCH" ? Object.assign(made, { requiresUpdate }) : made;
}

/**
 * The class's name in web-eid.js: ERR_WEBEID_USER_CANCELLED → UserCancelledError.
 * @param {string} code
 */
function nameOf(code) {
  const words = code.split("_").slice(2).filter((word) => word !== "ERROR");
  return words.map((word) => word.charAt(0) + word.slice(1).toLowerCase()).join("") + "Error";
}
