/**
 * @typedef {{name: string, version: string, protocol: number}} Hello
 * @typedef {{outcome: "greeted", socket: WebSocket, hello: Hello}} Greeted
 * @typedef {{outcome: "refused" | "notPermitted" | "silent" | "blocked", elapsedMs: number}} Failed
 */
/**
 * Open `url` and wait for the daemon's greeting. Rejects only with the signal's reason.
 * @param {string} url
 * @param {{patience: import("./diagnosis.js").Patience, signal: AbortSignal,
 *   onAsking: (isAsking: boolean) => void}} options `onAsking` hears whether the browser is asking its user
 * @returns {Promise<Greeted | Failed>}
 */
export function openSocket(url: string, { patience, signal, onAsking }: {
    patience: import("./diagnosis.js").Patience;
    signal: AbortSignal;
    onAsking: (isAsking: boolean) => void;
}): Promise<Greeted | Failed>;
export const SUBPROTOCOL: "cardbridge.v1";
export const CLOSE_SITE_NOT_PERMITTED: 4403;
export type Hello = {
    name: string;
    version: string;
    protocol: number;
};
export type Greeted = {
    outcome: "greeted";
    socket: WebSocket;
    hello: Hello;
};
export type Failed = {
    outcome: "refused" | "notPermitted" | "silent" | "blocked";
    elapsedMs: number;
};
