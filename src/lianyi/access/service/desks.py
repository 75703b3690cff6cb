"""Desks whose persons are few enough to be known by name."""

from dataclasses import replace

from lianyi.access import tables
from lianyi.access.model import Desk
from lianyi.kernel.work import Tx

FEW = 5000  # persons of a desk that a statement takes by name


async def named(tx: Tx, desk: Desk) -> Desk:
    """Return a desk that knows its persons by name, unless they are too many.

    A search over few persons begins with them, one over many with what it looks for: the planner
    can only tell which it is if it is told who they are.
    """
    few = None if desk.everyone else await of_few(tx, desk, most=FEW)
    return few if few and few.persons else desk


async def of_few(tx: Tx, desk: Desk, *, most: int) -> Desk | None:
    """Return the desk with its persons by name; None: they are more than `most`."""
    persons = await tables.list_persons(tx, desk, most + 1)
    return replace(desk, persons=persons) if len(persons) <= most else None
