/** @param {Uint8Array} bytes */
export function base64(bytes: Uint8Array): string;
/**
 * @param {string} text base64
 * @throws {DOMException} it is not
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer>;
/** @param {Uint8Array} bytes */
export function hex(bytes: Uint8Array): string;
