export * from "./errors.js";
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
    /**
     * @param {Options} [options] `ports`: the daemon's range, tried in order. `keepSession`: keep the card
     *   session over the pages of one tab, in sessionStorage.
     */
    constructor({ ports, hosts, language, keepSession }?: Options);
    ports: number[];
    hosts: string[];
    language: "ja" | "en";
    keepSession: boolean;
    /** The secret that resumes the card session on the next page, if one is open. @type {string | undefined} */
    session: string | undefined;
    /** What the daemon said of itself. @type {import("./socket.js").Hello | undefined} */
    hello: import("./socket.js").Hello | undefined;
    /** Where the connection stands; `message` is a sentence for the user. */
    get state(): State;
    /**
     * Find the daemon and connect. Returns when it has greeted; at once where it is connected already.
     * @param {{signal?: AbortSignal}} [options]
     * @returns {Promise<void>}
     * @throws {import("./errors.js").ConnectionError} its class and `reason` say why
     */
    connect({ signal }?: {
        signal?: AbortSignal;
    }): Promise<void>;
    /** End the connection; requests under way are cancelled and their windows close. */
    close(): void;
    /**
     * What the daemon is and can do.
     * @param {{signal?: AbortSignal}} [options]
     * @returns {Promise<{name: string, version: string, protocol: number, features: string[], locale: string}>}
     */
    info(options?: {
        signal?: AbortSignal;
    }): Promise<{
        name: string;
        version: string;
        protocol: number;
        features: string[];
        locale: string;
    }>;
    /**
     * The readers as they are now.
     * @returns {Promise<Reader[]>}
     */
    listReaders(): Promise<Reader[]>;
    /**
     * The readers, and from now on `readerschange` events, also after a reconnection.
     * @returns {Promise<Reader[]>}
     */
    watchReaders(): Promise<Reader[]>;
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
     * A Web eID authentication token for this page's origin. The abort signal withdraws the request and closes
     * its window.
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
     * Sign documents: one signature each, in order, all or nothing. Strings are taken as base64.
     * @param {{documents: Document[], format: "cades" | "xades" | "pades",
     *   packaging?: "detached" | "enveloping" | "enveloped", level?: "B-B" | "B-T", certificate?: string}} params
     * @param {CallOptions} [options]
     * @returns {Promise<{signatures: DocumentSignature[], certificate: Certificate}>}
     */
    signDocuments(params: {
        documents: Document[];
        format: "cades" | "xades" | "pades";
        packaging?: "detached" | "enveloping" | "enveloped";
        level?: "B-B" | "B-T";
        certificate?: string;
    }, options?: CallOptions): Promise<{
        signatures: DocumentSignature[];
        certificate: Certificate;
    }>;
    /**
     * Take over the card session of an earlier page; it works once and within 15 seconds.
     * @param {string} session
     */
    resumeSession(session: string): Promise<void>;
    /** End this page's card session: the card forgets the PIN. */
    closeSession(): Promise<void>;
    #private;
}
export type FailureReason = import("./diagnosis.js").FailureReason;
export type StateName = "idle" | "connecting" | "waitingForPermission" | "connected" | "failed" | "closed";
export type State = {
    name: StateName;
    reason?: FailureReason;
    message: string;
};
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
    cryptoAlgorithm: string;
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
export type AuthenticationToken = {
    unverifiedCertificate: string;
    algorithm: string;
    signature: string;
    format: string;
    appVersion: string;
};
export type Progress = {
    id: string | number;
    state: "waitingForReader" | "waitingForCard" | "waitingForUser" | "signing";
    done?: number;
    total?: number;
    reader?: string;
};
export type CallOptions = {
    signal?: AbortSignal;
    onProgress?: (progress: Progress) => void;
};
export type Document = {
    name: string;
    mediaType: string;
    content: Uint8Array | string;
};
export type DocumentSignature = {
    name: string;
    mediaType: string;
    content: string;
    documentDigest: string;
};
export type Options = {
    ports?: number[];
    hosts?: string[];
    language?: "ja" | "en";
    keepSession?: boolean;
};
export type Waiting = {
    resolve: (result: any) => void;
    reject: (error: unknown) => void;
    onProgress?: (progress: Progress) => void;
};
export { guidance, loopbackPermission } from "./diagnosis.js";
