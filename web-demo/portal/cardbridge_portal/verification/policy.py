"""What a portal demands of tokens and signatures: one frozen object, made once at start."""

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from cryptography import x509

Revocation = Literal["off", "soft", "hard"]
SigningTime = Literal["receipt", "timestamp", "timestampRequired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """Trust anchors, at least one, and intermediates that lead to them."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if not self.roots:
            # Without anchors the path library would fall back to the operating system's.
            raise ValueError("at least one trusted authority is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSource:
    """Where one authority publishes revocation, instead of what its certificates say.

    `responder` is a responder's certificate that is trusted as it is (RFC 6960 section 4.2.2.2,
    the first of its three kinds). Addresses are http or https.
    """

    issuer: x509.Certificate
    ocsp: tuple[str, ...] = ()
    crls: tuple[str, ...] = ()
    responder: x509.Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Limits of a fetch. `allowed` are networks beside the public Internet, such as 10.1.2.0/24."""

    timeout_s: float = 5
    total_s: float = 20
    max_crl_bytes: int = 10 * 1024 * 1024
    max_ocsp_bytes: int = 64 * 1024
    allowed: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The portal's rules.

    `revocation`: "off" asks nobody; "soft" accepts when no answer is to be had; "hard" refuses then.
    A bad, stale or "unknown" answer is refused in "soft" too. `revocation_age` bounds answers that name
    no next update. `nonce`: OCSP responders that make their answers beforehand send none.
    `signing_time` is when the certificate has to be valid: at the receipt, or at the signature's time
    stamp (B-T) by one of `timestamp_authorities`, with which a certificate may expire or be revoked
    later. Without a time stamp "timestamp" means the receipt, and "timestampRequired" refuses.
    `curves` are cryptography's names.
    """

    authorities: Authorities
    revocation: Revocation = "soft"
    revocation_sources: tuple[RevocationSource, ...] = ()
    revocation_age: timedelta = timedelta(days=1)
    nonce: Literal["ifPresent", "required"] = "ifPresent"
    signing_time: SigningTime = "receipt"
    timestamp_authorities: Authorities | None = None
    clock_skew: timedelta = timedelta(minutes=1)
    hashes: frozenset[str] = frozenset({"sha256", "sha384", "sha512"})
    curves: frozenset[str] = frozenset({"secp256r1", "secp384r1", "secp521r1"})
    min_rsa_bits: int = 2048
    max_document_bytes: int = 64 * 1024 * 1024
    network: Network = field(default_factory=Network)

    def __post_init__(self) -> None:
        if not self.hashes <= {"sha256", "sha384", "sha512"} or self.min_rsa_bits < 2048:
            raise ValueError("SHA-2 and RSA of 2048 bits are the least")
        if self.signing_time != "receipt" and self.timestamp_authorities is None:
            raise ValueError("time stamps need timestamp_authorities")

    def source_of(self, issuer: x509.Certificate) -> RevocationSource | None:
        """What is configured for this authority, if anything."""
        return next((source for source in self.revocation_sources if source.issuer == issuer), None)
