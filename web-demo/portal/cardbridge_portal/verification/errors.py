"""Why a token or a signature is refused: one class, one `reason` each.

`reason` is lowerCamelCase; pages and tests rely on it. `japanese` and `english` are sentences that a
portal may show; the exception's own text is for developers. None quotes a certificate's subject.
VERIFICATION.md has them as a table.

    VerificationError
    ├── TokenError        auth.getToken's result
    ├── CertificateError  the certificate and its path
    │   └── RevocationError
    │       └── RevocationUnanswered   what policy "soft" tolerates
    └── SignatureError    sign.documents' result
"""

from typing import ClassVar, Literal


class VerificationError(Exception):
    """A refusal."""

    reason: ClassVar[str] = "verificationFailed"
    japanese: ClassVar[str] = "確認できませんでした。システム管理者に連絡してください。"
    english: ClassVar[str] = "This could not be verified. Please contact your administrator."

    def sentence(self, language: Literal["ja", "en"] = "ja") -> str:
        """What the portal may tell the person: what happened and what to do."""
        return self.english if language == "en" else self.japanese


class TokenError(VerificationError):
    """The authentication token is refused."""


class TokenMalformed(TokenError):
    """Not a web-eid:1 token: a member is missing or of the wrong type."""

    reason = "tokenMalformed"
    japanese = "ICカードの確認結果を読み取れませんでした。はじめからやり直してください。"
    english = "The card's answer could not be read. Please start again."


class AlgorithmMismatch(TokenError):
    """The algorithm is unknown, or it is not the key's."""

    reason = "algorithmMismatch"
    japanese = "ICカードの署名方式に対応していません。ICカードを発行した認証局に連絡してください。"
    english = "The card's signature algorithm is not supported. Please contact its issuer."


class TokenSignatureInvalid(TokenError):
    """Not a signature over the expected origin and nonce by the certificate's key."""

    reason = "tokenSignatureInvalid"
    japanese = "ICカードの確認に失敗しました。このポータルの画面を開き直して、やり直してください。"
    english = "The card's answer is not for this page. Please open the portal again and retry."


class CertificateError(VerificationError):
    """The certificate is refused."""


class CertificateMalformed(CertificateError):
    """Not a readable X.509 certificate."""

    reason = "certificateMalformed"
    japanese = "電子証明書を読み取れませんでした。ICカードを発行した認証局に連絡してください。"
    english = "The certificate could not be read. Please contact its issuer."


class KeyUsageMissing(CertificateError):
    """Key usage or extended key usage does not allow this."""

    reason = "keyUsageMissing"
    japanese = "この電子証明書は、この用途には使えません。電子入札用のICカードか確かめてください。"
    english = "This certificate is for another purpose. Please check that it is the right card."


class CertificateExpired(CertificateError):
    """notAfter has passed."""

    reason = "certificateExpired"
    japanese = "電子証明書の有効期限が切れています。更新したICカードを使ってください。"
    english = "The certificate has expired. Please use a renewed card."


class CertificateNotYetValid(CertificateError):
    """notBefore is to come."""

    reason = "certificateNotYetValid"
    japanese = "電子証明書は、まだ有効期間に入っていません。有効期間が始まってから使ってください。"
    english = "The certificate is not valid yet. Please use it from its first day on."


class CertificateUntrusted(CertificateError):
    """No valid path to a configured authority."""

    reason = "certificateUntrusted"
    japanese = "このポータルが受け付けない認証局の電子証明書です。電子入札用のICカードか確かめてください。"
    english = "The certificate's issuer is not accepted here. Please check that it is the right card."


class AlgorithmTooWeak(CertificateError):
    """A hash, key or curve that the policy does not allow: in the path, the signature or the token."""

    reason = "algorithmTooWeak"
    japanese = "電子証明書または署名の暗号方式が古いため、受け付けられません。認証局に連絡してください。"
    english = "The certificate or signature uses outdated cryptography. Please contact the card's issuer."


class CertificateRevoked(CertificateError):
    """Revoked before it was used (certificateHold too)."""

    reason = "certificateRevoked"
    japanese = "電子証明書が失効しています。ICカードを発行した認証局に連絡してください。"
    english = "The certificate has been revoked. Please contact the card's issuer."


class RevocationError(CertificateError):
    """Whether the certificate is revoked could not be established."""


class RevocationUnanswered(RevocationError):
    """No answer at all: tolerated by policy "soft"."""


class RevocationUnavailable(RevocationUnanswered):
    """Neither certificate nor configuration names an address that could be asked."""

    reason = "revocationUnavailable"
    japanese = "この電子証明書は、失効しているかどうかを確認する方法がありません。認証局に連絡してください。"
    english = "There is no way to check whether this certificate is revoked. Please contact its issuer."


class RevocationUnreachable(RevocationUnanswered):
    """Time limit, connection, HTTP status, size, or the responder says "try later"."""

    reason = "revocationUnreachable"
    japanese = "認証局に失効の状態を問い合わせできませんでした。時間をおいて、もう一度行ってください。"
    english = "The certificate's issuer could not be reached. Please try again later."


class RevocationAddressRefused(RevocationUnanswered):
    """The address is not http(s), or leads to a network that is not allowed."""

    reason = "revocationAddressRefused"
    japanese = "認証局の問い合わせ先に接続できない設定です。ポータルの運営者に連絡してください。"
    english = "The portal may not connect to the issuer's address. Please contact the portal's operator."


class RevocationMalformed(RevocationError):
    """The answer is unreadable, or about another certificate."""

    reason = "revocationMalformed"
    japanese = "認証局からの失効の回答を読み取れませんでした。時間をおいて、もう一度行ってください。"
    english = "The issuer's answer on revocation could not be read. Please try again later."


class RevocationSignatureInvalid(RevocationError):
    """The answer's signature is wrong."""

    reason = "revocationSignatureInvalid"
    japanese = "失効の回答が、認証局のものと確認できませんでした。ポータルの運営者に連絡してください。"
    english = "The answer on revocation is not genuine. Please contact the portal's operator."


class ResponderUnauthorized(RevocationError):
    """Signed by somebody who may not answer for this authority (RFC 6960 section 4.2.2.2)."""

    reason = "responderUnauthorized"
    japanese = "失効の回答に署名した機関に、その権限がありません。ポータルの運営者に連絡してください。"
    english = "Who answered on revocation is not entitled to. Please contact the portal's operator."


class NonceMismatch(RevocationError):
    """The answer is to another question, or lacks the nonce that the policy requires."""

    reason = "revocationNonceMismatch"
    japanese = "失効の回答が、今回の問い合わせのものではありません。もう一度行ってください。"
    english = "The answer on revocation is not to our question. Please try again."


class RevocationStale(RevocationError):
    """The answer is too old, or from the future."""

    reason = "revocationStale"
    japanese = "失効の情報が古いため、確認できませんでした。時間をおいて、もう一度行ってください。"
    english = "The issuer's revocation information is out of date. Please try again later."


class RevocationUnknown(RevocationError):
    """The responder does not know the certificate."""

    reason = "revocationUnknown"
    japanese = "認証局がこの電子証明書を把握していません。ICカードを発行した認証局に連絡してください。"
    english = "The issuer does not know this certificate. Please contact the card's issuer."


class SignatureError(VerificationError):
    """The document's signature is refused."""


class SignatureMalformed(SignatureError):
    """Not one readable signature of the expected format and packaging."""

    reason = "signatureMalformed"
    japanese = "電子署名の形式が正しくありません。もう一度署名してください。"
    english = "The signature's format is wrong. Please sign again."


class DocumentTooLarge(SignatureError):
    """More than the policy's max_document_bytes."""

    reason = "documentTooLarge"
    japanese = "文書が大きすぎるため、受け付けられません。文書を分けてください。"
    english = "The document is too large. Please divide it."


class DigestMismatch(SignatureError):
    """It was made over another document, or the document was changed."""

    reason = "digestMismatch"
    japanese = "署名された内容と文書が一致しません。文書を確かめて、もう一度署名してください。"
    english = "The document is not what was signed. Please check it and sign again."


class SigningCertificateMismatch(SignatureError):
    """The signing certificate attribute is absent, or for another certificate."""

    reason = "signingCertificateMismatch"
    japanese = "署名した電子証明書を特定できません。もう一度署名してください。"
    english = "The signature does not name its certificate. Please sign again."


class SignatureInvalid(SignatureError):
    """The signature value is not this key's over these attributes."""

    reason = "signatureInvalid"
    japanese = "電子署名が正しくありません。署名の後に変更された可能性があります。もう一度署名してください。"
    english = "The signature is not valid; it may have been altered. Please sign again."


class TimestampMissing(SignatureError):
    """The policy requires B-T and there is no time stamp."""

    reason = "timestampMissing"
    japanese = "電子署名にタイムスタンプがありません。タイムスタンプを付けて、もう一度署名してください。"
    english = "The signature has no time stamp. Please sign again with one."


class TimestampInvalid(SignatureError):
    """Not a time stamp over this signature, from the future, or by an authority that is not accepted."""

    reason = "timestampInvalid"
    japanese = "電子署名のタイムスタンプが正しくありません。もう一度署名してください。"
    english = "The signature's time stamp is not valid. Please sign again."


class XmlUnsafe(SignatureError):
    """A document type definition, an entity, a processing instruction outside, or too deep."""

    reason = "xmlUnsafe"
    japanese = "XML文書に、受け付けられない書き方（DTDなど）があります。文書を作り直してください。"
    english = "The XML document uses what is not accepted here, such as a DTD. Please make it anew."


class ReferenceRefused(SignatureError):
    """XML: a reference to something else, one too many, a duplicate Id: signature wrapping."""

    reason = "referenceRefused"
    japanese = "電子署名が文書の全体を対象にしていません。もう一度署名してください。"
    english = "The signature is not over this whole document. Please sign again."


class TransformRefused(SignatureError):
    """XML: a transform or canonicalization beyond the few that are harmless (XSLT, XPath, …)."""

    reason = "transformRefused"
    japanese = "電子署名が、受け付けられない変換を使っています。もう一度署名してください。"
    english = "The signature uses a transformation that is not accepted. Please sign again."


class PdfUnreadable(SignatureError):
    """Not a PDF that can be read strictly."""

    reason = "pdfUnreadable"
    japanese = "PDFを読み取れませんでした。PDFを作り直して、もう一度署名してください。"
    english = "The PDF could not be read. Please make it anew and sign again."


class PdfEncrypted(SignatureError):
    """The PDF is encrypted."""

    reason = "pdfEncrypted"
    japanese = "PDFにパスワードが設定されています。パスワードを外して、もう一度署名してください。"
    english = "The PDF is protected by a password. Please remove it and sign again."


class PdfUnsigned(SignatureError):
    """The PDF has no signature."""

    reason = "pdfUnsigned"
    japanese = "PDFに電子署名がありません。署名したPDFを送ってください。"
    english = "The PDF is not signed. Please send the signed one."


class PdfNotCovered(SignatureError):
    """The signature does not cover the whole file up to its own end."""

    reason = "pdfNotCovered"
    japanese = "電子署名がPDFの全体を対象にしていません。もう一度署名してください。"
    english = "The signature does not cover the whole PDF. Please sign again."


class PdfModified(SignatureError):
    """The PDF was changed after a signature, beyond what that signature permits."""

    reason = "pdfModified"
    japanese = "署名の後にPDFが変更されています。元のPDFに、もう一度署名してください。"
    english = "The PDF was changed after it was signed. Please sign the original again."
