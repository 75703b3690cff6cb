"""What others may ask about prescriptions. Whatever names a person wants a Chart or a Desk."""

from collections.abc import Collection, Sequence
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel.work import Tx
from lianyi.prescribing import rules, tables
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import IN_FORCE, LIVE, Document, Prescription, State, Version

LINES = 50
SHOWN = frozenset(State) - {State.DRAFT}


async def prescription(tx: Tx, chart: Chart, *, prescription_id: UUID) -> Prescription:
    """Return one prescription of the chart's person.

    :raises NoSuchPrescription: also if this chart may not know of it.
    """
    return _found(prescription_id, await tables.find(tx, chart, prescription_id))


async def at_desk(tx: Tx, desk: Desk, *, prescription_id: UUID) -> Prescription:
    """Return one prescription of this institution, before its person's chart is open.

    :raises NoSuchPrescription:
    """
    return _found(prescription_id, await tables.find_at_desk(tx, desk, prescription_id))


async def to_dispense(tx: Tx, chart: Chart, *, prescription_id: UUID) -> Prescription:
    """Return one that is in force, to the acting seller: whom the person has gone to.

    Of one that another seller has accepted nothing is known here.

    :raises NoSuchPrescription:
    """
    found = await tables.find_to_dispense(tx, chart, prescription_id, IN_FORCE)
    return _found(prescription_id, found)


async def of_visits(
    tx: Tx, chart: Chart, *, visit_ids: Sequence[UUID]
) -> dict[UUID, list[Prescription]]:
    """Return what was prescribed in each visit, oldest first; drafts too."""
    found: dict[UUID, list[Prescription]] = {id: [] for id in visit_ids}
    for each in await tables.list_of_visits(tx, chart, visit_ids):
        found[each.visit.id].append(each)
    return found


async def of_person(
    tx: Tx,
    chart: Chart,
    *,
    states: Collection[State] = SHOWN,
    before: UUID | None = None,
    limit: int = LINES,
) -> list[Prescription]:
    """Return a person's prescriptions, newest first; the last id continues the list."""
    return await tables.list_of(tx, chart, states, before, limit)


async def live_of(tx: Tx, chart: Chart) -> list[Prescription]:
    """Return what the person is taking by prescription, or will as soon as it is reviewed."""
    found = await tables.list_of(tx, chart, LIVE, None, LINES)
    return [each for each in found if rules.is_running(each, tx.now)]


async def versions(tx: Tx, chart: Chart, *, prescription: Prescription) -> list[Version]:
    """Return every version, newest first (RX-11)."""
    return await tables.list_versions(tx, prescription.id)


async def documents(
    tx: Tx, chart: Chart, *, prescriptions: Sequence[Prescription]
) -> dict[UUID, Document]:
    """Return the text that is or is being signed of each, by the prescription's id."""
    ids = [each.document_id for each in prescriptions if each.document_id is not None]
    found = await tables.list_documents(tx, ids) if ids else {}
    return {document.prescription_id: document for document in found.values()}


def _found(id: UUID, found: Prescription | None) -> Prescription:
    if found is None:
        raise NoSuchPrescription(id=id)
    return found
