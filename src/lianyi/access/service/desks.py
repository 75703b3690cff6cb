"""Desks whose persons are few enough to be known by name, and how many an app sees in a day."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from lianyi.access import tables
from lianyi.access.errors import TooManyToday
from lianyi.access.model import Desk
from lianyi.access.tables import exports, shown
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx

FEW = 5000  # persons of a desk that a statement takes by name


async def named(tx: Tx, desk: Desk) -> Desk:
    """Return a desk that knows its persons by name, unless they are too many.

    A search over few persons begins with them, one over many with what it looks for: the planner
    can only tell which it is if it is told who they are.
    """
    if desk.everyone:
        return desk
    few = await of_few(tx, desk, most=FEW)
    return few if few and few.persons else desk


async def counting(tx: Tx, desk: Desk) -> Desk:
    """Return a desk that knows whom it has shown today, if it is an app's."""
    if desk.app is None:
        return desk
    day = time.day(tx.now, profile.at(tx.now).zone)
    return replace(desk, counted=await shown.find(tx, desk, day))


async def of_few(tx: Tx, desk: Desk, *, most: int) -> Desk | None:
    """Return the desk with its persons by name; None: they are more than `most`."""
    persons = await tables.list_persons(tx, desk, most + 1)
    return replace(desk, persons=persons) if len(persons) <= most else None


async def count(
    tx: Tx, desk: Desk, *, person_ids: Collection[UUID], types: Collection[str]
) -> None:
    """Count whom an answer over an app's desk shows with all its reader was shown that day.

    PRI-11, PRI-28: slicing searches is the way round a limit of each, as it is of exports. Whom a
    search names is not counted: who asks about one has a relation to show, and learns of nobody.
    Counting costs a statement only where somebody is shown for the first time that day.

    :raises TooManyToday: unless two have agreed that the app takes all of these types.
    """
    fresh = [id for id in person_ids if id not in desk.counted]
    if desk.app is None or not fresh:
        return
    numbers = profile.at(tx.now)
    day, most = time.day(tx.now, numbers.zone), numbers["PRI-28"]
    if await shown.add(tx, desk, fresh, day=day, most=most):
        return
    if not await exports.is_agreed(tx, types):
        raise TooManyToday(most=most)
