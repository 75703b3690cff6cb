"""Price lists: a version is never changed, only followed by the next (CAP-113)."""

from datetime import datetime
from decimal import Decimal

from lianyi.billing import rules
from lianyi.billing.errors import BadPrice, PriceSet
from lianyi.billing.model import FeeClass, Price
from lianyi.billing.tables import prices
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN


async def set_price(
    tx: Tx,
    *,
    code: str,
    label: str,
    fee_class: FeeClass,
    unit_price: Decimal,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Price:
    """Approve a price of the acting administrator's institution, from now or a later instant.

    :raises BadPrice, PriceSet, WrongRole:
    """
    if tx.actor.role not in {ADMIN, SYSTEM}:
        raise WrongRole(verb="set_price", role=tx.actor.role)
    begins = valid_from or tx.now
    if not rules.is_sound_price(unit_price, begins, valid_to, tx.now):
        raise BadPrice
    here = tx.actor.institution_id
    id, approver = tx.new_id(here), tx.actor.person_id
    price = Price(
        id, here, code, label, fee_class, unit_price, begins, valid_to, approved_by=approver
    )
    if not await prices.insert_price(tx, price):
        raise PriceSet(item=code)
    return price
