"""Goods in, and what is locked away."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import WrongRole, advance, check_role
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, SYSTEM
from lianyi.pharmacy import queries, rules
from lianyi.pharmacy.errors import BadBatch, NoSuchBatch, OtherBatch, PackKnown, ReasonMissing
from lianyi.pharmacy.events import BatchMoved
from lianyi.pharmacy.model import Batch, BatchState, Seller, SellerKind
from lianyi.pharmacy.states import BATCH
from lianyi.pharmacy.tables import stock
from lianyi.terminology import queries as terminology

MANAGERS: frozenset[Role] = frozenset({ADMIN, SYSTEM})


async def add_seller(tx: Tx, *, kind: SellerKind, delivers: bool) -> Seller:
    """Let the acting institution sell medicines, or change how.

    :raises WrongRole:
    """
    if tx.actor.role not in MANAGERS:
        raise WrongRole(verb="add_seller", role=tx.actor.role)
    seller = Seller(tx.actor.institution_id, kind, delivers or kind is SellerKind.ONLINE)
    await stock.upsert_seller(tx, seller)
    return seller


async def receive(
    tx: Tx, *, code: str, lot: str, maker: str, expires_on: date, trace_codes: Sequence[str]
) -> Batch:
    """Take packs in, each by its trace code, into a new batch or one that is here (PR-07).

    :raises BadBatch, OtherBatch, NoSuchSeller, NoSuchDrug, WrongRole:
    :raises PackKnown: a trace code that came in before is nobody's second pack.
    """
    check_role(tx, BATCH, "receive")
    seller = await stock.load_seller(tx, tx.actor.institution_id)
    codes = rules.sound_codes(trace_codes)
    if codes is None or not lot.strip() or not maker.strip() or expires_on <= queries.today(tx):
        raise BadBatch
    drug = terminology.drug(code)
    batch = await _batch(
        tx,
        Batch(
            id=tx.new_id(seller.institution_id),
            institution_id=seller.institution_id,
            state=BatchState.IN_STOCK,
            code=drug.code,
            label=f"{drug.name} {drug.strength}",
            lot=lot.strip(),
            maker=maker.strip(),
            expires_on=expires_on,
            packs=0,
        ),
    )
    new = await stock.insert_packs(tx, batch.id, codes)
    if known := sorted(set(codes) - new):
        raise PackKnown(trace_codes=", ".join(known))
    return batch


async def quarantine(tx: Tx, *, batch_id: UUID, reason: str) -> None:
    """Lock a batch away: nothing of it is promised or handed out any more.

    :raises NoSuchBatch, ReasonMissing, WrongRole, WrongState:
    """
    await _move(tx, batch_id, "quarantine", reason)


async def release(tx: Tx, *, batch_id: UUID, reason: str) -> None:
    """Let a batch out of quarantine. Raises as `quarantine` does."""
    await _move(tx, batch_id, "release", reason)


async def destroy(tx: Tx, *, batch_id: UUID, reason: str) -> None:
    """Write off what is left of a batch in quarantine. Raises as `quarantine` does."""
    await _move(tx, batch_id, "destroy", reason)


async def _batch(tx: Tx, new: Batch) -> Batch:
    """Return the batch these packs belong to, which may have come in before."""
    await tx.alone(new.institution_id, f"pharmacy.batch/{new.code}/{new.lot}")
    found = await stock.find_batch(tx, new.institution_id, new.code, new.lot)
    if found is None:
        await stock.insert_batch(tx, new)
        return new
    if (found.maker, found.expires_on) != (new.maker, new.expires_on):
        raise OtherBatch(lot=new.lot)
    return found


async def _move(tx: Tx, batch_id: UUID, verb: str, reason: str) -> None:
    check_role(tx, BATCH, verb)
    batch = await stock.lock_batch(tx, batch_id)
    if batch.institution_id != tx.actor.institution_id:
        raise NoSuchBatch(id=batch_id)
    if not rules.is_reason(reason):
        raise ReasonMissing
    event = BatchMoved(batch.id, batch.institution_id)
    await advance(tx, BATCH, batch_id, verb, why=reason.strip(), event=event)
