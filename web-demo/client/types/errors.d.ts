/**
 * The error that the daemon answered with.
 * @param {{code: number, message: string, data?: Record<string, unknown>}} error member `error` of a response
 * @returns {CardbridgeError}
 */
export function errorFromResponse(error: {
    code: number;
    message: string;
    data?: Record<string, unknown>;
}): CardbridgeError;
/**
 * The error for a connection that failed.
 * @param {import("./diagnosis.js").FailureReason} reason
 * @param {"ja" | "en"} language
 * @returns {ConnectionError}
 */
export function connectionError(reason: import("./diagnosis.js").FailureReason, language: "ja" | "en"): ConnectionError;
export class CardbridgeError extends Error {
    /**
     * @param {{code: number, reason: string, message: string, userMessage: string, retriable: boolean,
     *   data?: Record<string, unknown>}} given
     */
    constructor(given: {
        code: number;
        reason: string;
        message: string;
        userMessage: string;
        retriable: boolean;
        data?: Record<string, unknown>;
    });
    /** JSON-RPC error code; 0 for an error of the connection. */
    code: number;
    /** The contract's reason, e.g. `pinIncorrect`. */
    reason: string;
    /** Whether the same request may succeed when it is sent again. */
    retriable: boolean;
    userMessage: string;
    /** Further members, e.g. `triesLeft`. @type {Record<string, unknown>} */
    data: Record<string, unknown>;
}
export class ParseError extends CardbridgeError {
}
export class InvalidRequestError extends CardbridgeError {
}
export class MethodNotFoundError extends CardbridgeError {
}
export class InvalidParamsError extends CardbridgeError {
}
export class InternalError extends CardbridgeError {
}
export class OriginNotPermittedError extends CardbridgeError {
}
export class UserCancelledError extends CardbridgeError {
}
export class UserTimeoutError extends CardbridgeError {
}
export class BusyError extends CardbridgeError {
}
export class RateLimitedError extends CardbridgeError {
}
export class SessionUnknownError extends CardbridgeError {
}
export class NoReaderError extends CardbridgeError {
}
export class NoCardError extends CardbridgeError {
}
export class CardRemovedError extends CardbridgeError {
}
export class CardUnsupportedError extends CardbridgeError {
}
export class ReaderServiceUnavailableError extends CardbridgeError {
}
export class PinIncorrectError extends CardbridgeError {
}
export class PinLockedError extends CardbridgeError {
}
export class PinRejectedError extends CardbridgeError {
}
export class NoCertificateError extends CardbridgeError {
}
export class CertificateExpiredError extends CardbridgeError {
}
export class CertificateNotYetValidError extends CardbridgeError {
}
export class CertificateMismatchError extends CardbridgeError {
}
export class DriverNotFoundError extends CardbridgeError {
}
export class DriverFailedError extends CardbridgeError {
}
export class DriverTimeoutError extends CardbridgeError {
}
export class UnsupportedFormatError extends CardbridgeError {
}
export class UnsupportedAlgorithmError extends CardbridgeError {
}
export class DocumentUnreadableError extends CardbridgeError {
}
/** No connection to the daemon; `reason` is a `FailureReason`. */
export class ConnectionError extends CardbridgeError {
}
export class PermissionDeniedError extends ConnectionError {
}
export class PermissionDismissedError extends ConnectionError {
}
export class NotRunningError extends ConnectionError {
}
export class SiteNotPermittedError extends ConnectionError {
}
export class NotRespondingError extends ConnectionError {
}
export class TooOldError extends ConnectionError {
}
export class PortalMisconfiguredError extends ConnectionError {
}
export class PageNotSecureError extends ConnectionError {
}
/** The connection went while a request was under way. */
export class ConnectionLostError extends ConnectionError {
}
/** The daemon takes no message of this size. */
export class MessageTooBigError extends ConnectionError {
}
/** Every reason of the contract's error table, and its class. @type {Record<string, typeof CardbridgeError>} */
export const ERRORS_BY_REASON: Record<string, typeof CardbridgeError>;
/**
 * Every way a connection fails, and its class.
 * @type {Record<import("./diagnosis.js").FailureReason, typeof ConnectionError>}
 */
export const CONNECTION_ERRORS_BY_REASON: Record<import("./diagnosis.js").FailureReason, typeof ConnectionError>;
