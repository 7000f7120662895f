"""Which certificates fit a request."""

import pytest

from bridge.core.messages import Filter
from bridge.core.selection import CertificateEntry, entries, for_authentication, for_signature, matching
from tests.unit.certificates import LOGIN, SIGNATURE, authority, certificate, name
from tests.unit.tokens import placed, survey

BOTH = (*LOGIN, *SIGNATURE)


def serials(found: list[CertificateEntry]) -> list[str]:
    return [entry.facts.serial_number for entry in found]


def test_every_end_entity_on_every_token_with_its_key_and_chain() -> None:
    root, sub = authority(name("Root"), name("Root")), authority(name("Sub"), name("Root"), serial=2)
    first = placed([root, certificate(issuer=name("Sub"), serial=0xA), sub], slot=1)
    second = placed([certificate(serial=0xB)], slot=2, driver="Other")
    found = entries(survey(first, second))
    assert serials(found) == ["a", "b"]
    assert [entry.key_id for entry in found] == [b"\2", b"\1"]
    assert [entry.place for entry in found] == [first, second]
    assert [issuer.der for issuer in found[0].chain] == [sub, root]
    assert found[1].chain == ()


def test_issuers_come_from_the_same_token_only() -> None:
    sub = authority(name("Sub"), name("Sub"))
    found = entries(survey(placed([certificate(issuer=name("Sub"))], slot=1), placed([sub], slot=2)))
    assert [entry.chain for entry in found] == [()]


def test_what_cannot_be_read_is_passed_over() -> None:
    found = entries(survey(placed([b"", b"\x30\x00", certificate("ed25519"), certificate(serial=0xA)])))
    assert serials(found) == ["a"]
    assert found[0].key_id == b"\4"


def test_nothing_seen_is_nothing_found() -> None:
    assert entries(survey()) == []


def test_a_card_that_two_drivers_know_is_there_once() -> None:
    der = certificate(serial=0xA)
    found = entries(
        survey(placed([der], driver="First"), placed([der, certificate(serial=0xB)], driver="Second"))
    )
    assert [(entry.place.driver, entry.facts.serial_number) for entry in found] == [
        ("First", "a"),
        ("Second", "b"),
    ]


def test_the_reader_is_named_without_its_serial_number() -> None:
    (entry,) = entries(survey(placed([certificate()], description="ACS ACR39U (12345678) 00 00")))
    assert entry.reader == "ACS ACR39U 00 00"


@pytest.mark.parametrize(
    ("kind", "mechanisms", "names"),
    [
        ("p256", {"ECDSA"}, ["ES256", "ES384", "ES512"]),
        ("p384", {"ECDSA"}, ["ES384", "ES256", "ES512"]),
        ("rsa", {"RSA_PKCS"}, ["RS256", "RS384", "RS512"]),
        ("rsa", {"ECDSA"}, []),
    ],
)
def test_algorithms_of_key_and_token(kind: str, mechanisms: set[str], names: list[str]) -> None:
    (entry,) = entries(survey(placed([certificate(kind)], mechanisms=frozenset(mechanisms))))
    assert [row.jws for row in entry.algorithms] == names


def test_logging_in_takes_digital_signature() -> None:
    found = entries(
        survey(
            placed(
                [
                    certificate(usage=LOGIN, serial=1),
                    certificate(usage=SIGNATURE, serial=2),
                    certificate(usage=BOTH, serial=3),
                    certificate(usage=None, serial=4),
                    certificate(usage=("key_encipherment",), serial=5),
                ]
            )
        )
    )
    assert serials(for_authentication(found)) == ["1", "3"]


def test_signing_takes_non_repudiation() -> None:
    found = entries(
        survey(placed([certificate(usage=u, serial=i) for i, u in enumerate((LOGIN, SIGNATURE, BOTH), 1)]))
    )
    assert serials(for_signature(found)) == ["2", "3"]


def test_signing_takes_digital_signature_where_the_same_token_has_nothing_better() -> None:
    found = entries(
        survey(
            placed([certificate(usage=LOGIN, serial=1), certificate(usage=SIGNATURE, serial=2)], slot=1),
            placed([certificate(usage=LOGIN, serial=3), certificate(usage=None, serial=4)], slot=2),
        )
    )
    assert serials(for_signature(found)) == ["2", "3"]


def test_filters() -> None:
    found = entries(
        survey(
            placed(
                [
                    certificate(issuer=name("A"), usage=LOGIN, policies=["1.2.3"], serial=1),
                    certificate(issuer=name("B"), usage=BOTH, policies=["1.2.4", "1.2.5"], serial=2),
                    certificate(issuer=name("B"), usage=SIGNATURE, serial=3),
                ]
            )
        )
    )
    prints = [entry.facts.thumbprint for entry in found]

    def fitting(wanted: Filter | None) -> list[str]:
        return serials(matching(found, wanted))

    assert fitting(None) == fitting(Filter()) == ["1", "2", "3"]
    assert fitting(Filter(issuers=("CN=B",))) == ["2", "3"]
    assert fitting(Filter(issuers=("CN=A", "CN=B"))) == ["1", "2", "3"]
    assert fitting(Filter(issuers=("CN=b",))) == []
    assert fitting(Filter(thumbprints=(prints[2], prints[0]))) == ["1", "3"]
    assert fitting(Filter(key_usage=("nonRepudiation",))) == ["2", "3"]
    assert fitting(Filter(policies=("1.2.5", "1.2.3"))) == ["1", "2"]
    assert fitting(Filter(issuers=("CN=B",), key_usage=("digitalSignature",))) == ["2"]
    assert fitting(Filter(issuers=("CN=A",), policies=("1.2.4",))) == []


def test_an_empty_list_in_a_filter_fits_nothing() -> None:
    found = entries(survey(placed([certificate()])))
    assert matching(found, Filter(issuers=())) == []
