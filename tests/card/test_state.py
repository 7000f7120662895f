"""The card's file and the making of cards."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cardbridge_card import certificates, cli, issuing, keys, state
from tests.card.stack import Card


def _paths(folder: Path, key_type: str = "p256") -> tuple[Path, Path]:
    """A key and its certificate, as a card authority hands them out."""
    slot = certificates.self_signed(
        keys.generate(key_type), reference=0x9A, holder="山田 花子", company="株式会社山田"
    )
    (folder / "key.pem").write_bytes(keys.to_pem(slot.key))
    (folder / "crt.pem").write_bytes(slot.certificate.public_bytes(Encoding.PEM))
    return folder / "key.pem", folder / "crt.pem"


def test_saved_and_loaded_is_the_same_card(tmp_path: Path) -> None:
    card = Card(key_type="p384", key_management=True).issue()
    path = tmp_path / "card.json"
    state.save(path, card)
    loaded = state.load(path)
    assert (loaded.guid, loaded.pin, loaded.puk) == (card.guid, card.pin, card.puk)
    assert sorted(loaded.slots) == [0x9A, 0x9C, 0x9D]
    for reference, slot in loaded.slots.items():
        assert slot.certificate == card.slots[reference].certificate
        assert slot.key.public_key() == slot.certificate.public_key()


def test_the_file_is_the_owners_and_shows_no_pin(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    state.save(path, Card(pin="24681357", puk="97531864").issue())
    state.save(path, Card(pin="24681357", puk="97531864").issue())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]
    text = path.read_text("utf-8")
    assert "24681357" not in text and "97531864" not in text


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    state.save(path, Card(key_type="p256").issue())
    path.chmod(0o640)
    with pytest.raises(state.StateFileError, match="chmod 600"):
        state.load(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', '{"version": 1, "guid": "zz"}'])
def test_no_card(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.json"
    state.write_private(path, text)
    with pytest.raises(state.StateFileError):
        state.load(path)


def test_a_failed_write_leaves_the_old_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "card.json"
    state.write_private(path, "old")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        state.write_private(path, "new")
    assert path.read_text("utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]


def test_given_key_and_certificate(tmp_path: Path) -> None:
    key, certificate = _paths(tmp_path)
    path = tmp_path / "card.json"
    (tmp_path / "pin").write_text("135790\n24680246\n", "ascii")
    arguments = ["new-card", str(path), "--pin-file", str(tmp_path / "pin"), "--key-type", "p256"]
    arguments += ["--authentication-key", str(key), "--authentication-certificate", str(certificate)]
    assert cli.main(arguments) == 0
    slot = state.load(path).slots[0x9A]
    assert slot.certificate.public_bytes(Encoding.PEM) == certificate.read_bytes()


def test_certificate_of_another_key(tmp_path: Path) -> None:
    key, certificate = _paths(tmp_path)
    key.write_bytes(keys.to_pem(keys.generate("p256")))
    specification = issuing.Specification(given={0x9A: (key, certificate)})
    with pytest.raises(certificates.MismatchError):
        issuing.issue(specification, issuing.random_secrets())


def test_key_types_that_no_piv_card_has() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    for key in (ec.generate_private_key(ec.SECP521R1()), rsa.generate_private_key(65537, 4096)):
        with pytest.raises(keys.UnsupportedKeyError):
            keys.from_pem(keys.to_pem(key))
    pem = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(keys.UnsupportedKeyError):
        keys.from_pem(keys.to_pem(pem))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "letter", ["", "12345", "123456789", "12345a", "１２３４５６", "123456\n1234567", "1\n2\n3"]
)
def test_a_refused_letter_is_not_repeated(
    tmp_path: Path, letter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pin").write_text(letter, "utf-8")
    assert cli.main(["new-card", str(tmp_path / "card.json"), "--pin-file", str(tmp_path / "pin")]) == 1
    shown = capsys.readouterr()
    assert not (tmp_path / "card.json").exists()
    assert all(len(word) < 3 or word not in shown.err + shown.out for word in letter.split())


def test_a_random_pin_is_printed_once_and_opens_the_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "card.json"
    assert cli.main(["new-card", str(path), "--key-type", "p256"]) == 0
    lines = dict(line.split(": ") for line in capsys.readouterr().out.splitlines() if ": " in line)
    card = state.load(path)
    assert card.pin.check(lines["PIN番号"].encode() + b"\xff\xff")[1]
    assert card.puk.check(lines["PUK (ロック解除番号)"].encode())[1]
    assert cli.main(["new-card", str(path)]) == 1
