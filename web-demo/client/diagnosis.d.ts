/**
 * The page's permission to reach this computer's own programs. Asking never shows a prompt.
 * @param {Permissions | undefined} [permissions]
 * @returns {Promise<Permission>}
 */
export function loopbackPermission(permissions?: Permissions | undefined): Promise<Permission>;
/**
 * Why every attempt failed.
 * @param {{before: Permission, after: Permission, elapsedMs: number}} seen the permission before and after
 *   the attempts, and how long the slowest took
 * @returns {FailureReason}
 */
export function reasonOfFailure({ before, after, elapsedMs }: {
    before: Permission;
    after: Permission;
    elapsedMs: number;
}): FailureReason;
/**
 * Whether the page may open a loopback WebSocket at all.
 * @param {{isSecureContext: boolean, location?: {protocol: string}}} scope
 */
export function isPageSecure(scope: {
    isSecureContext: boolean;
    location?: {
        protocol: string;
    };
}): boolean;
/**
 * The sentence for the user about a state or a failure: what happened and what to do.
 * @param {string} name a state's name or a `FailureReason`
 * @param {"ja" | "en"} language
 */
export function guidance(name: string, language: "ja" | "en"): string;
/**
 * Why a page has no connection, from what a browser lets a page see.
 *
 * A page sees a WebSocket that opens, stays CONNECTING, or closes with a code, how long that took, and
 * the state of its permission for the loopback network. It never sees an HTTP status.
 */
/**
 * @typedef {"permissionDenied" | "permissionDismissed" | "notRunning" | "siteNotPermitted" |
 *   "notResponding" | "tooOld" | "portalMisconfigured" | "pageNotSecure" | "connectionLost"} FailureReason
 * @typedef {"granted" | "denied" | "prompt" | "unsupported"} Permission
 */
/** A failure that came faster than this was no person's doing. */
export const QUICK_FAILURE_MS: 400;
/** CONNECTING for longer than this, with the permission undecided, means that the browser is asking. */
export const ASKING_AFTER_MS: 1500;
/** After the socket has opened, the daemon greets at once. */
export const HELLO_WITHIN_MS: 2000;
export type FailureReason = "permissionDenied" | "permissionDismissed" | "notRunning" | "siteNotPermitted" | "notResponding" | "tooOld" | "portalMisconfigured" | "pageNotSecure" | "connectionLost";
export type Permission = "granted" | "denied" | "prompt" | "unsupported";
