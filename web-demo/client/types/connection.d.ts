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
     * @param {{signal?: AbortSignal | undefined}} [options] an abort withdraws this call; the attempt ends with
     *   the last call that waits for it
     * @returns {Promise<void>}
     * @throws {import("./errors.js").ConnectionError} its class and `reason` say why
     */
    connect({ signal }?: {
        signal?: AbortSignal | undefined;
    }): Promise<void>;
    /** End the connection; requests under way are cancelled and their windows close. */
    close(): void;
    /**
     * Send any request of the contract, connected first where needed.
     * @param {string} method
     * @param {Record<string, unknown>} [params] members that are undefined are left out
     * @param {RequestOptions} [options] an abort withdraws the request and closes its window
     * @returns {Promise<any>}
     * @throws {import("./errors.js").CardbridgeError}
     */
    request(method: string, params?: Record<string, unknown>, { signal, onProgress }?: RequestOptions): Promise<any>;
    /**
     * Send a document that is too large for one message, connected first where needed. `signDocuments` does it by
     * itself.
     * @param {import("./upload.js").Content} content
     * @param {import("./upload.js").UploadOptions} [options]
     * @returns {Promise<string>} the upload's id, for `sign.documents` on this connection; it ends with it
     * @throws {import("./errors.js").CardbridgeError}
     */
    upload(content: import("./upload.js").Content, options?: import("./upload.js").UploadOptions): Promise<string>;
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
export type Options = {
    ports?: number[];
    hosts?: string[];
    language?: "ja" | "en";
    keepSession?: boolean;
};
export type RequestOptions = {
    signal?: AbortSignal | undefined;
    onProgress?: ((progress: import("./line.js").Progress) => void) | undefined;
};
export type Attempt = {
    isQuiet: boolean;
    callers: number;
    controller: AbortController;
    done: Promise<void>;
};
