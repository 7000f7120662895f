/**
 * @typedef {Uint8Array | Blob} Content a `File` is a `Blob`
 * @typedef {{name: string, sentBytes: number, totalBytes: number}} UploadProgress
 * @typedef {{signal?: AbortSignal | undefined, onSent?: ((sentBytes: number) => void) | undefined}} UploadOptions
 */
/** @param {Content | string} content strings are base64 */
export function sizeOf(content: Content | string): number;
/**
 * Which contents do not fit in one message together: the largest, so that the user sees as many as possible.
 * @param {(Content | string)[]} contents
 * @returns {Set<number>} their places
 */
export function tooLarge(contents: (Content | string)[]): Set<number>;
/**
 * @param {Content | string} content
 * @returns {Promise<string>} base64
 */
export function inline(content: Content | string): Promise<string>;
/**
 * Send one document over `line`, after those that are under way there.
 * @param {import("./line.js").Line} line
 * @param {Content} content
 * @param {UploadOptions} [options] an abort makes the daemon forget what has come, and rejects with the signal's
 *   reason
 * @returns {Promise<string>} the upload's id, for `sign.documents` on the same connection
 * @throws {import("./errors.js").CardbridgeError}
 */
export function upload(line: import("./line.js").Line, content: Content, options?: UploadOptions): Promise<string>;
/** What goes along in the request itself, in bytes over all documents: these the user can look at in the window. */
export const INLINE_BYTES: number;
/**
 * a `File` is a `Blob`
 */
export type Content = Uint8Array | Blob;
export type UploadProgress = {
    name: string;
    sentBytes: number;
    totalBytes: number;
};
export type UploadOptions = {
    signal?: AbortSignal | undefined;
    onSent?: ((sentBytes: number) => void) | undefined;
};
