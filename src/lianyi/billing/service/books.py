"""Payees, and the daily comparison of their books with the provider's statement (CAP-115)."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from lianyi.billing import events, rules
from lianyi.billing.errors import BadMerchant, ReasonMissing
from lianyi.billing.model import (
    Booked,
    Books,
    Difference,
    DifferenceKind,
    DifferenceState,
    Mismatch,
    Payee,
    Task,
)
from lianyi.billing.states import DIFFERENCE
from lianyi.billing.tables import books, prices
from lianyi.kernel import errand, profile, timers
from lianyi.kernel import time as days
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import WrongRole, advance
from lianyi.kernel.work import Tx
from lianyi.people.model import OPERATOR


async def add_payee(tx: Tx, *, institution_id: UUID, label: str, merchant: str) -> None:
    """Let an institution take money into its own account; its books are compared from now on.

    The account is what the provider has proven to be the institution's, so only the platform
    enters it: whoever could change it would have everybody's money.

    :raises BadMerchant, MerchantTaken, WrongRole:
    """
    if tx.actor.role not in {OPERATOR, SYSTEM}:
        raise WrongRole(verb="add_payee", role=tx.actor.role)
    if not rules.is_merchant(merchant):
        raise BadMerchant
    if await prices.upsert_payee(tx, Payee(institution_id, label, merchant)):
        await _expect(tx, institution_id, days.day(tx.now, profile.at(tx.now).zone))


async def open_books(tx: Tx, *, institution_id: UUID, day: date) -> None:
    """Fetch the provider's statement of a day that is over, and expect the next."""
    id = await books.find_or_insert(tx, institution_id, day)
    await errand.plan(tx, Task.STATEMENT, thing_id=id)
    await _expect(tx, institution_id, day + timedelta(days=1))


async def close_books(tx: Tx, *, books_id: UUID, theirs: Sequence[Booked]) -> Books:
    """Compare a day; every difference becomes an item that staff resolve."""
    page = await books.load_books(tx, books_id)
    since, until = days.span(page.day, profile.at(tx.now).zone)
    ours = await books.list_booked(tx, page.institution_id, since, until)
    found = list(rules.compare(ours, theirs))
    for mismatch in found:
        await _keep(tx, page.institution_id, page.day, mismatch)
    if found:
        await tx.emit(events.DifferencesFound(page.institution_id, page.day.isoformat()))
    shared = len({row.id for row in ours} & {row.id for row in theirs})
    differing = sum(mismatch.kind is DifferenceKind.AMOUNT for mismatch in found)
    return await books.compared(
        tx,
        page,
        matched=shared - differing,
        our_fen=sum(row.fen for row in ours),
        their_fen=sum(row.fen for row in theirs),
    )


async def report(tx: Tx, *, institution_id: UUID, our_fen: int, theirs: Booked) -> None:
    """Note at once that the provider's word doesn't fit our books."""
    day = days.day(tx.now, profile.at(tx.now).zone)
    amounts = (our_fen, theirs.fen)
    wrong = Mismatch(DifferenceKind.AMOUNT, theirs.id, theirs.provider_id, *amounts)
    await _keep(tx, institution_id, day, wrong)


async def resolve_difference(tx: Tx, *, difference_id: UUID, reason: str) -> None:
    """Say what a difference came from and what was done about it.

    :raises NoSuchDifference, ReasonMissing, WrongRole, WrongState:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    await books.load(tx, difference_id)
    await advance(tx, DIFFERENCE, difference_id, "resolve", why=reason.strip())


async def _expect(tx: Tx, institution_id: UUID, day: date) -> None:
    """Set the timer at which the provider has a day's statement ready."""
    _, over = days.span(day, profile.at(tx.now).zone)
    ready = over + timedelta(hours=profile.at(tx.now)["CAP-115"])
    event = events.BooksDue(institution_id, day.isoformat())
    await timers.set(tx, thing_id=institution_id, name="books", due_at=ready, event=event)


async def _keep(tx: Tx, institution_id: UUID, day: date, mismatch: Mismatch) -> None:
    """Write a difference down, unless it is known."""
    await tx.alone(institution_id, "books")
    if await books.is_known(tx, institution_id, mismatch.kind, mismatch.id):
        return
    difference = Difference(
        id=tx.new_id(institution_id),
        institution_id=institution_id,
        day=day,
        kind=mismatch.kind,
        state=DifferenceState.OPEN,
        booked_id=mismatch.id,
        provider_id=mismatch.provider_id,
        our_fen=mismatch.our_fen,
        their_fen=mismatch.their_fen,
        at=tx.now,
    )
    await books.insert(tx, difference)
