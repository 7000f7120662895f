/**
 * Try the addresses in order; the first daemon that accepts this page is taken.
 * @param {string[]} urls
 * @param {{signal: AbortSignal, onAsking: (isAsking: boolean) => void}} options `onAsking` hears whether the
 *   browser is asking its user for permission
 * @returns {Promise<import("./socket.js").Greeted | import("./diagnosis.js").FailureReason>} rejects only with
 *   the signal's reason
 */
export function findDaemon(urls: string[], { signal, onAsking }: {
    signal: AbortSignal;
    onAsking: (isAsking: boolean) => void;
}): Promise<import("./socket.js").Greeted | import("./diagnosis.js").FailureReason>;
