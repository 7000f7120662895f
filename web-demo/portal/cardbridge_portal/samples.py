"""Sample companies and officials with cards, made at first start. All fictitious."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from .authority import issue_card, replace_private
from .database import Company
from .engine import exclusive
from .municipalities import municipalities
from .numbers import KEY_TURN, NumberKey
from .procuring.issuing import new_number
from .procuring.officials import new_official
from .settings import now

# municipality, 商号又は名称, reading, 代表者, address, cardholder, whether the card names the address
SAMPLES = (
    (
        "462012", "株式会社見本建設", "みほんけんせつ", "見本　太郎", "鹿児島県鹿児島市見本町１－２－３",
        "見本　太郎", True,
    ),
    (
        "462039", "有限会社サンプル土木", "さんぷるどぼく", "例示　花子", "鹿児島県鹿屋市例示町４－５－６",
        "例示　次郎", False,
    ),
)  # fmt: skip


# municipality, official
OFFICIALS = (("462012", "鹿児島　職子"), ("462039", "鹿屋　職夫"))


async def make_samples(db: AsyncSession, data: Path, key: NumberKey) -> None:
    """Issue the cards, store companies and officials, and write `data`/samples.json (0600).

    samples.json holds the numbers in clear: it is demo data for `make demo` to print. An entry with
    `"kind": "official"` is an official's card, the others are companies.
    """
    path = data / "samples.json"
    entries: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    has_officials = any(entry.get("kind") == "official" for entry in entries)
    if has_officials:
        return
    await exclusive(db, KEY_TURN)
    if not entries:
        entries += [await _company(db, data, key, *sample) for sample in SAMPLES]
    entries += [_official(db, data, *sample) for sample in OFFICIALS]
    await db.commit()
    replace_private(path, json.dumps(entries, ensure_ascii=False, indent=1).encode())


async def _company(
    db: AsyncSession,
    data: Path,
    key: NumberKey,
    code: str,
    name: str,
    reading: str,
    representative: str,
    address: str,
    holder: str,
    in_certificate: bool,
) -> dict[str, str]:
    number = new_number(municipalities()[code])
    card = issue_card(data, name, holder, address=address if in_certificate else None)
    db.add(
        Company(
            municipality=code,
            number_mac=await key.mac(db, code, number),
            number_since=now(),
            name=name,
            reading=reading,
            representative=representative,
            address=address,
        )
    )
    return {"municipality": code, "number": number, "name": name, "card": str(card.directory)}


def _official(db: AsyncSession, data: Path, code: str, name: str) -> dict[str, str]:
    municipality = municipalities()[code]
    card = issue_card(data, municipality.name, name, curve=True)
    db.add(new_official(municipality, card.authentication, name, now()))
    return {"kind": "official", "municipality": code, "name": name, "card": str(card.directory)}
