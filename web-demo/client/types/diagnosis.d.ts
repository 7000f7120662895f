/**
 * The page's permission to reach this computer's own programs; `unsupported` where the browser does not ask for it.
 * This call never shows a prompt.
 * @returns {Promise<Permission>}
 */
export function loopbackPermission(): Promise<Permission>;
/**
 * Whether the page may open a loopback WebSocket at all.
 * @returns {"pageNotSecure" | "portalMisconfigured" | undefined} why not
 */
export function obstacle(): "pageNotSecure" | "portalMisconfigured" | undefined;
/** Note that a socket failed: browsers count too. */
export function noteFailure(): void;
/** How long a socket may take on this system now. @returns {Patience} */
export function patience(): Patience;
/**
 * Whether a failure after `elapsedMs` came from the system, not from a person who closed the browser's question.
 * @param {number} elapsedMs
 */
export function isSystemRefusal(elapsedMs: number): boolean;
export type FailureReason = "permissionDenied" | "permissionDismissed" | "notRunning" | "siteNotPermitted" | "notResponding" | "tooOld" | "portalMisconfigured" | "pageNotSecure" | "connectionLost" | "messageTooBig";
export type Permission = "granted" | "denied" | "prompt" | "unsupported";
export type Patience = {
    askingAfterMs: number;
    connectWithinMs: number;
};
