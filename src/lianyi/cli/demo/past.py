"""What the demo's residents were treated for before the network came: their hospitals' own history.

Like an import it enters the record as it was, with the institution and the doctor of those days,
and is no visit of this network: nothing of it is reported, charged or signed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from lianyi.cli.demo import laboratory
from lianyi.cli.demo.laboratory import Item
from lianyi.cli.demo.network import Neighbour
from lianyi.consult.rules import gate
from lianyi.kernel import profile, time
from lianyi.kernel.actor import system
from lianyi.kernel.work import Tx
from lianyi.orders import fhir as reports
from lianyi.orders.model import Order, Reading, Result, State
from lianyi.orders.rules import age_on, result, sex_of
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, Post, Sex
from lianyi.records import service as records
from lianyi.records.fhir import outpatient
from lianyi.records.model import Allergen, Diagnosed, Note, Setting
from lianyi.terminology import queries as terminology

FILE = Path(__file__).parent / "past.toml"
HOSPITALS = ("province", "city", "county")
VISITS = (timedelta(days=400), timedelta(days=60))  # ago; the newest last
LASTED = timedelta(minutes=20)
CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
MMHG = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
Body = dict[str, Any]


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a disease goes; `values` are the results of `item`, one tuple for each visit."""

    condition: str
    code: str
    complaint: str
    present: str
    findings: str
    treatment: str
    advice: str
    item: str = ""
    values: tuple[tuple[Decimal, ...], ...] = ()
    pressures: tuple[tuple[int, int, int], ...] = ()


class Courses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    course: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class Doctor:
    """`subject` is the code of what they are there for."""

    post: Post
    subject: str


@dataclass(frozen=True, slots=True)
class Story:
    """One person before one doctor: the diseases that belong there."""

    one: Neighbour
    person_id: UUID
    doctor: Post
    courses: tuple[Course, ...]


def load() -> dict[str, Course]:
    found = msgspec.toml.decode(FILE.read_bytes(), type=Courses)
    return {course.condition: course for course in found.course}


async def bring_in(
    tx: Tx, residents: Sequence[Neighbour], persons: Mapping[str, UUID], places: Mapping[str, UUID]
) -> None:
    """Write the earlier visits of everybody who has a disease."""
    doctors = [each for key in HOSPITALS for each in await _doctors(tx, places[key])]
    courses, items = load(), {item.code: item for item in laboratory.load().item}
    for one in residents:
        nearest = _nearest(one, doctors, places)
        for story in _stories(one, persons[one.key], courses, nearest):
            for n, ago in enumerate(VISITS):
                await _write(replace(tx, now=tx.now - ago), story, n, items)


async def _doctors(tx: Tx, institution_id: UUID) -> list[Doctor]:
    wards = await people.departments_of(tx, institution_id=institution_id)
    subjects = {ward.id: ward.code for ward in wards}
    staff = await people.staff_of(tx, institution_id=institution_id)
    return [
        Doctor(post, subjects[post.department_id])
        for post in staff
        if post.role == DOCTOR and post.department_id
    ]


def _nearest(one: Neighbour, doctors: Sequence[Doctor], places: Mapping[str, UUID]) -> list[Doctor]:
    """Return the doctors in the order a family goes to them: one hospital is their own."""
    own = places[HOSPITALS[(int(one.family[1:]) - 1) % len(HOSPITALS)]]
    return sorted(doctors, key=lambda each: each.post.institution_id != own)


def _stories(
    one: Neighbour, person_id: UUID, courses: Mapping[str, Course], doctors: Sequence[Doctor]
) -> list[Story]:
    """Return whom somebody sees for what; one doctor treats all that belongs to their subject."""
    seen: dict[UUID, Story] = {}
    for condition in one.conditions:
        course = courses[condition]
        post = next(each.post for each in doctors if _receives(each.subject, one, course.code))
        told = seen.get(post.id) or Story(one, person_id, post, ())
        seen[post.id] = replace(told, courses=(*told.courses, course))
    return list(seen.values())


def _receives(subject: str, one: Neighbour, code: str) -> bool:
    if one.guardian or gate.is_paediatric(subject):
        return bool(one.guardian) and gate.is_paediatric(subject)
    return gate.treats(subject, code)


async def _write(then: Tx, story: Story, n: int, items: Mapping[str, Item]) -> None:
    """Write one visit as the hospital of its doctor kept it; `n` counts from the first."""
    hospital = story.doctor.institution_id
    here = replace(then, actor=system("seed", hospital))
    id = here.new_id(story.person_id)
    setting = Setting(id, story.person_id, hospital, story.doctor.id, here.now)
    measured = [
        body
        for course in story.courses
        if course.item
        for body in _measured(here, story, items[course.item], course.values[n], id)
    ]
    told = story.courses if n == len(VISITS) - 1 else ()
    pressures = [_pressure(here, setting, *one) for course in told for one in course.pressures]
    bodies = [*_seen(setting, story), *measured, *pressures]
    await records.publish_all(here, owner=story.person_id, bodies=bodies)


def _seen(setting: Setting, story: Story) -> Iterator[Body]:
    """Return the visit, its diagnoses and, where the hospital asked for allergies, its note."""
    note, at = _note(story), setting.started_at
    visit = outpatient.encounter(setting, ended_at=at + LASTED)
    del visit["appointment"]  # nobody booked here in those days
    yield visit
    yield from outpatient.conditions(setting, note, at=at)
    if note.allergies is not None:
        yield from outpatient.allergies(setting, note, at=at)
        yield outpatient.composition(setting, note, at=at)


def _note(story: Story) -> Note:
    first = story.courses[0]
    names = [terminology.diagnosis(course.code).name for course in story.courses]
    return Note(
        complaint=first.complaint,
        present=" ".join(course.present for course in story.courses),
        past=f"{'、'.join(names)}病史，否认手术外伤史。",
        allergies=_allergies(story.one),
        findings=" ".join(course.findings for course in story.courses),
        diagnoses=tuple(
            Diagnosed(course.code, name) for course, name in zip(story.courses, names, strict=True)
        ),
        treatment=" ".join(course.treatment for course in story.courses),
        advice=" ".join(course.advice for course in story.courses),
    )


def _allergies(one: Neighbour) -> tuple[Allergen, ...] | None:
    if one.allergies is None:
        return None
    return tuple(Allergen(terminology.name_of(code), code) for code in one.allergies)


def _measured(
    here: Tx, story: Story, item: Item, values: Sequence[Decimal], encounter_id: UUID
) -> Sequence[Body]:
    """Return the report of one item as the laboratory of those days released it."""
    order = Order(
        id=here.new_id(story.person_id),
        institution_id=here.actor.institution_id,
        person_id=story.person_id,
        encounter_id=encounter_id,
        state=State.RELEASED,
        code=item.code,
        label=item.label,
        specimen=item.specimen,
        observations=item.observations,
        mediated=False,
        classes=frozenset(),
        ordered_by=story.doctor.id,
        at=here.now,
        deferred="",
        measured_by=None,
        measured_at=here.now,
        verified_by=None,
        verified_at=here.now,
        barcode=None,
    )
    readings = zip(item.observations, values, strict=True)
    return reports.report(
        order, [_result(here, story.one, *reading) for reading in readings], at=here.now
    )


def _pressure(here: Tx, setting: Setting, days: int, systolic: int, diastolic: int) -> Body:
    """Return one blood pressure as R4's own profile has it (Observation-bp)."""
    at = setting.started_at - timedelta(days=days)
    return {
        "resourceType": "Observation",
        "id": str(here.new_id(setting.person_id)),
        "status": "final",
        "category": [{"coding": [{"system": CATEGORIES, "code": "vital-signs"}]}],
        "code": _coded("85354-9", "血压"),
        "subject": {"reference": f"Patient/{setting.person_id}"},
        "encounter": {"reference": f"Encounter/{setting.visit_id}"},
        "effectiveDateTime": at.isoformat(),
        "component": [
            {"code": _coded(code, text), "valueQuantity": {**MMHG, "value": value}}
            for code, text, value in (
                ("8480-6", "收缩压", systolic),
                ("8462-4", "舒张压", diastolic),
            )
        ],
    }


def _coded(code: str, text: str) -> Body:
    return {"coding": [{"system": reports.LOINC, "code": code}], "text": text}


def _result(here: Tx, one: Neighbour, code: str, value: Decimal) -> Result:
    born = date.fromisoformat(one.id_number[6:14])
    flag = terminology.flag(
        value,
        code,
        sex=sex_of(Sex(one.sex)),
        age=age_on(born, time.day(here.now, profile.at(here.now).zone)),
    )
    observation = terminology.observation(code)
    return result(Reading(code, value), observation, flag, terminology.release().version)
