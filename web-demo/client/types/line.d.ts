/**
 * @typedef {import("./diagnosis.js").FailureReason} FailureReason
 * @typedef {{id: string | number, state: "waitingForReader" | "waitingForCard" | "waitingForUser" | "signing",
 *   done?: number, total?: number, reader?: string}} Progress
 * @typedef {{granted: (credit: {upload: string, creditBytes: number}) => void, ended: (error: Error) => void}} Flow
 * @typedef {{settle: (answer: {result?: any, error?: unknown}) => void,
 *   onProgress: ((progress: Progress) => void) | undefined}} Waiting
 */
export class Line {
    /**
     * @param {WebSocket} socket open, and greeted
     * @param {{onNotification: (method: string, params: any) => void, onEnd: (reason: FailureReason) => void,
     *   errorFor: (reason: FailureReason) => Error}} told `onEnd`: the line has ended, and not by `end()`
     */
    constructor(socket: WebSocket, { onNotification, onEnd, errorFor }: {
        onNotification: (method: string, params: any) => void;
        onEnd: (reason: FailureReason) => void;
        errorFor: (reason: FailureReason) => Error;
    });
    /** Hears of credit for the upload that is under way, and of the end. @type {Flow | undefined} */
    flow: Flow | undefined;
    /** One upload at a time: the last one that was asked for. @type {Promise<void>} */
    lastUpload: Promise<void>;
    socket: WebSocket;
    onNotification: (method: string, params: any) => void;
    onEnd: (reason: FailureReason) => void;
    errorFor: (reason: FailureReason) => Error;
    get isOpen(): boolean;
    /**
     * Send a request. An abort withdraws it, and rejects with the signal's reason.
     * @param {string} method
     * @param {Record<string, unknown>} params members that are undefined are left out
     * @param {{signal?: AbortSignal | undefined, onProgress?: ((progress: Progress) => void) | undefined}} [options]
     * @returns {Promise<any>}
     * @throws {import("./errors.js").CardbridgeError} as the daemon answered, or what `errorFor` makes of the end
     */
    call(method: string, params: Record<string, unknown>, { signal, onProgress }?: {
        signal?: AbortSignal | undefined;
        onProgress?: ((progress: Progress) => void) | undefined;
    }): Promise<any>;
    /**
     * Send one binary frame of an upload.
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @throws {import("./errors.js").ConnectionError} the line has ended
     */
    sendBytes(bytes: Uint8Array<ArrayBuffer>): void;
    /**
     * Close the socket; requests under way are rejected with `errorFor(reason)`, and the daemon closes their windows.
     * @param {FailureReason} [reason]
     */
    end(reason?: FailureReason): void;
    #private;
}
export type FailureReason = import("./diagnosis.js").FailureReason;
export type Progress = {
    id: string | number;
    state: "waitingForReader" | "waitingForCard" | "waitingForUser" | "signing";
    done?: number;
    total?: number;
    reader?: string;
};
export type Flow = {
    granted: (credit: {
        upload: string;
        creditBytes: number;
    }) => void;
    ended: (error: Error) => void;
};
export type Waiting = {
    settle: (answer: {
        result?: any;
        error?: unknown;
    }) => void;
    onProgress: ((progress: Progress) => void) | undefined;
};
