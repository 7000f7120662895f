"""Why a token or a signature is refused.

    VerificationError
    ├── TokenError            auth.getToken's result
    │   ├── TokenMalformed    not web-eid:1, a member missing or of the wrong type
    │   ├── AlgorithmMismatch unknown, or not the certificate key's
    │   └── TokenSignatureInvalid  not over this origin and nonce with this key
    ├── CertificateError
    │   ├── KeyUsageMissing   the certificate is for something else
    │   ├── CertificateExpired, CertificateNotYetValid
    │   └── CertificateUntrusted   no chain to a configured authority
    └── SignatureError        sign.documents' result
        ├── SignatureMalformed     no detached CAdES of one signer
        ├── DigestMismatch         another document
        ├── SigningCertificateMismatch  the attribute absent, or for another certificate
        └── SignatureInvalid       the signed attributes' signature is wrong

Each has a class-wide `reason`, lowerCamelCase, that pages and tests rely on; no text quotes the
certificate's subject.
"""

from typing import ClassVar


class VerificationError(Exception):
    """A refusal; the message is for developers and quotes nothing personal."""

    reason: ClassVar[str] = "verificationFailed"


class TokenError(VerificationError):
    """The authentication token is refused."""


class TokenMalformed(TokenError):
    """Not a web-eid:1 token."""

    reason = "tokenMalformed"


class AlgorithmMismatch(TokenError):
    """The algorithm is unknown, or it is not the key's."""

    reason = "algorithmMismatch"


class TokenSignatureInvalid(TokenError):
    """Not a signature over the expected origin and nonce."""

    reason = "tokenSignatureInvalid"


class CertificateError(VerificationError):
    """The certificate is refused."""


class KeyUsageMissing(CertificateError):
    """Key usage or extended key usage does not allow this."""

    reason = "keyUsageMissing"


class CertificateExpired(CertificateError):
    """notAfter has passed."""

    reason = "certificateExpired"


class CertificateNotYetValid(CertificateError):
    """notBefore is to come."""

    reason = "certificateNotYetValid"


class CertificateUntrusted(CertificateError):
    """No valid chain to a configured authority."""

    reason = "certificateUntrusted"


class SignatureError(VerificationError):
    """The document's signature is refused."""


class SignatureMalformed(SignatureError):
    """Not a detached CAdES signature of one signer."""

    reason = "signatureMalformed"


class DigestMismatch(SignatureError):
    """It was made over another document."""

    reason = "digestMismatch"


class SigningCertificateMismatch(SignatureError):
    """signing-certificate-v2 is absent or names another certificate."""

    reason = "signingCertificateMismatch"


class SignatureInvalid(SignatureError):
    """The signature over the signed attributes is wrong."""

    reason = "signatureInvalid"
