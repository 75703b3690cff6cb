"""The daily comparison with the agency (CAP-115): sums first, then line by line."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from lianyi.insurance import events, rules
from lianyi.insurance.errors import ReasonMissing
from lianyi.insurance.model import Booked, Scheme, Task
from lianyi.insurance.states import DIFFERENCE
from lianyi.insurance.tables import books, claims
from lianyi.kernel import errand, profile, time
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx


async def open_books(tx: Tx, *, institution_id: UUID, day: date) -> None:
    """Have a day that is over compared in both schemes."""
    for scheme in Scheme:
        id = await books.find_or_insert(tx, institution_id, scheme, day)
        await errand.plan(tx, Task.COMPARE, thing_id=id)


async def close_books(tx: Tx, *, books_id: UUID, theirs: Sequence[Booked]) -> None:
    """Compare a day; every difference becomes an item that staff resolve."""
    page = await books.load_books(tx, books_id)
    since, until = time.span(page.day, profile.at(tx.now).zone)
    booked = await claims.booked(tx, page.institution_id, page.scheme, since, until)
    ours, netted = rules.netted(booked), rules.netted(theirs)
    found = list(rules.compare(ours, netted))
    for mismatch in found:
        await books.find(tx, page.institution_id, page.day, mismatch)
    if found:
        await tx.emit(events.DifferencesFound(page.institution_id, page.day.isoformat()))
    await books.compared(
        tx,
        books_id,
        count=len(ours),
        our_fen=sum(row.funds_fen for row in ours),
        their_fen=sum(row.funds_fen for row in netted),
    )


async def resolve_difference(tx: Tx, *, difference_id: UUID, reason: str) -> None:
    """Say what a difference came from and what was done about it.

    :raises NoSuchDifference, ReasonMissing, WrongRole, WrongState:
    """
    if not rules.is_reason(reason):
        raise ReasonMissing
    await books.load(tx, difference_id)
    await advance(tx, DIFFERENCE, difference_id, "resolve", why=reason.strip())
