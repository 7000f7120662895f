"""Sample companies with cards, made at first start. All fictitious."""

import json
import secrets
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from .authority import issue_card, write_private
from .database import Company
from .engine import exclusive
from .municipalities import municipalities
from .numbers import KEY_TURN, NumberKey

# municipality, 商号又は名称, 代表者, address, cardholder
SAMPLES = (
    ("462012", "株式会社見本建設", "見本　太郎", "鹿児島県鹿児島市見本町１－２－３", "見本　太郎"),
    ("462039", "有限会社サンプル土木", "例示　花子", "鹿児島県鹿屋市例示町４－５－６", "例示　次郎"),
)


async def make_samples(db: AsyncSession, data: Path, key: NumberKey) -> None:
    """Issue the cards, store the companies, and write `data`/samples.json (0600).

    samples.json holds the numbers in clear: it is demo data for `make demo` to print.
    """
    path = data / "samples.json"
    if path.exists():
        return
    entries: list[dict[str, str]] = []
    await exclusive(db, KEY_TURN)
    for code, name, representative, address, holder in SAMPLES:
        length = municipalities()[code].number_length
        number = "".join(secrets.choice("0123456789") for _ in range(length))
        card = issue_card(data, name, holder, address=None if entries else address)
        db.add(
            Company(
                municipality=code,
                number_mac=await key.mac(db, code, number),
                name=name,
                representative=representative,
                address=address,
            )
        )
        entries.append({"municipality": code, "number": number, "name": name, "card": str(card.directory)})
    await db.commit()
    write_private(path, json.dumps(entries, ensure_ascii=False, indent=1).encode())
