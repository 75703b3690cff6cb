"""Let the demo network take money: whose account it reaches, and what things cost."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec

from lianyi.billing import service as billing
from lianyi.billing.model import FeeClass
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.people import queries as people

FILE = Path(__file__).parent / "prices.toml"


class Payee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    institution: str
    merchant: str


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item at several places; `yuan` is text, because money is never a float."""

    code: str
    label: str
    fee_class: FeeClass
    yuan: Decimal
    at: tuple[str, ...]


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payee: tuple[Payee, ...]
    price: tuple[Price, ...]


def load() -> PriceList:
    return msgspec.toml.decode(FILE.read_bytes(), type=PriceList)


async def bring_in(tx: Tx, places: Mapping[str, UUID]) -> None:
    """Enter payees and prices for places by their keys."""
    prices = load()
    names = await people.institutions(tx, ids=list(places.values()))
    for payee in prices.payee:
        id = places[payee.institution]
        await billing.add_payee(
            tx, institution_id=id, label=names[id].name, merchant=payee.merchant
        )
    for price in prices.price:
        for key in price.at:
            here = replace(tx, actor=system("seed", places[key]))
            await _set(here, price)


async def _set(here: Tx, price: Price) -> None:
    await billing.set_price(
        here, code=price.code, label=price.label, fee_class=price.fee_class, unit_price=price.yuan
    )
