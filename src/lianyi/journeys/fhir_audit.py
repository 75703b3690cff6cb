"""Who has read, as AuditEvents a person may look through: no stored resource (decision 0011).

What the page of readings shows is told here too, through the same door and to the same person
(CAP-38, EMR-05, INT-06). A search of R4 is read as of any other type and asked of the log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeGuard

import msgspec

from lianyi.access import fhir
from lianyi.access import queries as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import Chart, Desk, Purpose, Reading
from lianyi.access.model.auditing import Field, Sought
from lianyi.access.model.parts import Right, is_whole
from lianyi.journeys import fhir_terms
from lianyi.journeys.fhir_terms import CODED, UPDATED, Known
from lianyi.kernel.sought import Clause
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import Ids, Order, Search
from lianyi.records.fhir.values import IDENTIFIED
from lianyi.records.model import Hit, Page
from lianyi.records.model.writing import Change

TYPE = "AuditEvent"
KNOWN = Known(
    id=Field.ID,
    tokens={
        "action": (Field.ACTION, f"{CODED}/audit-event-action"),
        "outcome": (Field.OUTCOME, f"{CODED}/audit-event-outcome"),
        "type": (Field.TYPE, fhir.DICOM),
        "subtype": (Field.SUBTYPE, fhir.WHAT),
        "entity-type": (Field.ENTITY_TYPE, fhir.OBJECT),
        f"agent{IDENTIFIED}": (Field.APP, fhir.APPS),
    },
    links={
        "agent": (Field.AGENT,),
        "entity": (Field.ENTITY,),
        "patient": (Field.ENTITY, Field.AGENT),
        "source": (Field.SOURCE,),
    },
    kinds=("Patient", "PractitionerRole", "Organization"),
    times={"date": Field.AT, UPDATED: Field.AT},
    sorts=frozenset({"date", UPDATED}),
    there={"agent": Field.ENTITY},  # where no post is named an app is
)


async def search(
    tx: Tx,
    chart: Chart,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> Page:
    """Return a page of lines as resources, each with its place; the newest first, if nobody says.

    :raises NotSearchable: something of it can't be asked of the log.
    :raises OutOfScope: INT-04: no scope leaves the whole log.
    """
    upwards = bool(order) and not order[0].is_down
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    sought = Sought(_clauses(chart, search), place, upwards)
    found = await access.audited(tx, chart, sought=sought, limit=limit)
    return [(_hit(chart, one), (one.at.isoformat(), one.id)) for one in found]


async def how_many(tx: Tx, chart: Chart, *, search: Search) -> int:
    """Count what `search` finds. Raises as that does."""
    return await access.how_many_audited(tx, chart, sought=Sought(_clauses(chart, search)))


async def changes(tx: Tx, chart: Chart, *, fhir_id: str) -> list[Change]:
    """Return the one version a line has. Raises as `search` does."""
    found = await search(tx, chart, search=Search(TYPE, (Ids((fhir_id,)),)), limit=1)
    return [Change(0, TYPE, fhir_id, 1, it.recorded_at, it.owner, it.body) for it, _ in found]


def tells(reach: Chart | Desk | None, type: str) -> TypeGuard[Chart]:
    """Say whether something is asked of the log: by the person, through their own chart."""
    return type == TYPE and isinstance(reach, Chart) and reach.purpose is Purpose.OWN


def _hit(chart: Chart, line: Reading) -> Hit:
    body = msgspec.json.encode(fhir.audit_event(chart.person_id, line)).decode()
    return Hit(TYPE, line.id, 1, line.at, chart.person_id, body)


def _clauses(chart: Chart, search: Search) -> tuple[Clause, ...]:
    if not is_whole(chart.only, TYPE):
        raise OutOfScope(type=TYPE, right=Right.SEARCH)
    return fhir_terms.clauses(search, KNOWN)
