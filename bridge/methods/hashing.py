"""`sign.hash`, for portals built for Web eID. Off by default: the user cannot see what is signed."""

from __future__ import annotations

from bridge.core import errors, selection
from bridge.core.algorithms import DIGEST_SIZES, Algorithm
from bridge.core.document import SignerDocument
from bridge.core.messages import HashSignature, SignHashParams
from bridge.core.selection import CertificateEntry
from bridge.core.sentences import hash_notice
from bridge.core.webeid import signature_algorithm
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, survey_cards
from bridge.methods.dialogue import dialogue
from bridge.methods.keyuse import digest_signer
from bridge.methods.sign import approve
from bridge.methods.unlock import CardTurn


async def sign_hash(call: Call, params: SignHashParams) -> HashSignature:
    """The signature over a hash that the page has made.

    Raises:
        OriginNotPermitted: the site's entry does not say `allow_hash_signing`, or the certificate is one that
            logs in: a page could have a login at another site signed.
        CertificateMismatch, UnsupportedAlgorithm, BridgeError
    """
    if not call.caller.site.allow_hash_signing:
        raise errors.OriginNotPermitted("Hash signing is off for this site (allow_hash_signing).")
    digest = bytes.fromhex(params.hash)
    if len(digest) != DIGEST_SIZES[params.hash_name]:
        raise errors.InvalidParams("`hash` is not as long as its hash function's.", member="hash")
    shown = (_notice(call, params),)
    async with CardTurn(call) as session:
        async with dialogue(call, "sign", shown) as window:
            entry = _entry(params, selection.entries(await survey_cards(call, window)))
            entry = await choose_one(call, window, [entry])
            algorithm = _algorithm(entry, params)
            await approve(call, window, entry, shown, session)
        await call.progress.send("signing", done=0, total=1, reader=entry.reader)
        signature = await digest_signer(call, entry, algorithm)(digest)
        await call.desk.tokens.forget(entry.place)
        return HashSignature(signature=signature, signature_algorithm=signature_algorithm(algorithm))


def _entry(params: SignHashParams, found: list[CertificateEntry]) -> CertificateEntry:
    """The entry of the certificate that the page names.

    Raises:
        CertificateMismatch: it is not on a card. OriginNotPermitted: it logs in.
    """
    entry = next((entry for entry in found if entry.facts.der == params.certificate), None)
    if entry is None:
        raise errors.CertificateMismatch
    if entry.facts.signs_logins:
        raise errors.OriginNotPermitted("Hashes are never signed with an authentication certificate.")
    return entry


def _algorithm(entry: CertificateEntry, params: SignHashParams) -> Algorithm:
    fitting = [row for row in entry.algorithms if row.hash_name == params.hash_name]
    if not fitting:
        raise errors.UnsupportedAlgorithm
    return fitting[0]


def _notice(call: Call, params: SignHashParams) -> SignerDocument:
    """What the window shows in place of a document: that there is none to show, and the hash."""
    name, text = hash_notice(call.language)
    content = f"{text}\n\n{params.hash_function}\n{params.hash}\n".encode()
    return SignerDocument(name=name, media_type="text/plain", content=content)
