/**
 * @typedef {{name: string, version: string, protocol: number}} Hello
 * @typedef {{outcome: "greeted", socket: WebSocket, hello: Hello}} Greeted
 * @typedef {{outcome: "refused" | "notPermitted" | "silent" | "misconfigured", elapsedMs: number}} Failed
 */
/**
 * Open `url` and wait for the daemon's greeting. Never rejects but for the signal.
 * @param {string} url
 * @param {{onSlow: () => void, signal?: AbortSignal, WebSocket?: typeof WebSocket}} options `onSlow` is called
 *   when the browser keeps the socket waiting
 * @returns {Promise<Greeted | Failed>}
 */
export function openSocket(url: string, { onSlow, signal, WebSocket }: {
    onSlow: () => void;
    signal?: AbortSignal;
    WebSocket?: typeof globalThis.WebSocket;
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
    outcome: "refused" | "notPermitted" | "silent" | "misconfigured";
    elapsedMs: number;
};
