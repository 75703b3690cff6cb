"""Let the demo's pharmacies sell: who they are, what is on their shelves, what a pack costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import cycle
from pathlib import Path
from uuid import UUID

import msgspec

from lianyi.billing import service as billing
from lianyi.billing.model import FeeClass
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.pharmacy import queries, rules
from lianyi.pharmacy import service as pharmacy
from lianyi.pharmacy.model import Seller, SellerKind
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Drug

FILE = Path(__file__).parent / "pharmacies.toml"
DIME = Decimal("0.1")
SOON, STALE = timedelta(days=100), timedelta(days=20)  # until a batch expires
FIRST, STEP, SPREAD = 400, 11, 40  # days to the nearest ordinary expiry, and between two


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seller by the key of its institution, and how its shelves differ from the list."""

    institution: str
    kind: SellerKind
    share: Decimal
    packs: int
    assortment: tuple[str, ...] = ("",)
    lacks: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack of each of these costs where the share is one."""

    yuan: Decimal
    codes: tuple[str, ...]


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    makers: tuple[str, ...]
    seller: tuple[Shop, ...]
    price: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One batch as it arrives. `number` is that of the drug in the master."""

    number: int
    code: str
    maker: str
    expires_on: date


def load() -> Market:
    return msgspec.toml.decode(FILE.read_bytes(), type=Market)


async def bring_in(tx: Tx, places: Mapping[str, UUID]) -> None:
    """Open every pharmacy, with its prices and its stock."""
    market = load()
    for number, shop in enumerate(market.seller, start=1):
        here = replace(tx, actor=system("seed", places[shop.institution]))
        seller = await pharmacy.add_seller(here, kind=shop.kind, delivers=True)
        sold = {drug.code: drug for drug in _sold(seller, shop)}
        await _set_prices(here, market, shop, sold)
        for batch in _batches(market, shop, sold, queries.today(tx)):
            await _receive(here, batch, number, shop.packs)


def _sold(seller: Seller, shop: Shop) -> Iterator[Drug]:
    """Return what this seller wants and may sell the way it does (DS-02, DS-03, DS-04, DS-16)."""
    away = not seller.has_counter
    for drug in terminology.snapshot().drugs.values():
        if not drug.atc.startswith(shop.assortment):
            continue
        if not rules.selling_findings(drug, seller, delivers=away):
            yield drug


async def _set_prices(here: Tx, market: Market, shop: Shop, sold: Mapping[str, Drug]) -> None:
    for price in market.price:
        for code in sold.keys() & set(price.codes):
            drug = sold[code]
            await billing.set_price(
                here,
                code=code,
                label=f"{drug.name} {drug.strength}",
                fee_class=FeeClass.WESTERN_DRUG,
                unit_price=(price.yuan * shop.share).quantize(DIME, ROUND_HALF_UP),
            )


def _batches(
    market: Market, shop: Shop, sold: Mapping[str, Drug], today: date
) -> Iterator[Delivered]:
    """Return what is on the shelves; the days to an expiry go by the drug's place in the master."""
    makers = cycle(market.makers)
    for number, code in enumerate(terminology.snapshot().drugs, start=1):
        maker = next(makers)
        if code not in sold or code in shop.lacks:
            continue
        far = timedelta(days=FIRST + STEP * (number % SPREAD))
        yield Delivered(number, code, maker, today + (SOON if code in shop.near else far))
        if code in shop.stale:
            yield Delivered(number, code, maker, today + STALE)


async def _receive(here: Tx, batch: Delivered, seller: int, packs: int) -> None:
    lot = f"{batch.expires_on:%y%m%d}{batch.number:03d}"
    await pharmacy.receive(
        here,
        code=batch.code,
        lot=lot,
        maker=batch.maker,
        expires_on=batch.expires_on,
        trace_codes=[f"81{seller:02d}{lot}{serial:07d}" for serial in range(1, packs + 1)],
    )
