"""What is reported of a thing, when it is late, and whether two counts agree. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lianyi.kernel.actor import Role
from lianyi.kernel.crypto import sm3
from lianyi.kernel.profile import Profile
from lianyi.people.model import (
    ADMIN,
    DOCTOR,
    DRUG_AUTHORITY,
    HEALTH_COMMISSION,
    NURSE,
    PHARMACIST,
    Institution,
    Post,
    Practice,
)
from lianyi.supervision.model import (
    By,
    Case,
    Dispensed,
    End,
    Kind,
    Line,
    Patient,
    Prescribed,
    Reviewed,
    Step,
    Trail,
    Visit,
)

PROFESSIONALS = frozenset({DOCTOR, NURSE, PHARMACIST})
# The commission sees care and licences, the drug authority what is sold, neither the other's; an
# institution sees all of its own. The insurance agency has its claims, and nothing of this.
SEEN: Mapping[Role, frozenset[Kind]] = {
    ADMIN: frozenset(Kind),
    HEALTH_COMMISSION: frozenset(
        {Kind.LICENCE, Kind.PRACTITIONER, Kind.VISIT, Kind.PRESCRIPTION, Kind.REVIEW}
    ),
    DRUG_AUTHORITY: frozenset({Kind.DISPENSE}),
}
REASON_MIN = 4  # characters
# What is mended by the receipt of which kind.
MENDS = {
    Kind.LICENCE: ("UNKNOWN_INSTITUTION", "LICENCE_EXPIRED"),
    Kind.PRACTITIONER: ("UNKNOWN_PRACTITIONER",),
}
MENDED = frozenset(code for codes in MENDS.values() for code in codes)
OTHER_CONTENT = "OTHER_CONTENT"  # a receipt for something else than was sent

Content = dict[str, Any]


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def due_at(now: datetime, numbers: Profile) -> datetime:
    """LIC-11: the platform supervises while it happens; a receipt later than this is late."""
    return now + timedelta(minutes=numbers["LIC-11"])


def tally_at(over: datetime, numbers: Profile) -> datetime:
    """LIC-11: the hour of the next day from which the counts of a day are compared."""
    return over + timedelta(hours=numbers["LIC-11.tally"])


def agree(ours: Mapping[str, int], theirs: Mapping[str, int]) -> bool:
    return {k: n for k, n in ours.items() if n} == {k: n for k, n in theirs.items() if n}


def licence(institution: Institution, departments: Iterable[str]) -> Content:
    """LIC-11: the licence data that an institution keeps fresh on the platform."""
    until = institution.licence_until
    return {
        "name": institution.name,
        "kind": institution.kind,
        "level": institution.level,
        "licence": institution.licence_number,
        "until": until.isoformat() if until else "",
        "departments": sorted(departments),
    }


def practitioner(post: Post, practice: Practice) -> Content:
    """CON-24, LIC-14: who practises here, on what register, as main place or filed further one."""
    held, filing = practice.licence, practice.filing
    content: Content = {
        "licence": held.number if held else "",
        "name": post.name,
        "role": post.role,
        "grade": post.grade,
        "department": practice.department.code if practice.department else "",
    }
    if held:
        content["register"] = held.register
        content["main"] = held.main_institution_id == post.institution_id
        content["checked_on"] = held.checked_on.isoformat()
        content["until"] = held.valid_until.isoformat() if held.valid_until else ""
    if filing:
        content["filing"] = filing.number
        content["filed_until"] = filing.valid_until.isoformat() if filing.valid_until else ""
    if post.ended_at:
        content["ended"] = post.ended_at.isoformat()
    return content


def visit(patient: Patient, closed: Visit) -> Content:
    """CON-18: who treated whom, when, of what, with the digest of the record that stays here.

    What ended without a record says how and why, and holds no diagnosis (CON-04, CON-26).
    """
    content: Content = {
        **_patient(patient),
        "way": "online" if closed.online else "in_person",
        "doctor": closed.doctor,
        "department": closed.department,
        "began": closed.began_at.isoformat(),
        "ended": closed.ended_at.isoformat(),
        "end": closed.end,
    }
    if closed.end is End.RECORDED:
        return {**content, "diagnoses": list(closed.diagnoses), "note": closed.note}
    return {**content, "reasons": list(closed.reasons)}


def prescription(patient: Patient, signed: Prescribed) -> Content:
    """LIC-11: what was prescribed, by whom, with the digest of what the doctor has signed."""
    return {
        **_patient(patient),
        "visit": signed.visit.hex,
        "doctor": signed.doctor,
        "diagnoses": list(signed.diagnoses),
        "lines": [
            {
                "drug": line.drug,
                "name": f"{line.name} {line.strength}",
                "use": line.use,
                "packs": line.packs,
            }
            for line in signed.lines
        ],
        "document": signed.document,
        "signed": signed.signed_at.isoformat(),
        "until": signed.until.isoformat(),
        "state": signed.state,
    }


def review(said: Reviewed) -> Content:
    """LIC-11, PH-06: what the pharmacist has decided, and why it was sent back."""
    return {
        "prescription": said.prescription.hex,
        "version": said.version,
        "pharmacist": said.pharmacist,
        "decision": said.decision,
        "reason": said.reason,
        "serious": said.serious,
        "at": said.at.isoformat(),
        "text": said.text,
    }


def dispense(patient: Patient, sold: Dispensed) -> Content:
    """LIC-11, FR-20: which packs left which seller, for which prescription."""
    return {
        **_patient(patient),
        "prescription": sold.prescription.hex,
        "seller": sold.seller,
        "pharmacist": sold.pharmacist,
        "packs": [
            {
                "drug": box.drug,
                "trace": box.trace,
                "lot": box.lot,
                "expires": box.expires_on.isoformat(),
            }
            for box in sold.packs
        ],
        "at": sold.at.isoformat(),
        "proxy": sold.by_proxy,
        "returned": sold.returned,
    }


def _patient(patient: Patient) -> Content:
    return {"patient": patient.pseudonym, "sex": patient.sex, "age": patient.age}


SYSTEM_IDS = 5  # the version of the ids under which the platform itself acts
START = bytes(32)


def by(post_id: UUID, person_id: UUID, staff: Collection[UUID]) -> By:
    """Return whose hand it was, as far as the authorities know."""
    if post_id in staff:
        return By.STAFF
    if post_id == person_id:
        return By.RESIDENT
    return By.SYSTEM if post_id.version == SYSTEM_IDS else By.PROXY


def chained(steps: Iterable[Step], number: int, chain: bytes) -> Iterator[Line]:
    """Put further steps behind a chain of so many: each stands for all before it (SEC-17)."""
    for step in steps:
        number, chain = number + 1, sm3(chain + step.digest)
        yield Line(number, step, chain)


def first_break(trail: Trail, sources: Mapping[tuple[str, int], bytes]) -> int | None:
    """Return the number of the first line that isn't what was sealed, or None (SEC-17).

    `sources` are the digests of the logs' rows as they are now.
    """
    chain = START
    for place, line in enumerate(trail.lines, start=1):
        step = line.step
        chain = sm3(chain + step.digest)
        as_it_was = sources.get((step.log, step.row)) == step.digest
        if line.number != place or line.chain != chain or not as_it_was:
            return place
    return None


def may_decide(case: Case, person_id: UUID) -> bool:
    """CON-18: whoever asked to know a name never agrees to it, in no hat of theirs."""
    return case.asked_by != person_id


def may_look(case: Case, person_id: UUID, now: datetime) -> bool:
    return case.is_open(now) and person_id in {case.asked_by, case.decided_by}
