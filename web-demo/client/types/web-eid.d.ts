/**
 * Whether the daemon can be reached. `extension` and `nativeApp` are both the daemon's version.
 * @returns {Promise<LibraryStatusResponse>}
 */
export function status(): Promise<LibraryStatusResponse>;
/**
 * The authentication token for the nonce, and for this page's origin.
 * @param {string} challengeNonce 44 to 128 characters of base64
 * @param {ActionOptions} [options]
 * @returns {Promise<LibraryAuthenticateResponse>}
 */
export function authenticate(challengeNonce: string, options?: ActionOptions): Promise<LibraryAuthenticateResponse>;
/**
 * The certificate with which the user will sign.
 * @param {ActionOptions} [options]
 * @returns {Promise<LibraryGetSigningCertificateResponse>}
 */
export function getSigningCertificate(options?: ActionOptions): Promise<LibraryGetSigningCertificateResponse>;
/**
 * Sign a hash with the certificate that `getSigningCertificate` gave. Off by default, and never possible with a
 * card that has one certificate only: README.md.
 * @param {string} certificate base64 DER
 * @param {string} hash base64
 * @param {string} hashFunction e.g. `SHA-256`
 * @param {ActionOptions} [options]
 * @returns {Promise<LibrarySignResponse>}
 */
export function sign(certificate: string, hash: string, hashFunction: string, options?: ActionOptions): Promise<LibrarySignResponse>;
/** The versions that this stands for. */
export const config: Readonly<{
    VERSION: "2.1.0";
    EXTENSION_HANDSHAKE_TIMEOUT: 1000;
    NATIVE_APP_HANDSHAKE_TIMEOUT: 5000;
    DEFAULT_USER_INTERACTION_TIMEOUT: 120000;
    MAX_EXTENSION_LOAD_DELAY: 1000;
}>;
export const Action: Readonly<{
    STATUS: "web-eid:status";
    AUTHENTICATE: "web-eid:authenticate";
    GET_SIGNING_CERTIFICATE: "web-eid:get-signing-certificate";
    SIGN: "web-eid:sign";
}>;
export const ErrorCode: Readonly<{
    ERR_WEBEID_ACTION_TIMEOUT: "ERR_WEBEID_ACTION_TIMEOUT";
    ERR_WEBEID_USER_TIMEOUT: "ERR_WEBEID_USER_TIMEOUT";
    ERR_WEBEID_VERSION_MISMATCH: "ERR_WEBEID_VERSION_MISMATCH";
    ERR_WEBEID_VERSION_INVALID: "ERR_WEBEID_VERSION_INVALID";
    ERR_WEBEID_EXTENSION_UNAVAILABLE: "ERR_WEBEID_EXTENSION_UNAVAILABLE";
    ERR_WEBEID_NATIVE_UNAVAILABLE: "ERR_WEBEID_NATIVE_UNAVAILABLE";
    ERR_WEBEID_UNKNOWN_ERROR: "ERR_WEBEID_UNKNOWN_ERROR";
    ERR_WEBEID_CONTEXT_INSECURE: "ERR_WEBEID_CONTEXT_INSECURE";
    ERR_WEBEID_USER_CANCELLED: "ERR_WEBEID_USER_CANCELLED";
    ERR_WEBEID_NATIVE_INVALID_ARGUMENT: "ERR_WEBEID_NATIVE_INVALID_ARGUMENT";
    ERR_WEBEID_NATIVE_FATAL: "ERR_WEBEID_NATIVE_FATAL";
    ERR_WEBEID_ACTION_PENDING: "ERR_WEBEID_ACTION_PENDING";
    ERR_WEBEID_MISSING_PARAMETER: "ERR_WEBEID_MISSING_PARAMETER";
}>;
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
export const bridge: Cardbridge;
export type ActionOptions = {
    userInteractionTimeout?: number;
    lang?: string;
};
export type SignatureAlgorithm = {
    cryptoAlgorithm: "ECC" | "RSA";
    paddingScheme: "NONE" | "PKCS1.5" | "PSS";
    hashFunction: "SHA-224" | "SHA-256" | "SHA-384" | "SHA-512" | "SHA3-224" | "SHA3-256" | "SHA3-384" | "SHA3-512";
};
export type LibraryStatusResponse = {
    library: string;
    extension: string;
    nativeApp: string;
};
export type LibraryAuthenticateResponse = import("./cardbridge.js").AuthenticationToken;
export type LibraryGetSigningCertificateResponse = {
    certificate: string;
    supportedSignatureAlgorithms: SignatureAlgorithm[];
};
export type LibrarySignResponse = {
    signature: string;
    signatureAlgorithm: SignatureAlgorithm;
};
import { Cardbridge } from "./cardbridge.js";
