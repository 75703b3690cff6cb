"""What is known of a person that a prescription is held against (用药安全所需的事实).

From the owner first: what the doctor asked just now, and what was prescribed here; then from the
record, for what others wrote. What nobody has said stays not known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.orders.rules import sex_of
from lianyi.people import queries as people
from lianyi.people.model import Member, Person, Register
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.fhir import DRUG
from lianyi.prescribing.model import Asked, Facts, Line, Prescription, Taken, Visit
from lianyi.prescribing.rules import person as worked_out
from lianyi.records import queries as records
from lianyi.records.fhir.outpatient import ALLERGEN
from lianyi.records.model import Allergies, Measurement, Medicine, Problem, Summary
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Pregnancy, Sex

EGFR = ("33914-3", "62238-1", "98979-8")  # LOINC: by MDRD, by CKD-EPI 2009, by CKD-EPI 2021
CREATININE, WEIGHT = "14682-9", "29463-7"  # umol/L, kg
PREGNANT = ("O", "Z33", "Z34", "Z35")  # ICD-10
TERM = timedelta(days=280)
TAKEN_STATES = frozenset({"active", "completed"})


@dataclass(frozen=True, slots=True)
class Case:
    """A visit in which something may be prescribed. `followed` and `guarded`: of an online one."""

    visit: Visit
    chart: Chart
    followed: frozenset[str] = frozenset()
    guarded: bool = False


async def facts(
    tx: Tx, case: Case, asked: Asked, *, person: Person, member: Member, except_for: UUID | None
) -> Facts:
    """Gather what the checks must know; `except_for` is the prescription that is being checked."""
    known = await records.summary(tx, case.chart)
    running = await prescribing.live_of(tx, case.chart)
    on_duty = await people.on_duty(tx, institution_id=tx.actor.institution_id)
    numbers = profile.at(tx.now)
    months = worked_out.months_between(person.birth_date, time.day(tx.now, numbers.zone))
    sex = sex_of(person.sex)
    licence = member.practice.licence
    return Facts(
        profile=numbers,
        way=case.visit.way,
        sex=sex,
        months=months,
        allergies=_allergies(known.allergies, asked),
        history=_history(known.problems, asked),
        pregnancy=worked_out.pregnancy(sex, months, _pregnancy(tx, known.problems, asked)),
        medicines=tuple(_medicines(tx, known, running, asked, except_for)),
        medicines_asked=asked.medicines is not None,
        egfr=_egfr(tx, known, sex=sex, months=months),
        weight=asked.weight or _fresh(tx, known, {WEIGHT}, "PH-04.weight"),
        grade=member.post.grade,
        full_right=licence is not None and licence.register is Register.DOCTOR,
        own_person=person.id == tx.actor.person_id,
        noted=_noted(known.problems, case.visit.id),
        followed=case.followed,
        guarded=case.guarded,
        on_duty=any(duty.post.person_id != tx.actor.person_id for duty in on_duty),
    )


def _allergies(known: Allergies, asked: Asked) -> tuple[str, ...] | None:
    """Join what is on record with what was said now. A known allergy outweighs a no."""
    told = {each.what.code if each.what.system == ALLERGEN else each.what.text
            for each in known.known}  # fmt: skip
    if asked.allergies is None and not told and not known.none_known:
        return None
    return tuple(sorted(told | set(asked.allergies or ())))


def _history(problems: Sequence[Problem], asked: Asked) -> tuple[str, ...] | None:
    """Return the diseases by code. One that is coded otherwise was not understood: ask."""
    coded = {each.what.code for each in problems if "icd-10" in each.what.system}
    strange = any("icd-10" not in each.what.system for each in problems)
    if asked.history is None and (strange or not problems):
        return None
    return tuple(sorted(coded | set(asked.history or ())))


def _pregnancy(tx: Tx, problems: Sequence[Problem], asked: Asked) -> Pregnancy | None:
    if asked.pregnancy is not None:
        return asked.pregnancy
    recent = (each for each in problems if each.at > tx.now - TERM)
    if any(each.what.code.startswith(PREGNANT) for each in recent):
        return Pregnancy.YES
    return None


def _medicines(
    tx: Tx, known: Summary, running: Iterable[Prescription], asked: Asked, except_for: UUID | None
) -> Iterator[Taken]:
    for prescription in running:
        if prescription.id != except_for:
            yield from (_taken(line) for line in prescription.sheet.lines)
    here = tx.actor.institution_id
    for medicine in known.medicines:
        ours = medicine.what.system == DRUG and not medicine.by_app
        if _is_current(medicine, tx.now) and not (ours and medicine.holder_id == here):
            yield Taken(_substances(medicine))
    for substance in asked.medicines or ():
        yield Taken((substance,))


def _taken(line: Line) -> Taken:
    daily = terminology.daily_amounts(line.drug, units=line.units, frequency=line.frequency)
    drug = terminology.drug(line.drug)
    return Taken(drug.substances, own=True, daily=tuple(daily.items()))


def _is_current(medicine: Medicine, now: datetime) -> bool:
    """Say whether it is taken now: for the days it lasts, or while it is called active.

    What was handed out on an order is told by the order.
    """
    if medicine.status not in TAKEN_STATES or medicine.type == "MedicationDispense":
        return False
    if medicine.days is None:
        return medicine.status == "active"
    return now < medicine.at + timedelta(days=int(medicine.days))


def _substances(medicine: Medicine) -> tuple[str, ...]:
    """Return the substances of a drug of the master; else the words, which can't be checked."""
    found = terminology.drugs([medicine.what.code]) if medicine.what.system == DRUG else {}
    if medicine.what.code in found:
        return found[medicine.what.code].substances
    return (medicine.what.text or medicine.what.code,)


def _egfr(tx: Tx, known: Summary, *, sex: Sex | None, months: int) -> Decimal | None:
    """Return the newest fresh kidney value: measured as such, or worked out from creatinine."""
    newest = _newest(tx, known.measurements, {*EGFR, CREATININE}, "PH-04.kidney")
    if newest is None or newest.value is None:
        return None
    if newest.what.code in EGFR:
        return newest.value
    if newest.unit != "umol/L":
        return None
    return worked_out.egfr_of(newest.value, sex=sex, months=months)


def _fresh(tx: Tx, known: Summary, codes: set[str], rule: str) -> Decimal | None:
    newest = _newest(tx, known.measurements, codes, rule)
    return newest.value if newest else None


def _newest(
    tx: Tx, measurements: Sequence[Measurement], codes: set[str], rule: str
) -> Measurement | None:
    since = tx.now - timedelta(days=profile.at(tx.now)[rule])
    fresh = (each for each in measurements if each.what.code in codes and each.at > since)
    return max(fresh, key=lambda each: each.at, default=None)


def _noted(problems: Sequence[Problem], visit_id: UUID) -> frozenset[str] | None:
    """Return the diagnoses of this visit's record, once it is signed (RX-08)."""
    found = frozenset(
        each.what.code for each in problems if each.fhir_id.startswith(f"{visit_id}-")
    )
    return found or None
