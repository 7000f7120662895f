"""The virtual card as OpenSC sees it, through pcscd and vpcd."""

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from os import environ

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cardbridge_card import cli, runtime
from tests.card.probe import Probe
from tests.card.stack import Card, Stack, missing_piece, pcsc_stack

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

DATA = "利用者登録".encode()
AUTHENTICATION, SIGNATURE = "01", "02"
PIN, PUK, WRONG = "123456", "12345678", "999999"


@pytest.fixture(scope="module")
def shared() -> Iterator[Stack]:
    """Two readers; RSA-2048 and P-256 in them, P-384 and RSA-3072 beside."""
    cards = [Card(name=name, key_type=name) for name in ("rsa2048", "p256", "p384", "rsa3072")]
    with pcsc_stack(cards, readers=2) as stack:
        yield stack


@pytest.fixture
def stack(shared: Stack) -> Stack:
    """The shared one, healthy: both first cards in, counters full, no faults."""
    for reader, name in ((1, "rsa2048"), (2, "p256")):
        status = shared.control("heal", reader=reader)
        card = status["readers"][reader - 1]["card"]
        if card is None or card["name"] != name:
            shared.control("insert" if card is None else "swap", reader=reader, card=name)
        shared.control("set-tries", reader=reader, value=3)
        shared.control("set-puk-tries", reader=reader, value=3)
    shared.wait_for_cards([True, True])
    return shared


def _verify(certificate: x509.Certificate, signature: bytes, mechanism: str) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, DATA, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        algorithm: hashes.HashAlgorithm = hashes.SHA256() if half == 32 else hashes.SHA384()
        key.verify(encode_dss_signature(*numbers), DATA, ec.ECDSA(algorithm))
    else:
        pytest.fail(f"{type(key)} for {mechanism}")


def _sign(probe: Probe, key_type: str, key: str, pin: str | None = None) -> object:
    if key_type.startswith("rsa"):
        return probe.ask("sign", key=key, mechanism="SHA256_RSA_PKCS", data=DATA.hex(), pin=pin)
    digest = hashlib.sha256(DATA) if key_type == "p256" else hashlib.sha384(DATA)
    return probe.ask("sign", key=key, mechanism="ECDSA", data=digest.hexdigest(), pin=pin)


def test_both_readers_hold_their_cards_at_once(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        assert probe.ask("readers") == stack.reader_names
        first = probe.ask("certificates")
        probe.ask("choose", slot=1)
        second = probe.ask("certificates")
    assert set(first) == set(second) == {AUTHENTICATION, SIGNATURE}
    assert first != second
    certificate = x509.load_der_x509_certificate(bytes.fromhex(first[SIGNATURE]))
    assert certificate.subject.rfc4514_string() == "CN=見本 太郎,O=株式会社見本建設,C=JP"


@pytest.mark.parametrize("key_type", ["rsa2048", "rsa3072", "p256", "p384"])
def test_both_keys_sign_what_their_certificates_verify(stack: Stack, key_type: str) -> None:
    slot = 1 if key_type in ("p256", "p384") else 0
    if key_type in ("rsa3072", "p384"):
        stack.control("swap", reader=slot + 1, card=key_type)
        stack.wait_for_cards([True, True])
    with Probe(stack.env) as probe:
        probe.ask("choose", slot=slot)
        certificates = probe.ask("certificates")
        assert probe.ask("login", pin=PIN) is None
        for key, pin in ((AUTHENTICATION, None), (SIGNATURE, PIN)):
            signature = _sign(probe, key_type, key, pin)
            assert isinstance(signature, str) and not signature.startswith("!"), signature
            certificate = x509.load_der_x509_certificate(bytes.fromhex(certificates[key]))
            _verify(certificate, bytes.fromhex(signature), key_type)


def test_the_signature_key_wants_the_pin_each_time(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
        assert probe.ask("always_authenticate", key=SIGNATURE) is True
        assert probe.ask("always_authenticate", key=AUTHENTICATION) is False
        for _ in range(2):
            assert not str(_sign(probe, "rsa2048", SIGNATURE, PIN)).startswith("!")
        assert str(_sign(probe, "rsa2048", SIGNATURE)).startswith("!")


def test_wrong_pins_count_down_to_locked(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        assert probe.ask("login", pin=WRONG) == "!PinIncorrect"
        assert probe.ask("flags") == []
        assert probe.ask("login", pin=WRONG) == "!PinIncorrect"
        assert probe.ask("flags") == ["USER_PIN_FINAL_TRY"]
        assert probe.ask("login", pin=WRONG) in ("!PinIncorrect", "!PinLocked")
        assert probe.ask("flags") == ["USER_PIN_LOCKED"]
        assert probe.ask("login", pin=PIN) == "!PinLocked"


def test_the_right_pin_fills_the_counter(stack: Stack) -> None:
    stack.control("set-tries", value=1)
    with Probe(stack.env) as probe:
        assert probe.ask("flags") == ["USER_PIN_FINAL_TRY"]
        assert probe.ask("login", pin=PIN) is None
    assert stack.control("status")["readers"][0]["card"]["pinTriesLeft"] == 3


def test_logout_reset_and_a_second_process(stack: Stack) -> None:
    """What the daemon must know: a verified PIN stays for others until the card is reset."""
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
        assert stack.control("status")["readers"][0]["card"]["pinVerified"] is True
    reset = ["opensc-tool", "--reader", stack.reader_names[0], "--reset"]
    subprocess.run(reset, check=True, capture_output=True, env=environ | stack.env, timeout=20)
    assert stack.control("status")["readers"][0]["card"]["pinVerified"] is False


def test_removal_in_the_middle_of_a_slow_signature(stack: Stack) -> None:
    stack.control("slow", value=60_000)
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
        begun = time.monotonic()
        probe.send("sign", key=AUTHENTICATION, mechanism="SHA256_RSA_PKCS", data=DATA.hex())
        time.sleep(0.3)
        stack.control("remove")
        assert str(probe.answer()).startswith("!")
        assert time.monotonic() - begun < 30, "not when the card would have signed"
        stack.wait_for_cards([False, True])
        stack.control("heal")
        stack.control("insert", card="rsa2048")
        stack.wait_for_cards([True, True])
    with Probe(stack.env) as probe:
        assert probe.ask("login", pin=PIN) is None
        assert not str(_sign(probe, "rsa2048", AUTHENTICATION)).startswith("!")


def test_ejected_during_signature_then_empty(stack: Stack) -> None:
    stack.control("eject-during-signature")
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
        assert str(_sign(probe, "rsa2048", AUTHENTICATION)).startswith("!")
    stack.wait_for_cards([False, True])


def test_failing_and_wrong_signatures(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        certificate = x509.load_der_x509_certificate(bytes.fromhex(probe.ask("certificates")[AUTHENTICATION]))
        probe.ask("login", pin=PIN)
        # OpenSC tries a failed signature a second time by itself.
        stack.control("fail-with", statusWord="6F00", count=1)
        assert not str(_sign(probe, "rsa2048", AUTHENTICATION)).startswith("!")
        stack.control("fail-with", statusWord="6F00", count=2)
        assert str(_sign(probe, "rsa2048", AUTHENTICATION)).startswith("!")
    stack.control("wrong-signature", count=1)
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
        wrong = str(_sign(probe, "rsa2048", AUTHENTICATION))
        right = str(_sign(probe, "rsa2048", AUTHENTICATION))
    assert len(wrong) == len(right) and wrong != right
    _verify(certificate, bytes.fromhex(right), "rsa2048")


def test_expired_and_renewed(stack: Stack) -> None:
    def ends() -> list[bool]:
        with Probe(stack.env) as probe:
            found = [bytes.fromhex(der) for der in probe.ask("certificates").values()]
        now = x509.load_der_x509_certificate(found[0]).not_valid_before_utc.now(tz=None).astimezone()
        return [x509.load_der_x509_certificate(der).not_valid_after_utc < now for der in found]

    stack.control("expire")
    stack.wait_for_cards([True, True])
    assert ends() == [True, True]
    stack.control("renew")
    stack.wait_for_cards([True, True])
    assert ends() == [False, False]


def test_counter_and_pin_outlive_a_restart(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        assert probe.ask("login", pin=WRONG) == "!PinIncorrect"
    stack.stop_cards()
    assert not stack.runtime_file.exists()
    stack.wait_for_cards([False, False])
    stack.start_cards()
    stack.wait_for_cards([True, True])
    assert stack.control("status")["readers"][0]["card"]["pinTriesLeft"] == 2
    with Probe(stack.env) as probe:
        assert probe.ask("login", pin=PIN) is None


def test_pcscd_killed_and_back(stack: Stack) -> None:
    stack.pcscd.kill()
    stack.pcscd.start()
    stack.wait_for_cards([True, True])
    with Probe(stack.env) as probe:
        assert probe.ask("login", pin=PIN) is None


def test_change_and_unblock() -> None:
    with pcsc_stack() as stack:
        _change_and_unblock(stack)


def _change_and_unblock(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        # Without OPENSC_CONF: with it, set_pin while not logged in takes the PUK, not the old PIN.
        change = ["pkcs11-tool", "--module", "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"]
        change += ["--slot-index", "0", "--login", "--pin", PIN, "--change-pin", "--new-pin", "654321"]
        env = environ | stack.env | {"OPENSC_CONF": "/dev/null"}
        subprocess.run(change, check=True, capture_output=True, env=env, timeout=20)
        assert probe.ask("login", pin=PIN) == "!PinIncorrect"
        assert probe.ask("login", pin="654321") is None
    stack.control("block-pin")
    with Probe(stack.env) as probe:
        assert probe.ask("flags") == ["USER_PIN_LOCKED"]
        assert probe.ask("set_pin", old="00000000", new=PIN) == "!PinIncorrect"
        assert probe.ask("set_pin", old=PUK, new=PIN) is None
        assert probe.ask("flags") == []
        assert probe.ask("login", pin=PIN) is None


def test_the_command_line_controls(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    control = ["control", "--runtime-file", str(stack.runtime_file)]
    assert cli.main([*control, "--reader", "2", "fail-with", "6581", "2", "--ins", "20"]) == 0
    assert json.loads(capsys.readouterr().out)["readers"][1]["failures"] == 2
    assert cli.main([*control, "remove"]) == 0
    stack.wait_for_cards([False, True])
    assert cli.main([*control, "remove"]) == 1
    assert "カードがありません" in capsys.readouterr().err


def test_logs_warn_of_the_open_port_and_hold_no_secret(stack: Stack) -> None:
    with Probe(stack.env) as probe:
        probe.ask("login", pin=PIN)
    log = (stack.folder / "cards.log").read_text("utf-8")
    assert "(0.0.0.0) で待ち受けます" in log
    assert all(str(port) in log for port in stack.pcscd.ports)
    token = runtime.find(stack.runtime_file).token
    for secret in (PIN, PUK, WRONG, "見本", token):
        assert secret not in log
