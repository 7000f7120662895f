"""The table of algorithms against the standards, its names made a second time by other means."""

import hashlib
from typing import Any, get_args

import msgspec
import pytest
from asn1crypto import algos, core
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import algorithms
from bridge.core.algorithms import ALGORITHMS, Algorithm, HashName, usable
from bridge.core.webeid import SignatureAlgorithm, signature_algorithm
from tests.unit.fuzz import quick

ALL = frozenset(("ECDSA", "RSA_PKCS", "RSA_PKCS_PSS"))
HASHES: tuple[HashName, ...] = get_args(HashName)


def test_the_contract_names_nine() -> None:
    assert set(ALGORITHMS) == {
        "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
    }  # fmt: skip
    assert all(row.jws == name for name, row in ALGORITHMS.items())


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS.keys())
def test_the_names_of_rfc_7518_section_3_1(row: Algorithm) -> None:
    family, bits = row.jws[:2], int(row.jws[2:])
    assert row.family == {"ES": "ECDSA", "PS": "RSA-PSS", "RS": "RSA-PKCS1"}[family]
    assert hashlib.new(row.hash_name).digest_size * 8 == bits


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS.keys())
def test_mechanisms_take_a_digest_and_never_hash_again(row: Algorithm) -> None:
    assert row.mechanism == {"ES": "ECDSA", "PS": "RSA_PKCS_PSS", "RS": "RSA_PKCS"}[row.jws[:2]]


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS.keys())
def test_the_members_of_web_eid(row: Algorithm) -> None:
    assert msgspec.to_builtins(signature_algorithm(row)) == {
        "cryptoAlgorithm": "ECC" if row.jws[0] == "E" else "RSA",
        "hashFunction": f"SHA-{row.jws[2:]}",
        "paddingScheme": {"ES": "NONE", "PS": "PSS", "RS": "PKCS1.5"}[row.jws[:2]],
    }


def test_no_two_rows_look_the_same_to_a_page() -> None:
    rows: set[SignatureAlgorithm] = {signature_algorithm(row) for row in ALGORITHMS.values()}
    assert len(rows) == len(ALGORITHMS)


@pytest.mark.parametrize("name", HASHES)
def test_digest_info_prefixes_are_the_der_of_rfc_8017(name: HashName) -> None:
    digest = hashlib.new(name, b"x").digest()
    algorithm = {"algorithm": name, "parameters": core.Null()}
    info = algos.DigestInfo({"digest_algorithm": algorithm, "digest": digest})
    assert algorithms.DIGEST_INFO_PREFIXES[name] + digest == info.dump()
    assert algorithms.DIGEST_SIZES[name] == len(digest)


def test_digest_info_by_hand() -> None:
    oid = bytes([6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1])
    identifier = bytes([0x30, len(oid) + 2]) + oid + bytes([5, 0])
    octets = bytes([4, 32]) + bytes(32)
    whole = bytes([0x30, len(identifier) + len(octets)]) + identifier + octets
    assert algorithms.DIGEST_INFO_PREFIXES["sha256"] + bytes(32) == whole


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS.keys())
def test_oids(row: Algorithm) -> None:
    known = {"ES": f"{row.hash_name}_ecdsa", "PS": "rsassa_pss", "RS": f"{row.hash_name}_rsa"}[row.jws[:2]]
    assert algos.SignedDigestAlgorithmId(known).dotted == row.oid
    assert algos.DigestAlgorithmId(row.hash_name).dotted == algorithms.DIGEST_OIDS[row.hash_name]


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=ALGORITHMS.keys())
def test_xml_uris_are_those_that_signxml_knows(row: Algorithm) -> None:
    signxml: Any = pytest.importorskip("signxml.algorithms")
    member = {"ES": "ECDSA_SHA", "PS": "SHA", "RS": "RSA_SHA"}[row.jws[:2]] + row.jws[2:]
    suffix = "_RSA_MGF1" if row.jws[:2] == "PS" else ""
    assert signxml.SignatureMethod[member + suffix].value == row.xml_uri
    assert signxml.DigestAlgorithm[f"SHA{row.jws[2:]}"].value == algorithms.DIGEST_XML_URIS[row.hash_name]


def names(rows: tuple[Algorithm, ...]) -> list[str]:
    return [row.jws for row in rows]


@pytest.mark.parametrize(
    ("key_bits", "expected"),
    [
        (256, ["ES256", "ES384", "ES512"]),
        (384, ["ES384", "ES256", "ES512"]),
        (521, ["ES512", "ES256", "ES384"]),
    ],
)
def test_of_a_curve_the_hash_of_its_strength_is_first(key_bits: int, expected: list[str]) -> None:
    assert names(usable("EC", key_bits, ALL)) == expected


@pytest.mark.parametrize(
    ("key_bits", "first"), [(2048, "256"), (3072, "256"), (4096, "384"), (7680, "384"), (15360, "512")]
)
def test_of_an_rsa_key_pkcs1_is_before_pss(key_bits: int, first: str) -> None:
    found = names(usable("RSA", key_bits, ALL))
    assert len(found) == 6
    assert [name[:2] for name in found] == ["RS"] * 3 + ["PS"] * 3
    assert found[0] == f"RS{first}" and found[3] == f"PS{first}"


@pytest.mark.parametrize(
    ("key_type", "mechanisms", "families"),
    [
        ("EC", {"RSA_PKCS", "RSA_PKCS_PSS"}, set()),
        ("EC", {"ECDSA_SHA256"}, set()),
        ("RSA", {"ECDSA"}, set()),
        ("RSA", {"RSA_PKCS_PSS"}, {"PS"}),
        ("RSA", {"RSA_PKCS"}, {"RS"}),
        ("RSA", {"RSA_PKCS", "ECDSA"}, {"RS"}),
        ("RSA", set(), set()),
    ],
)
def test_only_what_key_and_token_can(key_type: Any, mechanisms: set[str], families: set[str]) -> None:
    found = usable(key_type, 256 if key_type == "EC" else 2048, frozenset(mechanisms))
    assert {row.jws[:2] for row in found} == families


@quick
@given(st.sampled_from(["EC", "RSA"]), st.integers(1, 20000), st.frozensets(st.sampled_from([*ALL, "X"])))
def test_the_order_has_no_repeats_and_stays(key_type: Any, bits: int, mechanisms: frozenset[str]) -> None:
    found = usable(key_type, bits, mechanisms)
    assert len(set(names(found))) == len(found)
    assert found == usable(key_type, bits, mechanisms)
    assert all(row.mechanism in mechanisms and (row.family == "ECDSA") == (key_type == "EC") for row in found)
