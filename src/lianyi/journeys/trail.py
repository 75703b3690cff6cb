"""What was done in a visit, from the number to the medicines, in order and unchangeable (CON-18).

The list holds ids and codes, the SM3 of each row it stands for, and whose hand it was: staff under
their posts, the patient as the patient. It is sealed as soon as the visit has ended and grows with
what follows. Why something was done stays in its own log: people write names into reasons.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.consult import queries as consult
from lianyi.consult.errors import NoSuchVisit
from lianyi.journeys import sealed
from lianyi.kernel import history, seal
from lianyi.kernel.work import Tx
from lianyi.orders import queries as orders
from lianyi.people import queries as people
from lianyi.pharmacy import queries as pharmacy
from lianyi.prescribing import queries as prescribing
from lianyi.records import queries as records
from lianyi.signatures import queries as signatures
from lianyi.supervision import queries, rules
from lianyi.supervision import service as supervision
from lianyi.supervision.events import UploadEvent
from lianyi.supervision.model import Step, Trail

LOGS = {log.key: log for log in sealed.LOGS}
NOTE, WRITTEN, SAID, ENTERED = "note", "write", "say", "enter"


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a log, before it is known whose hand it was."""

    log: str
    row: int
    thing: str
    verb: str
    before: str
    after: str
    post_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Walked:
    """What walking all visits' lists found. `broken` are the visits whose list doesn't hold."""

    trails: int
    lines: int
    broken: tuple[UUID, ...]


async def follow(tx: Tx, event: UploadEvent) -> None:
    """Bring a visit's list up to now and seal it: when it has ended, and when more follows."""
    if event.visit_id is not None:
        await extend(tx, visit_id=event.visit_id)


async def extend(tx: Tx, *, visit_id: UUID) -> None:
    person_id, uploads = await supervision.person_of(tx, visit_id=visit_id)
    if person_id is None:
        return
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.REPORT, what="trail")
    found = await _found(tx, chart, visit_id, uploads)
    await supervision.extend(tx, visit_id=visit_id, steps=await _steps(tx, person_id, found))


async def holds(tx: Tx, trail: Trail) -> bool:
    """Return whether a list, its seals and the rows it stands for still are what was sealed."""
    sources = await _digests(tx, ((line.step.log, line.step.row) for line in trail.lines))
    return supervision.is_sealed(tx, trail) and rules.first_break(trail, sources) is None


async def walk(tx: Tx) -> Walked:
    """Walk the lists of all visits."""
    trails, lines, broken, after = 0, 0, [], None
    while found := await queries.trailed(tx, after=after):
        broken += [each.visit_id for each in found if not await holds(tx, each)]
        trails += len(found)
        lines += sum(len(each.lines) for each in found)
        after = found[-1].visit_id
    return Walked(trails, lines, tuple(broken))


async def _found(tx: Tx, chart: Chart, visit_id: UUID, uploads: Collection[UUID]) -> list[Found]:
    things = [visit_id, *uploads, *await _things(tx, chart, visit_id)]
    acts = await history.acts(tx, thing_ids=things)
    writings = await records.written(tx, chart, encounter_id=str(visit_id))
    return [
        *(
            Found("kernel.history", a.seq, a.thing, a.verb, a.before, a.after, a.post_id, a.at)
            for a in acts
        ),
        *(
            Found("records.version", w.seq, w.type, WRITTEN, "", str(w.version), w.post_id, w.at)
            for w in writings
        ),
        *await _said(tx, chart, visit_id),
        *await _entered(tx, chart, visit_id),
    ]


async def _things(tx: Tx, chart: Chart, visit_id: UUID) -> list[UUID]:
    """Return the ids of all that was ordered, prescribed, sold, signed and paid in a visit."""
    placed = await orders.orders_of(tx, chart, encounter_id=visit_id)
    written = (await prescribing.of_visits(tx, chart, visit_ids=[visit_id]))[visit_id]
    ids = [each.id for each in written]
    sold = await pharmacy.sales_of(tx, chart, prescription_ids=ids) if ids else []
    things = [visit_id, *(each.id for each in placed), *ids, *(each.id for each in sold)]
    bills = [b for b in await money.bills_of(tx, chart) if b.subject.id in set(things)]
    paid = await money.payments_of(tx, chart, bills=bills)
    back = await money.refunds_of(tx, chart, bills=bills)
    signed = [
        each.id
        for subject in ((NOTE, visit_id), *(("prescription", id) for id in ids))
        for each in await signatures.of(tx, subject=subject)
    ]
    moved = [each.id for group in paid.values() for each in group]
    moved += [each.id for group in back.values() for each in group]
    return [*things[1:], *(bill.id for bill in bills), *moved, *signed]


async def _said(tx: Tx, chart: Chart, visit_id: UUID) -> list[Found]:
    """Return that something was said, by whom and when: what was said stays with the visit."""
    try:
        visit = await consult.visit(tx, chart, visit_id=visit_id)
    except NoSuchVisit:
        return []
    return [
        Found("consult.message", m.seq, "consult.message", SAID, "", m.author, m.post_id, m.at)
        for m in await consult.messages_of(tx, chart, visit=visit)
    ]


async def _entered(tx: Tx, chart: Chart, visit_id: UUID) -> list[Found]:
    """CON-13: whose hand put a drug on a prescription, and in which session; not which drug."""
    written = (await prescribing.of_visits(tx, chart, visit_ids=[visit_id]))[visit_id]
    log = "prescribing.version"
    return [
        Found(log, each.seq, log, ENTERED, "", str(each.entered_in), each.post_id, each.at)
        for each in await prescribing.versions(tx, chart, prescriptions=written)
        if each.entered_in is not None
    ]


async def _steps(tx: Tx, person_id: UUID, found: list[Found]) -> list[Step]:
    staff = await people.posts(tx, ids=sorted({each.post_id for each in found}))
    digests = await _digests(tx, ((each.log, each.row) for each in found))
    return [
        Step(
            log=each.log,
            row=each.row,
            thing=each.thing,
            verb=each.verb,
            before=each.before,
            after=each.after,
            by=rules.by(each.post_id, person_id, staff.keys()),
            post_id=each.post_id if each.post_id in staff else None,
            at=each.at,
            digest=digests[each.log, each.row],
        )
        for each in sorted(found, key=attrgetter("at", "log", "row"))
    ]


async def _digests(tx: Tx, rows: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    by_log: dict[str, list[int]] = {}
    for log, row in rows:
        by_log.setdefault(log, []).append(row)
    return {
        (log, seq): digest
        for log, seqs in by_log.items()
        for seq, digest in (await seal.digests(tx, LOGS[log], seqs)).items()
    }
