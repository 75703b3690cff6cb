"""Whose identity number it is: an app of who treats, and an institution's own system, may ask.

Who holds a document knows number and name. That alone finds the person by whose id their record is
kept, without a relation: how else would a hospital send a first result? It opens nothing. A wrong
number, a wrong name and an objection are answered alike (INT-07); the person is told of each.
"""

from collections.abc import Collection
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import Purpose
from lianyi.access.model.parts import Right, is_whole
from lianyi.access.service import recognising, scoping
from lianyi.journeys import fhir_doors, fhir_reach
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Identity
from lianyi.records.rules.writable import Writer

WHAT = "fhir_match"
ASKERS = frozenset({Writer.STAFF, Writer.SOURCE})
TYPE = "Patient"


async def whose(
    tx: Tx, *, name: str, number: str, purposes: Collection[Purpose]
) -> tuple[UUID, Identity] | None:
    """Return whom a number and a name belong to; None: nobody whom the app may know of.

    `purposes` are what whoever asks may mean by what they say that it is for.

    :raises WrongRole: also for another purpose than the app is approved for (PRI-06).
    :raises OutOfScope, TooOften:
    """
    purpose = fhir_reach.purpose_of(tx)
    if fhir_doors.writer(tx) not in ASKERS or purpose not in purposes:
        scoping.refused(tx, what=WHAT)
        raise WrongRole(verb=WHAT, role=tx.actor.role)
    scoping.check_scope(tx, type=TYPE, right=Right.SEARCH)
    desk = await access.open_desk(tx, purpose=purpose, right=Right.SEARCH)
    if not is_whole(desk.only, TYPE):
        raise OutOfScope(type=TYPE, right=Right.SEARCH)
    await recognising.check_asking(tx)
    person_id, identity = await people.recognised(tx, desk, name=name, number=number)
    may = await recognising.recognise(
        tx, desk, person_id=person_id, is_meant=identity is not None, what=WHAT
    )
    return (person_id, identity) if may and person_id and identity else None
