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
    info(options?: {
        signal?: AbortSignal | undefined;
    }): Promise<{
        name: string;
        version: string;
        protocol: number;
        features: string[];
        locale: string;
    }>;
    /**
     * The readers as they are now.
     * @param {{signal?: AbortSignal | undefined}} [options]
     * @returns {Promise<Reader[]>}
     */
    listReaders(options?: {
        signal?: AbortSignal | undefined;
    }): Promise<Reader[]>;
    /**
     * The readers, and from now on `readerschange` events, also after a reconnection.
     * @param {{signal?: AbortSignal | undefined}} [options]
     * @returns {Promise<Reader[]>}
     */
    watchReaders(options?: {
        signal?: AbortSignal | undefined;
    }): Promise<Reader[]>;
    /**
     * Let the user give the page a certificate.
     * @param {{purpose: "authentication" | "signature", filter?: Filter}} params
     * @param {CallOptions} [options]
     * @returns {Promise<Certificate>}
     */
    chooseCertificate(params: {
        purpose: "authentication" | "signature";
        filter?: Filter;
    }, options?: CallOptions): Promise<Certificate>;
    /**
     * Let the user prove the PIN, without using a key.
     * @param {{reader?: string, contactField?: "hidden" | "optional"}} [params]
     * @param {CallOptions} [options]
     * @returns {Promise<{verified: true, contact?: string, session?: string}>}
     */
    verifyPin(params?: {
        reader?: string;
        contactField?: "hidden" | "optional";
    }, options?: CallOptions): Promise<{
        verified: true;
        contact?: string;
        session?: string;
    }>;
    /**
     * Let the user change the card's PIN; the old and the new one are typed into the daemon's window.
     * @param {{reader?: string}} [params]
     * @param {CallOptions} [options]
     * @returns {Promise<{changed: true}>}
     */
    changePin(params?: {
        reader?: string;
    }, options?: CallOptions): Promise<{
        changed: true;
    }>;
    /**
     * Let the user unlock a locked PIN with the card's unblocking code, and set a new one.
     * @param {{reader?: string}} [params]
     * @param {CallOptions} [options]
     * @returns {Promise<{changed: true}>}
     */
    unblockPin(params?: {
        reader?: string;
    }, options?: CallOptions): Promise<{
        changed: true;
    }>;
    /**
     * A Web eID authentication token for this page's origin.
     * @param {{challengeNonce: string, contactField?: "hidden" | "optional", filter?: Filter}} params
     * @param {CallOptions} [options]
     * @returns {Promise<{token: AuthenticationToken, contact?: string, session?: string}>}
     */
    getToken(params: {
        challengeNonce: string;
        contactField?: "hidden" | "optional";
        filter?: Filter;
    }, options?: CallOptions): Promise<{
        token: AuthenticationToken;
        contact?: string;
        session?: string;
    }>;
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
    signDocuments(params: {
        documents: Document[];
        format: "cades" | "xades" | "pades";
        packaging?: "detached" | "enveloping" | "enveloped";
        level?: "B-B" | "B-T";
        certificate?: string;
    }, { onUpload, ...options }?: SignOptions): Promise<{
        signatures: DocumentSignature[];
        certificate: Certificate;
    }>;
    /**
     * Sign a hash, for servers that build the signature themselves. Off unless the daemon's configuration allows
     * it to this site, and never with a certificate that `getToken` would use.
     * @param {{certificate: string, hash: Uint8Array, hashFunction: string}} params `certificate` in base64 DER
     * @param {CallOptions} [options]
     * @returns {Promise<{signature: string, signatureAlgorithm: SignatureAlgorithm}>}
     */
    signHash(params: {
        certificate: string;
        hash: Uint8Array;
        hashFunction: string;
    }, options?: CallOptions): Promise<{
        signature: string;
        signatureAlgorithm: SignatureAlgorithm;
    }>;
    #private;
}
export type FailureReason = import("./diagnosis.js").FailureReason;
export type State = import("./connection.js").State;
export type Options = import("./connection.js").Options;
export type Progress = import("./line.js").Progress;
export type Card = {
    type: string;
    pinState: "ok" | "countLow" | "finalTry" | "locked" | "unknown";
    triesLeft?: number;
    protectedAuthenticationPath: boolean;
};
export type Reader = {
    name: string;
    state: "empty" | "present" | "inUse" | "mute" | "unsupported";
    card?: Card;
};
export type Filter = {
    issuers?: string[];
    thumbprints?: string[];
    keyUsage?: string[];
    policies?: string[];
};
export type SignatureAlgorithm = {
    cryptoAlgorithm: "RSA" | "ECC";
    hashFunction: string;
    paddingScheme: string;
};
export type Certificate = {
    certificate: string;
    chain: string[];
    thumbprint: string;
    subject: Record<string, string>;
    issuer: Record<string, string>;
    serialNumber: string;
    notBefore: string;
    notAfter: string;
    keyUsage: string[];
    supportedSignatureAlgorithms: SignatureAlgorithm[];
};
export type TokenAlgorithm = "ES256" | "ES384" | "ES512" | "PS256" | "PS384" | "PS512" | "RS256" | "RS384" | "RS512";
export type AuthenticationToken = {
    unverifiedCertificate: string;
    algorithm: TokenAlgorithm;
    signature: string;
    format: string;
    appVersion: string;
};
/**
 * an abort withdraws the request and
 * closes its window; `language` is the window's
 */
export type CallOptions = {
    signal?: AbortSignal | undefined;
    language?: "ja" | "en" | undefined;
    onProgress?: ((progress: Progress) => void) | undefined;
};
export type Content = import("./upload.js").Content;
export type UploadProgress = import("./upload.js").UploadProgress;
/**
 * `onUpload`
 * hears how far a large document has been sent
 */
export type SignOptions = CallOptions & {
    onUpload?: ((progress: UploadProgress) => void) | undefined;
};
/**
 * strings are base64
 */
export type Document = {
    name: string;
    mediaType: string;
    content: Content | string;
};
export type DocumentSignature = {
    name: string;
    mediaType: string;
    content: string;
    documentDigest: string;
};
import { Connection } from "./connection.js";
