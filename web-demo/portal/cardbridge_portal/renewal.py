"""ICカード更新: whether the new card may take the old one's place. Pure."""

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from .cards import CardRefused
from .characters import map_windows
from .holder import holder_of, issuer_sha256, serial_of
from .text import Text


class SameCard(CardRefused):
    """The old card was read twice."""

    reason = "sameCard"
    message = Text(
        "2枚とも同じICカードです。新しいICカードに差し替えてください。",
        "That is the old card again. Insert the new one.",
    )


class CompanyDiffers(CardRefused):
    """The certificates name two companies, or one names none."""

    reason = "companyDiffers"
    message = Text(
        "新しいICカードの会社名が、いまのICカードと異なります。",
        "The new card's company is not the old card's.",
    )


class AuthorityDiffers(CardRefused):
    """Another certification authority has issued the new card."""

    reason = "authorityDiffers"
    message = Text(
        "新しいICカードの認証局が、いまのICカードと異なります。",
        "The new card's certification authority is not the old card's.",
    )


class OldCardExpired(CardRefused):
    """The old card's certificate is past its time: only 登録, with the number, is left."""

    reason = "oldCardExpired"
    message = Text(
        "いまのICカードの有効期限が切れているため、ICカード更新はできません。",
        "The old card has expired, so that it cannot be renewed.",
    )


def check_pair(
    old: x509.Certificate, new: x509.Certificate, moment: datetime, company_id: int | None
) -> None:
    """Whether company and issuer data agree and the old card is still valid; both are verified already.

    The company's name must be the same, but for the characters of JIS X 0208 that systems type differently.
    The authority is compared by country and organization: a renewal often comes from the same authority's
    next certificate, whose common name says G3 where it was G2.

    Raises:
        SameCard, CompanyDiffers, AuthorityDiffers, OldCardExpired
    """
    if (issuer_sha256(old), serial_of(old)) == (issuer_sha256(new), serial_of(new)):
        raise SameCard(company_id)
    if old.not_valid_after_utc < moment:
        raise OldCardExpired(company_id)
    names = [map_windows(holder_of(each).company) for each in (old, new)]
    if not names[0] or names[0] != names[1]:
        raise CompanyDiffers(company_id)
    if _authority(old) != _authority(new):
        raise AuthorityDiffers(company_id)


def _authority(certificate: x509.Certificate) -> object:
    issuer = certificate.issuer
    organization = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if not organization:
        return issuer
    country = issuer.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return tuple(each.value for each in (*country, *organization))
