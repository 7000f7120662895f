"""One PKCS#11 module: the only file that imports `pkcs11`, and where CKR_* become errors of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pkcs11
from pkcs11 import Attribute, CertificateType, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as ckr

from bridge.core import errors
from bridge.core.algorithms import ALGORITHMS, DIGEST_INFO_PREFIXES, Algorithm, HashName
from bridge.core.pinentry import PinVerdict
from bridge.core.readers import PinState
from bridge.core.token import CertificateObject, Token
from bridge.pkcs11.functions import CKR_OK, Functions, TokenInfo

_GONE = (ckr.DeviceRemoved, ckr.TokenNotPresent, ckr.SlotIDInvalid)
_UNRECOGNISED = (ckr.TokenNotRecognised, ckr.UserPinNotInitialized)
# OpenSC answers DataInvalid for a PIN of another form than the card's; no try is lost then.
_MALFORMED_PIN = (ckr.PinLenRange, ckr.PinInvalid, ckr.DataInvalid)
_NO_UNBLOCKING = (ckr.FunctionNotSupported, ckr.FunctionRejected)
# Another program has reset the card, or a wrong PIN of its own has logged everybody out.
_LOGGED_OUT = (ckr.UserNotLoggedIn, ckr.OperationNotInitialized, ckr.SessionHandleInvalid, ckr.SessionClosed)
_NO_ALGORITHM = (ckr.MechanismInvalid, ckr.MechanismParamInvalid, ckr.KeyTypeInconsistent)

_REASON_LENGTH = 200
_LONGEST_PIN = 255

_PSS_HASHES: dict[HashName, tuple[Mechanism, Any]] = {
    "sha256": (Mechanism.SHA256, pkcs11.MGF.SHA256),
    "sha384": (Mechanism.SHA384, pkcs11.MGF.SHA384),
    "sha512": (Mechanism.SHA512, pkcs11.MGF.SHA512),
}


_CKR: dict[int, type[ckr.PKCS11Error]] = {
    0x32: ckr.DeviceRemoved,
    0x50: ckr.FunctionCancelled,
    0x54: ckr.FunctionNotSupported,
    0xA0: ckr.PinIncorrect,
    0xA1: ckr.PinInvalid,
    0xA2: ckr.PinLenRange,
    0xA4: ckr.PinLocked,
    0xE0: ckr.TokenNotPresent,
}

Secret = str | None
"""A PIN or a PUK as it was typed; None: it is typed on the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOutcome:
    verdict: PinVerdict
    pin_state: PinState


class Module:
    """A loaded and initialized module.

    Args:
        path: absolute path of the shared library.
        driver: the name of the driver in the configuration, for errors.

    Raises:
        errors.DriverFailed: it cannot be loaded or initialized.
    """

    def __init__(self, path: str, driver: str) -> None:
        self._driver = driver
        self._sessions: dict[int, Any] = {}
        self._keys: dict[tuple[int, bytes], tuple[Any, bool]] = {}
        with self._translated():
            try:
                self._library = pkcs11.lib(path)
                self._functions = Functions(path)
            except (RuntimeError, OSError, AttributeError, ckr.PKCS11Error) as error:
                reason = f"{_name(error)} {str(error)[:_REASON_LENGTH]}".strip()
                raise errors.DriverFailed(
                    f"The PKCS#11 module cannot be loaded: {reason}", driver=driver
                ) from None

    @property
    def description(self) -> str:
        library = self._library
        return f"{library.manufacturer_id} {library.library_description}".strip()

    def inspect(self) -> tuple[list[Token], list[str]]:
        """All tokens, and the descriptions of slots whose token the module does not recognise."""
        tokens: list[Token] = []
        unrecognised: list[str] = []
        with self._translated():
            slots = self._library.get_slots(token_present=True)
        for slot in slots:
            with suppress(*_GONE):
                try:
                    token = self._inspect_slot(slot)
                except _UNRECOGNISED:
                    unrecognised.append(slot.slot_description)
                except ckr.PKCS11Error as error:
                    raise self._failed(error) from None
                else:
                    tokens += [token] if token else []
        return tokens, unrecognised

    def _inspect_slot(self, slot: Any) -> Token | None:
        token = slot.get_token()
        if not token.flags & TokenFlag.TOKEN_INITIALIZED:
            return None
        info = self._functions.token_info(slot.slot_id)
        lengths = _pin_lengths(info)
        session = token.open()
        try:
            certificates = tuple(_certificates(session))
        finally:
            session.close()
        return Token(
            slot=slot.slot_id,
            description=slot.slot_description,
            is_hardware=bool(slot.flags & pkcs11.SlotFlag.HW_SLOT),
            model=token.model if token.model.isprintable() and "\ufffd" not in token.model else "",
            pin_state=_pin_state(info),
            min_pin_length=lengths[0],
            max_pin_length=lengths[1],
            protected_authentication_path=bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH),
            mechanisms=frozenset(m.name for m in slot.get_mechanisms() if isinstance(m, Mechanism)),
            certificates=certificates,
        )

    def require_token(self, slot_id: int, thumbprints: frozenset[str]) -> None:
        """Make sure that the token in the slot is still the one with these certificates, and no others.

        Raises:
            errors.CardRemoved: another card, or none.
        """
        self.logout(slot_id)
        with self._translated():
            session = self._slot(slot_id).get_token().open()
            try:
                found = {hashlib.sha256(each.der).hexdigest() for each in _certificates(session)}
            finally:
                session.close()
        if found != thumbprints:
            raise errors.CardRemoved("Another card is in the reader.")

    def pin_state(self, slot_id: int) -> PinState:
        """As the token says now."""
        return self._state_now(slot_id)

    def login(self, slot_id: int, pin: Secret) -> LoginOutcome:
        """Try `pin` once. After `accepted` the token is logged in.

        Raises:
            errors.CardRemoved, errors.DriverFailed, …: anything that says nothing about the PIN.
        """
        self.logout(slot_id)
        with self._translated():
            session = self._slot(slot_id).get_token().open()
            try:
                self._open_login(slot_id, pin)
            except ckr.PinLocked:
                return LoginOutcome(verdict="locked", pin_state="locked")
            except ckr.PinIncorrect:
                return self._refused(slot_id, "countLow")
            except _MALFORMED_PIN as error:
                if isinstance(error, ckr.DataInvalid) and pin is not None and pin.isdecimal():
                    raise self._failed(error) from None  # a general refusal, not one of the PIN's form
                return self._refused(slot_id, "unknown")
            finally:
                session.close()
        return LoginOutcome(verdict="accepted", pin_state="ok")

    def _open_login(self, slot_id: int, pin: Secret) -> None:
        # Token.open(user_pin=…) leaks its session when the login fails; C_CloseAllSessions at the
        # worker's end is what clears it, and a worker lives for one request or session.
        secret = pkcs11.PROTECTED_AUTH if pin is None else pin
        self._sessions[slot_id] = self._slot(slot_id).get_token().open(user_pin=secret)

    def _refused(self, slot_id: int, otherwise: PinState) -> LoginOutcome:
        """`otherwise` is the state where the token's flags say nothing.

        After a wrong PIN that is `countLow`, "entered incorrectly at least once since the last success".
        """
        state = self._state_now(slot_id)
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
            session = self._slot(slot_id).get_token().open(rw=True)
            try:
                if current is None or new is None:
                    self._check(self._functions.set_pin_on_reader(session.handle))
                else:
                    session.set_pin(current, new)
            except ckr.PinLocked:
                return LoginOutcome(verdict="locked", pin_state="locked")
            except ckr.PinIncorrect:
                return self._refused(slot_id, "countLow")
            except (*_MALFORMED_PIN, ckr.PinTooWeak):
                return LoginOutcome(verdict="rejected", pin_state=self._state_now(slot_id))
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
                    self._unblock_unlogged(slot_id, puk, new)
                else:
                    self._unblock_as_officer(slot_id, puk, new)
            except ckr.PinLocked:
                return LoginOutcome(verdict="locked", pin_state=self._state_now(slot_id))
            except ckr.PinIncorrect:
                return LoginOutcome(verdict="incorrect", pin_state=self._state_now(slot_id))
            except (*_MALFORMED_PIN, ckr.PinTooWeak):
                return LoginOutcome(verdict="rejected", pin_state=self._state_now(slot_id))
            except _NO_UNBLOCKING as error:
                raise errors.PinLocked(f"This card cannot be unblocked here: {_name(error)}") from None
        return LoginOutcome(verdict="accepted", pin_state="ok")

    @property
    def is_opensc(self) -> bool:
        return "opensc" in self.description.lower()

    def _unblock_unlogged(self, slot_id: int, puk: Secret, new: Secret) -> None:
        session = self._slot(slot_id).get_token().open(rw=True)
        try:
            if puk is None or new is None:
                self._check(self._functions.set_pin_on_reader(session.handle))
            else:
                session.set_pin(puk, new)
        finally:
            session.close()

    def _unblock_as_officer(self, slot_id: int, puk: Secret, new: Secret) -> None:
        secret = pkcs11.PROTECTED_AUTH if puk is None else puk
        session = self._slot(slot_id).get_token().open(rw=True, so_pin=secret)
        try:
            if new is None:
                self._check(self._functions.init_pin_on_reader(session.handle))
            else:
                session.init_pin(new)
        finally:
            session.close()

    def _check(self, code: int) -> None:
        if code != CKR_OK:
            raise _CKR.get(code, ckr.GeneralError)

    def _state_now(self, slot_id: int) -> PinState:
        return _pin_state(self._functions.token_info(slot_id))

    def always_authenticate(self, slot_id: int) -> list[bytes]:
        """CKA_IDs of the private keys with CKA_ALWAYS_AUTHENTICATE on the logged-in token."""
        with self._translated():
            keys = self._sessions[slot_id].get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            return [key[Attribute.ID] for key in keys if _wants_pin_each_time(key)]

    def sign(self, slot_id: int, key_id: bytes, algorithm: str, digest: bytes, pin: str | None) -> bytes:
        """The signature over `digest`; `pin` only for a key with CKA_ALWAYS_AUTHENTICATE.

        Raises:
            errors.NoCertificate: no private key has this CKA_ID.
            errors.UnsupportedAlgorithm: the token refuses the mechanism.
            errors.CardRemoved, errors.DriverFailed
        """
        with self._translated(is_logged_in=True):
            key, wants_pin = self._key(slot_id, key_id)
            row = ALGORITHMS[algorithm]
            data, mechanism, parameter = _signature_input(row, digest)
            signature: bytes = key.sign(
                data,
                mechanism=mechanism,
                mechanism_param=parameter,
                pin=pin if wants_pin else None,
            )
            return signature

    def _key(self, slot_id: int, key_id: bytes) -> tuple[Any, bool]:
        """The private key, and whether it has CKA_ALWAYS_AUTHENTICATE."""
        known = self._keys.get((slot_id, key_id))
        if known is not None:
            return known
        session = self._sessions.get(slot_id)
        if session is None:
            raise errors.InternalError("The token is not logged in.")
        keys = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}))
        if not keys:
            raise errors.NoCertificate("The certificate has no private key on this card.")
        return self._keys.setdefault((slot_id, key_id), (keys[0], _wants_pin_each_time(keys[0])))

    def logout(self, slot_id: int) -> None:
        """C_Logout and C_CloseSession; quiet where there is no login or no card any more."""
        self._keys = {place: key for place, key in self._keys.items() if place[0] != slot_id}
        session = self._sessions.pop(slot_id, None)
        if session is not None:
            with suppress(ckr.PKCS11Error):
                session.close()

    def _slot(self, slot_id: int) -> Any:
        for slot in self._library.get_slots(token_present=True):
            if slot.slot_id == slot_id:
                return slot
        raise errors.CardRemoved

    @contextmanager
    def _translated(self, *, is_logged_in: bool = False) -> Iterator[None]:
        """`is_logged_in`: it was, so that an end of the login is somebody else's doing."""
        try:
            yield
        except _GONE:
            raise errors.CardRemoved from None
        except _UNRECOGNISED:
            raise errors.CardUnsupported from None
        except ckr.FunctionCancelled:
            raise errors.UserCancelled("Cancelled on the reader.") from None
        except _LOGGED_OUT as error:
            if is_logged_in:
                raise errors.SessionUnknown(f"The card's login has ended: {_name(error)}") from None
            raise self._failed(error) from None
        except _NO_ALGORITHM as error:
            raise errors.UnsupportedAlgorithm(_name(error)) from None
        except ckr.PKCS11Error as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> errors.DriverFailed:
        return errors.DriverFailed(f"The PKCS#11 module failed: {_name(error)}", driver=self._driver)


def _name(error: Exception) -> str:
    return type(error).__name__


def _certificates(session: Any) -> Iterator[CertificateObject]:
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509}
    for certificate in session.get_objects(wanted):
        with suppress(ckr.AttributeTypeInvalid, ckr.AttributeSensitive):
            yield CertificateObject(id=certificate[Attribute.ID], der=certificate[Attribute.VALUE])


def _pin_state(info: TokenInfo | None) -> PinState:
    if info is None:
        return "unknown"
    if info.flags & TokenFlag.USER_PIN_LOCKED:
        return "locked"
    if info.flags & TokenFlag.USER_PIN_FINAL_TRY:
        return "finalTry"
    return "countLow" if info.flags & TokenFlag.USER_PIN_COUNT_LOW else "ok"


def _pin_lengths(info: TokenInfo | None) -> tuple[int, int]:
    """Shortest and longest PIN; 0 where the token says nothing that makes sense."""
    if info is None or not info.min_pin_length <= info.max_pin_length <= _LONGEST_PIN:
        return 0, 0
    return info.min_pin_length, info.max_pin_length


def _wants_pin_each_time(key: Any) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except (ckr.AttributeTypeInvalid, ckr.FunctionFailed):
        return False


def _signature_input(row: Algorithm, digest: bytes) -> tuple[bytes, Mechanism, Any]:
    if row.family == "ECDSA":
        return digest, Mechanism.ECDSA, None
    if row.family == "RSA-PSS":
        return digest, Mechanism.RSA_PKCS_PSS, (*_PSS_HASHES[row.hash_name], len(digest))
    return DIGEST_INFO_PREFIXES[row.hash_name] + digest, Mechanism.RSA_PKCS, None
