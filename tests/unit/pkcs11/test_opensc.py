"""OpenSC's configuration of a worker: a change must never spend the PUK's tries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.pkcs11 import opensc

OTHER_STYLE = "user_pin_unblock_style = set_pin_in_specific_context;"
STYLE = "user_pin_unblock_style = set_pin_in_unlogged_session;"
CONFIGURATIONS = {
    "nothing": "",
    "no block": "app default {\n\tdebug = 0;\n}\n",
    "block without pkcs11": "app opensc-pkcs11 {\n\tdebug = 1;\n}\n",
    "block": "app default {\n}\napp opensc-pkcs11 {\n\tpkcs11 {\n\t\tslots_per_card = 2;\n\t}\n}\n",
    "in one line": "app opensc-pkcs11 { pkcs11 { slots_per_card = 2; } }",
    "quoted": 'app "opensc-pkcs11" {\n pkcs11 {\n }\n}\n',
    "style is on": f"app opensc-pkcs11 {{\n\tpkcs11 {{\n\t\t{STYLE}\n\t}}\n}}\n",
    "style without spaces": f"app opensc-pkcs11 {{ pkcs11 {{ {STYLE.replace(' ', '')} }} }}",
    "another style": f"app opensc-pkcs11 {{ pkcs11 {{ {OTHER_STYLE} }} }}",
    "commented out": f"app opensc-pkcs11 {{\n\t# pkcs11 {{ {STYLE}\n\tpkcs11 {{\n\t\t# {STYLE}\n\t}}\n}}\n",
}


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_change_has_no_style(text: str) -> None:
    assert "user_pin_unblock_style" not in opensc.configured(text, unblocks=False)


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_unblock_has_one_in_the_right_place(text: str) -> None:
    made = opensc.configured(text, unblocks=True)
    assert made.count("user_pin_unblock_style") == 1
    before = made[: made.index(STYLE)]
    assert before.count("{") - before.count("}") == 2
    assert "opensc-pkcs11" in before and before.rstrip().endswith("{")
    assert made.count("{") == made.count("}")
    assert ("slots_per_card" in made) == ("slots_per_card" in text)


@pytest.mark.parametrize("unblocks", [False, True])
def test_environment_is_as_before(unblocks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "opensc.conf"
    own.write_text(CONFIGURATIONS["style is on"])
    monkeypatch.setenv(opensc.VARIABLE, str(own))
    with opensc.configuration(unblocks=unblocks):
        used = Path(os.environ[opensc.VARIABLE])
        assert used != own
        assert (STYLE in used.read_text()) == unblocks
    assert os.environ[opensc.VARIABLE] == str(own)
    assert not used.exists()


def test_a_configuration_that_fits_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "opensc.conf"
    own.write_text(CONFIGURATIONS["commented out"])
    monkeypatch.setenv(opensc.VARIABLE, str(own))
    with opensc.configuration(unblocks=False):
        assert os.environ[opensc.VARIABLE] == str(own)


def test_a_configuration_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opensc.VARIABLE, str(tmp_path / "none.conf"))
    with opensc.configuration(unblocks=True):
        assert STYLE in Path(os.environ[opensc.VARIABLE]).read_text()
