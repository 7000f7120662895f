"""Errors of the wire contract (version 1, "Errors").

The tree, with the code and reason that belong together for ever:

    BridgeError
    ├── ProtocolError           -32700 … -32603  the request itself
    ├── PermissionRefused       -32001
    ├── RetriableError          the same request may succeed when it is sent again
    │   ├── user and queue      -32002 … -32006
    │   ├── readers and cards   -32010 … -32014
    │   └── PinIncorrect        -32020, DriverTimeout -32042, DriverFailed -32041 and below it TimeStampFailed
    └── FatalError              something must change first: card, certificate, driver, request
"""

from __future__ import annotations

from typing import Any, ClassVar


class BridgeError(Exception):
    """An error that a page may see.

    Args:
        detail: English sentence for developers; goes out as `error.message`. Never holds a PIN,
            a document, a certificate subject or a registration number.
        **data: further members of `error.data`, lowerCamelCase, as the contract's table lists them.
            A member whose value is None is left out.
    """

    code: ClassVar[int]
    reason: ClassVar[str]
    retriable: ClassVar[bool]
    sentence: ClassVar[str] = ""
    """Which sentence the user reads, where it is not the reason's own."""

    def __init__(self, detail: str = "", **data: Any) -> None:
        self.detail = detail or (self.__class__.__doc__ or self.reason).partition("\n")[0]
        self.data = {name: value for name, value in data.items() if value is not None}
        super().__init__(self.detail)


class ProtocolError(BridgeError):
    retriable = False


class ParseError(ProtocolError):
    """The frame is not JSON."""

    code, reason = -32700, "parseError"


class InvalidRequest(ProtocolError):
    """The frame is JSON, but not one JSON-RPC 2.0 request."""

    code, reason = -32600, "invalidRequest"


class MethodNotFound(ProtocolError):
    """There is no such method."""

    code, reason = -32601, "methodNotFound"


class InvalidParams(ProtocolError):
    """The params do not fit the method. Data: member."""

    code, reason = -32602, "invalidParams"


class InternalError(ProtocolError):
    """Something unexpected happened in cardbridge; its log says what."""

    code, reason = -32603, "internalError"


class RetriableError(BridgeError):
    retriable = True


class FatalError(BridgeError):
    retriable = False


class OriginNotPermitted(FatalError):
    """This site may not use this method."""

    code, reason = -32001, "originNotPermitted"


class UserCancelled(RetriableError):
    """The user cancelled, or the page withdrew the request."""

    code, reason = -32002, "userCancelled"


class UserTimeout(RetriableError):
    """The user did not answer in time. Data: timeoutSeconds."""

    code, reason = -32003, "userTimeout"


class Busy(RetriableError):
    """The window queue is full."""

    code, reason = -32004, "busy"


class UploadRefused(Busy):
    """This connection has too many uploads."""

    sentence = "uploadRefused"


class RateLimited(RetriableError):
    """Too many requests from this site were cancelled, or ended without a window. Data: retryAfterSeconds."""

    code, reason = -32005, "rateLimited"


class SessionUnknown(FatalError):
    """This session cannot be resumed."""

    code, reason = -32006, "sessionUnknown"


class NoReader(RetriableError):
    """No card reader is connected."""

    code, reason = -32010, "noReader"


class NoCard(RetriableError):
    """No card was inserted."""

    code, reason = -32011, "noCard"


class CardRemoved(RetriableError):
    """The card was removed while it was in use."""

    code, reason = -32012, "cardRemoved"


class CardUnsupported(FatalError):
    """No configured driver knows this card."""

    code, reason = -32013, "cardUnsupported"


class ReaderServiceUnavailable(RetriableError):
    """The PC/SC service is not running."""

    code, reason = -32014, "readerServiceUnavailable"


class PinIncorrect(RetriableError):
    """The user gave up after a wrong PIN. Data: triesLeft?, pinState."""

    code, reason = -32020, "pinIncorrect"


class PinLocked(FatalError):
    """The card's PIN is locked."""

    code, reason = -32021, "pinLocked"


class PinRejected(RetriableError):
    """The card refuses the new PIN."""

    code, reason = -32022, "pinRejected"


class NoCertificate(FatalError):
    """The card holds no certificate that fits the request."""

    code, reason = -32030, "noCertificate"


class CertificateExpired(FatalError):
    """The card's certificate has expired. Data: notAfter."""

    code, reason = -32031, "certificateExpired"


class CertificateNotYetValid(FatalError):
    """The card's certificate is not valid yet. Data: notBefore."""

    code, reason = -32032, "certificateNotYetValid"


class CertificateMismatch(FatalError):
    """The certificate that the request names is not on the card."""

    code, reason = -32033, "certificateMismatch"


class DriverNotFound(FatalError):
    """No usable PKCS#11 module is configured. Data: driver."""

    code, reason = -32040, "driverNotFound"


class DriverUnsafe(DriverNotFound):
    """Other users of this computer can change the PKCS#11 module. Data: driver.

    Version 1 of the contract has no reason of its own for it; for a page it is the same: no usable module.
    """

    sentence = "driverUnsafe"


class Worker32Missing(DriverNotFound):
    """The module is for 32 bits, and there is no 32-bit Python to load it. Data: driver.

    Like `DriverOfAnotherKind`, for a page no usable module is configured: version 1 of the contract has one
    reason for that, and the sentence says what to do.
    """

    sentence = "worker32Missing"


class DriverOfAnotherKind(DriverNotFound):
    """The module is for another system or processor. Data: driver."""

    sentence = "driverOfAnotherKind"


class DriverFailed(RetriableError):
    """The PKCS#11 module failed. Data: driver."""

    code, reason = -32041, "driverFailed"


class TimeStampFailed(DriverFailed):
    """The time-stamping authority gave no time stamp that holds. Data: driver, here the authority's host.

    Version 1 of the contract has no reason of its own for it; this one is retriable, and means for a page
    the same: something outside that the signature depends on has failed.
    """

    sentence = "timeStampFailed"


class DriverTimeout(RetriableError):
    """The PKCS#11 module did not answer in time. Data: driver."""

    code, reason = -32042, "driverTimeout"


class UnsupportedFormat(FatalError):
    """This pair of format and packaging is not offered. Data: document?"""

    code, reason = -32050, "unsupportedFormat"


class UnsupportedAlgorithm(FatalError):
    """The card's key offers no algorithm that is allowed. Data: document?"""

    code, reason = -32051, "unsupportedAlgorithm"


class DocumentUnreadable(FatalError):
    """A document cannot be read, or contradicts its media type. Data: document?"""

    code, reason = -32052, "documentUnreadable"


def _concrete(base: type[BridgeError]) -> list[type[BridgeError]]:
    found = [base] if "reason" in base.__dict__ else []
    return found + [error for child in base.__subclasses__() for error in _concrete(child)]


ERRORS: dict[str, type[BridgeError]] = {error.reason: error for error in _concrete(BridgeError)}
"""Every error of the contract, by its reason."""
