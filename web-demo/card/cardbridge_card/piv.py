"""A PIV card's behaviour (NIST SP 800-73-4 part 2, 3): octets in, octets out, no I/O."""

from collections.abc import Callable
from dataclasses import replace

from . import apdu, contents, keys, tlv
from .apdu import Command, StatusError
from .contents import CardContents
from .reference import REFERENCE_SIZE_BYTES, ReferenceData, is_pin

# T=1; historical octets with the application identifier (ISO/IEC 7816-4, 12.1.1, tag F): without
# them OpenSC takes the card for a basic one and offers no elliptic curves.
ATR = bytes.fromhex("3B8D800180FBA000000308000010000100CD")

SELECT = 0xA4
GET_DATA = 0xCB
VERIFY = 0x20
CHANGE_REFERENCE_DATA = 0x24
RESET_RETRY_COUNTER = 0x2C
GENERAL_AUTHENTICATE = 0x87

_PIN = 0x80
_PUK = 0x81
# NIST SP 800-73-4 part 2, 2.3: a right-truncated AID, without version, selects too.
_SHORTEST_AID_BYTES = 9


class PivCard:
    """One card. `contents` holds what outlives a reset; the rest is the security status."""

    def __init__(self, memory: CardContents) -> None:
        self.contents = memory
        self._chain = apdu.CommandChain()
        self._pending = apdu.PendingResponse()
        self._selected = False
        self._pin_verified = False
        self._pin_just_verified = False
        self._handlers: dict[int, Callable[[Command], bytes]] = {
            SELECT: self._select,
            GET_DATA: self._get_data,
            VERIFY: self._verify,
            CHANGE_REFERENCE_DATA: self._change_reference_data,
            RESET_RETRY_COUNTER: self._reset_retry_counter,
            GENERAL_AUTHENTICATE: self._general_authenticate,
        }

    @property
    def pin_verified(self) -> bool:
        """The security status that a right VERIFY leaves until reset, logout or a wrong PIN."""
        return self._pin_verified

    def reset(self) -> None:
        """Power off, power on or warm reset: the security status is gone."""
        self.interrupt()
        self._selected = False
        self._forget_pin()

    def overwrite(self, memory: CardContents) -> None:
        """Other contents from outside, as after use elsewhere: a PIN that was verified no longer is."""
        self.contents = memory
        self._forget_pin()

    def interrupt(self) -> None:
        """A command failed before the card could perform it: its chain is over."""
        self._chain.clear()
        self._pending.clear()

    def transmit(self, octets: bytes) -> bytes:
        """The response APDU to one command APDU."""
        try:
            command = apdu.parse(octets)
            _check_class(command.cla)
            if command.ins == apdu.GET_RESPONSE:
                return self._pending.next(command.le)
            self._pending.clear()
            whole = self._chain.join(command)
            if whole is None:
                return apdu.respond(b"")
            return self._pending.begin(self._perform(whole), whole.le)
        except StatusError as error:
            return apdu.respond(b"", error.status_word)

    def _perform(self, command: Command) -> bytes:
        handler = self._handlers.get(command.ins)
        if handler is None:
            raise StatusError(apdu.INS_NOT_SUPPORTED)
        if not self._selected and command.ins != SELECT:
            raise StatusError(apdu.CONDITIONS_NOT_SATISFIED)
        return handler(command)

    def _select(self, command: Command) -> bytes:
        if (command.p1, command.p2) != (0x04, 0x00):
            raise StatusError(apdu.INCORRECT_P1_P2)
        name = command.data
        if len(name) < _SHORTEST_AID_BYTES or not contents.AID.startswith(name):
            # The current application stays selected, with its security status (3.1.1).
            raise StatusError(apdu.NOT_FOUND)
        self._selected = True
        return contents.application_template()

    def _get_data(self, command: Command) -> bytes:
        if (command.p1, command.p2) != (0x3F, 0xFF):
            raise StatusError(apdu.INCORRECT_P1_P2)
        wanted = _objects(command.data).get(0x5C, b"")
        if not 1 <= len(wanted) <= 3:
            raise StatusError(apdu.INCORRECT_DATA)
        found = contents.data_object(self.contents, int.from_bytes(wanted, "big"))
        if found is None:
            raise StatusError(apdu.NOT_FOUND)
        return found

    def _verify(self, command: Command) -> bytes:
        if command.p2 != _PIN:
            raise StatusError(apdu.REFERENCE_NOT_FOUND)
        if command.p1 == 0xFF and not command.data:
            self._forget_pin()
            return b""
        if command.p1 != 0x00:
            raise StatusError(apdu.INCORRECT_P1_P2)
        if not command.data:
            if self._pin_verified:
                return b""
            _refuse(self.contents.pin)
        self._check_pin(command.data)
        self._pin_verified = self._pin_just_verified = True
        return b""

    def _change_reference_data(self, command: Command) -> bytes:
        old, new = _halves(command)
        if command.p2 == _PIN:
            self._refuse_format(new)
            self._check_pin(old)
            self.contents = replace(self.contents, pin=self.contents.pin.changed(new))
            self._pin_verified = True
        elif command.p2 == _PUK:
            self._check_puk(old)
            self.contents = replace(self.contents, puk=self.contents.puk.changed(new))
        else:
            raise StatusError(apdu.REFERENCE_NOT_FOUND)
        return b""

    def _reset_retry_counter(self, command: Command) -> bytes:
        if command.p2 != _PIN:
            raise StatusError(apdu.REFERENCE_NOT_FOUND)
        puk, new = _halves(command)
        self._refuse_format(new)
        self._check_puk(puk)
        self.contents = replace(self.contents, pin=self.contents.pin.changed(new))
        self._forget_pin()
        return b""

    def _general_authenticate(self, command: Command) -> bytes:
        slot = self.contents.slots.get(command.p2)
        if slot is None:
            raise StatusError(apdu.REFERENCE_NOT_FOUND)
        if command.p1 != keys.algorithm_id(slot.key):
            raise StatusError(apdu.INCORRECT_P1_P2)
        self._authorise(command.p2)
        template = _objects(_objects(command.data).get(0x7C, b""))
        try:
            if template.get(0x81):
                answer = keys.respond_to_challenge(slot.key, template[0x81])
            elif template.get(0x85) and command.p2 == contents.KEY_MANAGEMENT:
                answer = keys.agree(slot.key, template[0x85])
            else:
                raise StatusError(apdu.INCORRECT_DATA)
        except ValueError:
            raise StatusError(apdu.INCORRECT_DATA) from None
        return tlv.encode(0x7C, tlv.encode(0x82, answer))

    def _authorise(self, key_reference: int) -> None:
        """PIN once for 9A and 9D, PIN always for 9C (part 1, table 4b): one VERIFY, one use."""
        just_verified, self._pin_just_verified = self._pin_just_verified, False
        enough = just_verified if key_reference == contents.SIGNATURE else self._pin_verified
        if not enough:
            raise StatusError(apdu.SECURITY_STATUS_NOT_SATISFIED)

    def _check_pin(self, presented: bytes) -> None:
        self._refuse_format(presented)
        kept, right = self.contents.pin.check(presented)
        blocked_before = self.contents.pin.blocked
        self.contents = replace(self.contents, pin=kept)
        if not right:
            self._forget_pin()
            raise StatusError(apdu.METHOD_BLOCKED if blocked_before else apdu.tries_left(kept.tries_left))

    def _check_puk(self, presented: bytes) -> None:
        kept, right = self.contents.puk.check(presented)
        blocked_before = self.contents.puk.blocked
        self.contents = replace(self.contents, puk=kept)
        if not right:
            raise StatusError(apdu.METHOD_BLOCKED if blocked_before else apdu.tries_left(kept.tries_left))

    def _refuse_format(self, presented: bytes) -> None:
        if not is_pin(presented):
            # Costs no try (3.2.1): what cannot be the PIN is no guess at it.
            raise StatusError(apdu.INCORRECT_DATA)

    def _forget_pin(self) -> None:
        self._pin_verified = self._pin_just_verified = False


def _check_class(cla: int) -> None:
    if cla & 0xE0:
        raise StatusError(apdu.CLA_NOT_SUPPORTED)
    if cla & 0x0C:
        raise StatusError(apdu.SECURE_MESSAGING_UNSUPPORTED)
    if cla & 0x03:
        raise StatusError(apdu.LOGICAL_CHANNEL_UNSUPPORTED)


def _objects(data: bytes) -> dict[int, bytes]:
    try:
        return dict(tlv.decode(data))
    except tlv.MalformedTlvError:
        raise StatusError(apdu.INCORRECT_DATA) from None


def _halves(command: Command) -> tuple[bytes, bytes]:
    if command.p1 != 0x00:
        raise StatusError(apdu.INCORRECT_P1_P2)
    if len(command.data) != 2 * REFERENCE_SIZE_BYTES:
        raise StatusError(apdu.INCORRECT_DATA)
    return command.data[:REFERENCE_SIZE_BYTES], command.data[REFERENCE_SIZE_BYTES:]


def _refuse(reference: ReferenceData) -> None:
    raise StatusError(apdu.METHOD_BLOCKED if reference.blocked else apdu.tries_left(reference.tries_left))
