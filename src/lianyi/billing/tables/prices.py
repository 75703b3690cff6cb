"""Payees and their price lists."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from lianyi.billing.errors import MerchantTaken, NoSuchPayee
from lianyi.billing.model import FeeClass, Payee, Price
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

PAYEE = "SELECT institution_id, label, merchant FROM billing.payee WHERE institution_id = $1"
PAYEES = "SELECT institution_id, label FROM billing.payee WHERE institution_id = ANY ($1)"
UPSERT_PAYEE = """INSERT INTO billing.payee (institution_id, label, merchant) VALUES ($1, $2, $3)
                  ON CONFLICT (institution_id) DO UPDATE
                  SET label = excluded.label, merchant = excluded.merchant
                  RETURNING xmax = 0 AS is_new"""
INSERT_PRICE = """INSERT INTO billing.price (id, institution_id, code, label, fee_class, unit_price,
                    valid_from, valid_to, approved_by, approved_at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                  ON CONFLICT (institution_id, code, valid_from) DO NOTHING"""
# The version that began last rules; once it has ended there is no price, even if an older one
# had no end.
PRICES = """SELECT * FROM (
              SELECT DISTINCT ON (institution_id, code) id, institution_id, code, label, fee_class,
                unit_price, valid_from, valid_to, approved_by
              FROM billing.price
              WHERE institution_id = ANY ($1) AND ($2::text[] IS NULL OR code = ANY ($2))
                AND valid_from <= $3
              ORDER BY institution_id, code, valid_from DESC) AS latest
            WHERE valid_to IS NULL OR valid_to > $3
            ORDER BY institution_id, code"""


async def load_payee(tx: Tx, institution_id: UUID) -> Payee:
    row = await tx.db.fetchrow(PAYEE, institution_id)
    if row is None:
        raise NoSuchPayee(institution_id=institution_id)
    return Payee(**row)


async def upsert_payee(tx: Tx, payee: Payee) -> bool:
    """Return whether the payee is new."""
    values = (payee.institution_id, payee.label, payee.merchant)
    try:
        is_new: bool = await tx.db.fetchval(UPSERT_PAYEE, *values)
    except asyncpg.UniqueViolationError as taken:
        raise MerchantTaken from taken
    return is_new


async def list_payees(tx: Tx, institution_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.db.fetch(PAYEES, list(institution_ids))
    return {row["institution_id"]: row["label"] for row in rows}


async def insert_price(tx: Tx, price: Price) -> bool:
    """Return whether no other price of the item begins at the same instant."""
    status = await tx.db.execute(
        INSERT_PRICE,
        price.id,
        price.institution_id,
        price.code,
        price.label,
        price.fee_class,
        price.unit_price,
        price.valid_from,
        price.valid_to,
        price.approved_by,
        tx.now,
    )
    return status.endswith("1")


async def list_prices(
    tx: Tx, institution_ids: Collection[UUID], codes: Collection[str] | None, at: datetime
) -> list[Price]:
    asked = None if codes is None else list(codes)
    return [_price(row) for row in await tx.db.fetch(PRICES, list(institution_ids), asked, at)]


def _price(row: "Record") -> Price:
    return Price(**{**row, "fee_class": FeeClass(row["fee_class"])})
