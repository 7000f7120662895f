"""One PKCS#11 module as a worker uses it, and where CKR_* become errors of the contract.

How the module is called is the other side of `bridge.pkcs11.calls`: the rules for PINs are here, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bridge.core import errors
from bridge.core.algorithms import ALGORITHMS, DIGEST_INFO_PREFIXES, Algorithm
from bridge.core.pinentry import PinState, PinVerdict
from bridge.core.record import Record
from bridge.core.token import MAX_CERTIFICATES, MAX_PIN_LENGTH, MAX_SLOTS, CertificateObject, Token
from bridge.pkcs11.calls import Calls, Key, Loader, LoadingFailed, Refusal, Secret, Session, Slot, TokenInfo

_GONE = ("DeviceRemoved", "TokenNotPresent", "SlotIDInvalid")
_UNRECOGNISED = ("TokenNotRecognised", "UserPinNotInitialized")
# OpenSC answers DataInvalid for a PIN of another form than the card's; no try is lost then.
_MALFORMED_PIN = ("PinLenRange", "PinInvalid", "DataInvalid")
_NO_UNBLOCKING = ("FunctionNotSupported", "FunctionRejected")
# Another program has reset the card, or a wrong PIN of its own has logged everybody out.
_LOGGED_OUT = ("UserNotLoggedIn", "OperationNotInitialized", "SessionHandleInvalid", "SessionClosed")
_NO_ALGORITHM = ("MechanismInvalid", "MechanismParamInvalid", "KeyTypeInconsistent")

# CK_TOKEN_INFO's flags (PKCS#11 v3.0, section 3.3).
_PROTECTED_AUTHENTICATION_PATH, _TOKEN_INITIALIZED = 0x100, 0x400
_USER_PIN_COUNT_LOW, _USER_PIN_FINAL_TRY, _USER_PIN_LOCKED = 0x10000, 0x20000, 0x40000

_REASON_LENGTH = 200


class LoginOutcome(Record):
    verdict: PinVerdict
    pin_state: PinState


class Module:
    """A loaded and initialized module.

    Args:
        path: absolute path of the shared library.
        driver: the name of the driver in the configuration, for errors.
        load: how it is loaded and called.

    Raises:
        errors.DriverFailed: it cannot be loaded or initialized.
    """

    def __init__(self, path: str, driver: str, load: Loader) -> None:
        self._driver = driver
        self._sessions: dict[int, Session] = {}
        self._keys: dict[tuple[int, bytes], Key] = {}
        try:
            self._calls: Calls = load(path)
        except LoadingFailed as failure:
            reason = str(failure)[:_REASON_LENGTH]
            raise errors.DriverFailed(
                f"The PKCS#11 module cannot be loaded: {reason}", driver=driver
            ) from None

    @property
    def description(self) -> str:
        return self._calls.description

    def inspect(self) -> tuple[list[Token], list[str]]:
        """All tokens, and the descriptions of slots whose token the module does not recognise."""
        tokens: list[Token] = []
        unrecognised: list[str] = []
        with self._translated():
            slots = self._calls.slots()[:MAX_SLOTS]
        for slot in slots:
            try:
                token = self._inspect_slot(slot)
            except Refusal as refusal:
                if refusal.name in _UNRECOGNISED:
                    unrecognised.append(slot.description)
                elif refusal.name not in _GONE:
                    raise self._failed(refusal) from None
            else:
                tokens += [token] if token else []
        return tokens, unrecognised

    def _inspect_slot(self, slot: Slot) -> Token | None:
        info = self._calls.token_info(slot.id)
        if not info.flags & _TOKEN_INITIALIZED:
            return None
        lengths = _pin_lengths(info)
        with _closing(self._calls.open(slot.id)) as session:
            certificates = tuple(_certificates(session))
        return Token(
            slot=slot.id,
            description=slot.description,
            is_hardware=slot.is_hardware,
            model=info.model if info.model.isprintable() and "\ufffd" not in info.model else "",
            pin_state=_pin_state(info),
            min_pin_length=lengths[0],
            max_pin_length=lengths[1],
            protected_authentication_path=bool(info.flags & _PROTECTED_AUTHENTICATION_PATH),
            mechanisms=self._calls.mechanisms(slot.id),
            certificates=certificates,
        )

    def require_token(self, slot_id: int, thumbprints: frozenset[str]) -> None:
        """Make sure that the token in the slot is still the one with these certificates, and no others.

        Raises:
            errors.CardRemoved: another card, or none.
        """
        self.logout(slot_id)
        with self._translated():
            with _closing(self._calls.open(slot_id)) as session:
                found = {hashlib.sha256(each.der).hexdigest() for each in _certificates(session)}
        if found != thumbprints:
            raise errors.CardRemoved("Another card is in the reader.")

    def pin_state(self, slot_id: int) -> PinState:
        """As the token says now."""
        try:
            return _pin_state(self._calls.token_info(slot_id))
        except Refusal:
            return "unknown"

    def login(self, slot_id: int, pin: Secret) -> LoginOutcome:
        """Try `pin` once. After `accepted` the token is logged in.

        Raises:
            errors.CardRemoved, errors.DriverFailed, …: anything that says nothing about the PIN.
        """
        self.logout(slot_id)
        with self._translated():
            session = self._calls.open(slot_id)
            try:
                self._sessions[slot_id] = self._calls.open_as_user(slot_id, pin)
            except Refusal as refusal:
                if refusal.name == "PinLocked":
                    return LoginOutcome(verdict="locked", pin_state="locked")
                if refusal.name == "PinIncorrect":
                    return self._refused(slot_id, "countLow")
                if refusal.name == "DataInvalid" and pin is not None and pin.isdecimal():
                    raise  # a general refusal, not one of the PIN's form
                if refusal.name in _MALFORMED_PIN:
                    return self._refused(slot_id, "unknown")
                raise
            finally:
                session.close()
        return LoginOutcome(verdict="accepted", pin_state="ok")

    def _refused(self, slot_id: int, otherwise: PinState) -> LoginOutcome:
        """`otherwise` is the state where the token's flags say nothing.

        After a wrong PIN that is `countLow`, "entered incorrectly at least once since the last success".
        """
        state = self.pin_state(slot_id)
        if state == "locked":
            return LoginOutcome(verdict="locked", pin_state="locked")
        return LoginOutcome(verdict="incorrect", pin_state=otherwise if state in ("ok", "unknown") else state)

    def change_pin(self, slot_id: int, current: Secret, new: Secret) -> LoginOutcome:
        """C_SetPIN, not logged in: the PIN in use goes to the card once.

        Raises:
            errors.CardRemoved, errors.DriverFailed, …: anything that says nothing about the PINs.
        """
        self.logout(slot_id)
        with self._translated():
            session = self._calls.open(slot_id, is_writable=True)
            try:
                session.set_pin(current, new)
            except Refusal as refusal:
                if refusal.name == "PinLocked":
                    return LoginOutcome(verdict="locked", pin_state="locked")
                if refusal.name == "PinIncorrect":
                    return self._refused(slot_id, "countLow")
                if refusal.name in (*_MALFORMED_PIN, "PinTooWeak"):
                    return LoginOutcome(verdict="rejected", pin_state=self.pin_state(slot_id))
                raise
            finally:
                session.close()
        return LoginOutcome(verdict="accepted", pin_state="ok")

    def unblock_pin(self, slot_id: int, puk: Secret, new: Secret) -> LoginOutcome:
        """A new PIN by the PUK, which goes to the card once. `locked` is the PUK then.

        With OpenSC by C_SetPIN while nobody is logged in (its user_pin_unblock_style, which
        `bridge.pkcs11.opensc` sets for this worker), otherwise by C_InitPIN of the security officer.

        Raises:
            errors.PinLocked: this card or its module has no way to unblock a PIN.
            errors.CardRemoved, errors.DriverFailed, …: anything that says nothing about PUK and PIN.
        """
        self.logout(slot_id)
        with self._translated():
            try:
                if self.is_opensc:
                    with _closing(self._calls.open(slot_id, is_writable=True)) as session:
                        session.set_pin(puk, new)
                else:
                    with _closing(self._calls.open_as_officer(slot_id, puk)) as session:
                        session.init_pin(new)
            except Refusal as refusal:
                return self._not_unblocked(slot_id, refusal)
        return LoginOutcome(verdict="accepted", pin_state="ok")

    def _not_unblocked(self, slot_id: int, refusal: Refusal) -> LoginOutcome:
        state = self.pin_state(slot_id)
        if refusal.name == "PinLocked":
            return LoginOutcome(verdict="locked", pin_state=state)
        if refusal.name == "PinIncorrect":
            return LoginOutcome(verdict="incorrect", pin_state=state)
        if refusal.name in (*_MALFORMED_PIN, "PinTooWeak"):
            return LoginOutcome(verdict="rejected", pin_state=state)
        if refusal.name in _NO_UNBLOCKING:
            raise errors.PinLocked(f"This card cannot be unblocked here: {refusal.name}") from None
        raise refusal

    @property
    def is_opensc(self) -> bool:
        return "opensc" in self.description.lower()

    def always_authenticate(self, slot_id: int) -> list[bytes]:
        """CKA_IDs of the private keys with CKA_ALWAYS_AUTHENTICATE on the logged-in token."""
        with self._translated():
            return [key.id for key in self._sessions[slot_id].private_keys() if key.wants_pin_each_time]

    def sign(self, slot_id: int, key_id: bytes, algorithm: str, digest: bytes, pin: str | None) -> bytes:
        """The signature over `digest`; `pin` only for a key with CKA_ALWAYS_AUTHENTICATE.

        Raises:
            errors.NoCertificate: no private key has this CKA_ID.
            errors.UnsupportedAlgorithm: the token refuses the mechanism.
            errors.CardRemoved, errors.DriverFailed
        """
        try:
            key = self._key(slot_id, key_id)
            row = ALGORITHMS[algorithm]
            return key.sign(
                _signature_input(row, digest),
                row.mechanism,
                row.hash_name,
                pin if key.wants_pin_each_time else None,
            )
        except Refusal as refusal:
            raise self._translation(refusal, is_logged_in=True) from None

    def _key(self, slot_id: int, key_id: bytes) -> Key:
        known = self._keys.get((slot_id, key_id))
        if known is not None:
            return known
        session = self._sessions.get(slot_id)
        if session is None:
            raise errors.InternalError("The token is not logged in.")
        keys = session.private_keys(key_id)
        if not keys:
            raise errors.NoCertificate("The certificate has no private key on this card.")
        return self._keys.setdefault((slot_id, key_id), keys[0])

    def logout(self, slot_id: int) -> None:
        """C_Logout and C_CloseSession; quiet where there is no login or no card any more."""
        self._keys = {place: key for place, key in self._keys.items() if place[0] != slot_id}
        session = self._sessions.pop(slot_id, None)
        if session is not None:
            with suppress(Refusal):
                session.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            raise self._translation(refusal) from None

    def _translation(self, refusal: Refusal, *, is_logged_in: bool = False) -> errors.BridgeError:
        """`is_logged_in`: it was, so that an end of the login is somebody else's doing."""
        name = refusal.name
        if name in _GONE:
            return errors.CardRemoved()
        if name in _UNRECOGNISED:
            return errors.CardUnsupported()
        if name == "FunctionCancelled":
            return errors.UserCancelled("Cancelled on the reader.")
        if name in _LOGGED_OUT and is_logged_in:
            return errors.SessionUnknown(f"The card's login has ended: {name}")
        if name in _NO_ALGORITHM:
            return errors.UnsupportedAlgorithm(name)
        return self._failed(refusal)

    def _failed(self, refusal: Refusal) -> errors.DriverFailed:
        return errors.DriverFailed(f"The PKCS#11 module failed: {refusal.name}", driver=self._driver)


@contextmanager
def _closing(session: Session) -> Iterator[Session]:
    try:
        yield session
    finally:
        session.close()


def _certificates(session: Session) -> list[CertificateObject]:
    return [found for found in session.certificates()[:MAX_CERTIFICATES] if found.is_plausible]


def _pin_state(info: TokenInfo) -> PinState:
    if info.flags & _USER_PIN_LOCKED:
        return "locked"
    if info.flags & _USER_PIN_FINAL_TRY:
        return "finalTry"
    return "countLow" if info.flags & _USER_PIN_COUNT_LOW else "ok"


def _pin_lengths(info: TokenInfo) -> tuple[int, int]:
    """Shortest and longest PIN; 0 where the token says nothing that makes sense."""
    if not info.min_pin_length <= info.max_pin_length <= MAX_PIN_LENGTH:
        return 0, 0
    return info.min_pin_length, info.max_pin_length


def _signature_input(row: Algorithm, digest: bytes) -> bytes:
    return DIGEST_INFO_PREFIXES[row.hash_name] + digest if row.family == "RSA-PKCS1" else digest
