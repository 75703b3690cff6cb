"""What the law wants known is reported to the province as it happens (上报监管平台, LIC-11).

A report is built from the facts at the moment it is sent, and names the patient by a pseudonym
that only this installation's key can make.
"""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.kernel import profile, time
from lianyi.kernel.crypto import sm3
from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.supervision import Receipt, Report, Tally, digest, tally_digest
from lianyi.people import queries as people
from lianyi.people.events import (
    Appointed,
    DepartmentRegistered,
    InstitutionRegistered,
    LicenceRecorded,
    PostEnded,
    PracticeFiled,
)
from lianyi.people.model import Post
from lianyi.people.rules.practice import UNLICENSED
from lianyi.records import queries as records
from lianyi.records.events import NoteWritten
from lianyi.supervision import queries, rules
from lianyi.supervision import service as supervision
from lianyi.supervision.events import TallyDue
from lianyi.supervision.model import Kind, Patient, Receipted, Slip, Task, Thing, Visit

ONLINE = "VR"  # the class of an encounter that was not in person


class Asking(msgspec.Struct, frozen=True):
    """Whose day an errand asks the platform to count."""

    institution: str
    day: date


async def institution(tx: Tx, event: InstitutionRegistered | DepartmentRegistered) -> None:
    """Keep an institution's licence data fresh."""
    here = tx.actor.institution_id
    found = await people.institutions(tx, ids=[here])
    if found[here].kind not in UNLICENSED:
        await supervision.due(tx, thing=Thing(Kind.LICENCE, here))


async def post(tx: Tx, event: Appointed | PostEnded) -> None:
    """Report who begins or ends to practise here."""
    found = await people.posts(tx, ids=[event.post_id])
    await _practitioner(tx, found[event.post_id])


async def practice(tx: Tx, event: LicenceRecorded | PracticeFiled) -> None:
    """Report what a register or a filing now says of somebody in post here (CON-24)."""
    for held in await people.posts_of(tx, person_id=event.person_id):
        if held.institution_id == tx.actor.institution_id:
            await _practitioner(tx, held)


async def visit(tx: Tx, event: NoteWritten) -> None:
    """Report a closed visit, and again when its record is amended."""
    thing = Thing(Kind.VISIT, event.visit_id, event.person_id, event.visit_id)
    await supervision.due(tx, thing=thing)


async def compare(tx: Tx, event: TallyDue) -> None:
    await supervision.open_tally(tx, day=date.fromisoformat(event.day))


def pseudonym(tx: Tx, person_id: UUID) -> str:
    """Return what the authorities know a person by: the same for all reports, and nobody's id."""
    return tx.keys.digest(f"supervision {person_id}").hex()[:32]


async def _practitioner(tx: Tx, held: Post) -> None:
    if held.role in rules.PROFESSIONALS:
        await supervision.due(tx, thing=Thing(Kind.PRACTITIONER, held.id))


async def _prepare(tx: Tx, upload_id: UUID) -> Report:
    slip = await supervision.take_up(tx, upload_id=upload_id)
    upload = slip.upload
    content = await _content(tx, slip)
    here = (await people.institutions(tx, ids=[upload.institution_id]))[upload.institution_id]
    edition = await supervision.sent(tx, upload=upload, digest=digest(content))
    return Report(
        institution=here.credit_code,
        kind=upload.kind,
        number=upload.thing_id.hex,
        edition=edition,
        day=upload.day,
        content=content,
    )


async def _content(tx: Tx, slip: Slip) -> dict[str, Any]:
    upload = slip.upload
    if upload.kind is Kind.LICENCE:
        return await _licence(tx, upload.thing_id)
    if upload.kind is Kind.PRACTITIONER:
        return await _post(tx, upload.thing_id)
    if slip.person_id is None:
        raise AssertionError(upload.kind)
    chart = await access.open_chart(
        tx, person_id=slip.person_id, purpose=Purpose.REPORT, what=upload.kind
    )
    return await _visit(tx, chart, upload.thing_id)


async def _licence(tx: Tx, institution_id: UUID) -> dict[str, Any]:
    here = (await people.institutions(tx, ids=[institution_id]))[institution_id]
    departments = await people.departments_of(tx, institution_id=institution_id)
    return rules.licence(here, (each.code for each in departments if each.licensed))


async def _post(tx: Tx, post_id: UUID) -> dict[str, Any]:
    held = (await people.posts(tx, ids=[post_id]))[post_id]
    known = await people.practice(
        tx,
        person_id=held.person_id,
        institution_id=held.institution_id,
        department_id=held.department_id,
        role=held.role,
    )
    return rules.practitioner(held, known)


async def _visit(tx: Tx, chart: Chart, visit_id: UUID) -> dict[str, Any]:
    id = str(visit_id)
    (note, *_) = await records.versions(tx, chart, type="Composition", fhir_id=id)
    seen = next(each for each in await records.visits(tx, chart) if each.fhir_id == id)
    problems = await records.problems(tx, chart)
    author = (await people.posts(tx, ids=[note.post_id]))[note.post_id]
    closed = Visit(
        online=seen.kind == ONLINE,
        doctor=author.licence_number,
        department=author.department_name,
        began_at=seen.at,
        ended_at=seen.ended_at or note.at,
        diagnoses=tuple(p.what.code for p in problems if p.fhir_id.startswith(f"{id}-")),
        note=sm3(note.body.encode()).hex(),
    )
    return rules.visit(await _patient(tx, chart), closed)


async def _patient(tx: Tx, chart: Chart) -> Patient:
    person = await people.person(tx, chart)
    today = time.day(tx.now, profile.at(tx.now).zone)
    return Patient(pseudonym(tx, person.id), person.sex, person.age_on(today))


async def _send(links: Links, key: UUID, report: Report) -> Answer:
    return await links.supervision.report(key, report)


async def _ask(links: Links, key: UUID, _: Report) -> Answer | None:
    return await links.supervision.ask(key)


async def _record(tx: Tx, upload_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.YES:
        receipt = msgspec.convert(answer.body, Receipt)
        told = Receipted(receipt.number, receipt.digest)
        await supervision.receipted(tx, upload_id=upload_id, receipt=told)
    else:
        code, about = (str(answer.body.get(name, "")) for name in ("code", "about"))
        await supervision.refused(tx, upload_id=upload_id, code=code, about=about)


async def _prepare_tally(tx: Tx, tally_id: UUID) -> Asking:
    slip = await queries.tally_slip(tx, tally_id=tally_id)
    here = (await people.institutions(tx, ids=[slip.institution_id]))[slip.institution_id]
    return Asking(here.credit_code, slip.day)


async def _count(links: Links, _: UUID, asking: Asking) -> Answer:
    answer = await links.supervision.tally(asking.institution, asking.day)
    return answer if answer.outcome is Outcome.YES else Answer(Outcome.UNKNOWN)


async def _count_again(*_: object) -> None:
    """Ask nothing: counting changes nothing, so it is simply done again."""


async def _record_tally(tx: Tx, tally_id: UUID, answer: Answer) -> None:
    theirs = msgspec.convert(answer.body, Tally)
    slip = await queries.tally_slip(tx, tally_id=tally_id)
    held = [(kind, id.hex, receipt) for kind, id, receipt in await queries.held(tx, slip=slip)]
    await supervision.take_tally(
        tx,
        tally_id=tally_id,
        ours=Counter(kind for kind, _, _ in held),
        theirs=theirs.counts,
        same=tally_digest(held) == theirs.digest,
    )


ERRANDS: tuple[Errand[Links, Any], ...] = (
    Errand(Task.REPORT, Report, _prepare, _send, _ask, _record),
    Errand(Task.TALLY, Asking, _prepare_tally, _count, _count_again, _record_tally),
)
