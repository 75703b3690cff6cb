"""What a stored body says, as this room's nouns. Values stay exact: numbers are Decimal."""

from base64 import b64decode
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from lianyi.records.fhir import shapes
from lianyi.records.fhir.keys import instant
from lianyi.records.model import (
    Allergy,
    Concept,
    Document,
    Entry,
    Measurement,
    Medicine,
    Problem,
    Visit,
)
from lianyi.records.model.withholding import Withheld

T = TypeVar("T")
# SNOMED CT: the ways to say that there is no allergy, of any kind or to drugs.
NONE_KNOWN = frozenset({"716186003", "409137002"})
UTC = ZoneInfo("UTC")
DAYS = "d"


def title(body: str) -> str:
    """Return what a line of the timeline is called: its first words, or the first code."""
    read = _read(body, shapes.Titled)
    plain = read.description if isinstance(read.description, str) else ""
    if read.title or plain:
        return read.title or plain
    named = (
        read.code,
        read.vaccine_code,
        read.medication_codeable_concept,
        *read.reason_code,
        *_each(read.type),
        *_each(read.category),
        read.description,
    )
    found = (_words(each) for each in named if isinstance(each, shapes.CodeableConcept))
    reference = read.medication_reference
    return next((words for words in found if words), reference.display if reference else "")


def measurement(entry: Entry) -> Measurement:
    read = _read(entry.body, shapes.Observation)
    parts = tuple(_measured(entry, part, ()) for part in read.component)
    return _measured(entry, read, parts)


def withheld(entry: Entry) -> Withheld:
    measured = measurement(entry) if entry.type == "Observation" else None
    named = _read(entry.body, shapes.Report).result
    ids = (one.reference.removeprefix("Observation/") for one in named)
    return Withheld(entry, measured, tuple(ids))


def problem(entry: Entry) -> Problem:
    read = _read(entry.body, shapes.Condition)
    return Problem(
        **_fact(entry, read.code),
        clinical=read.clinical_status.code,
        verification=read.verification_status.code,
    )


def allergy(entry: Entry) -> Allergy:
    read = _read(entry.body, shapes.AllergyIntolerance)
    felt = (_words(each) for reaction in read.reaction for each in reaction.manifestation)
    return Allergy(
        **_fact(entry, read.code),
        clinical=read.clinical_status.code,
        verification=read.verification_status.code,
        criticality=read.criticality,
        reactions=tuple(felt),
    )


def says_none_known(allergy: Allergy) -> bool:
    return allergy.what.code in NONE_KNOWN


def medicine(entry: Entry) -> Medicine:
    read = _read(entry.body, shapes.Medication)
    named = read.medication_codeable_concept or shapes.CodeableConcept(
        text=read.medication_reference.display if read.medication_reference else ""
    )
    dosage = "; ".join(d.text for d in (*read.dosage_instruction, *read.dosage) if d.text)
    supply = read.dispense_request and read.dispense_request.expected_supply_duration
    return Medicine(
        **_fact(entry, named),
        type=entry.type,
        status=read.status,
        dosage=dosage,
        days=supply.value if supply and supply.code == DAYS else None,
        by_app=entry.by_app,
    )


def document(entry: Entry) -> Document:
    read = _read(entry.body, shapes.Document)
    attachment = read.content[0].attachment if read.content else shapes.Attachment()
    title = read.title or read.description or attachment.title or _words(read.type)
    return Document(
        **_fact(entry, read.type),
        type=entry.type,
        status=read.status,
        title=title,
        address=attachment.url,
    )


def visit(entry: Entry) -> Visit:
    read = _read(entry.body, shapes.Encounter)
    what = next(iter((*read.reason_code, *read.type)), shapes.CodeableConcept())
    ended_at = instant(read.period.end, UTC)
    return Visit(**_fact(entry, what), kind=read.class_.code, status=read.status, ended_at=ended_at)


def signed_digest(entry: Entry) -> bytes:
    """Return what a Provenance was signed over."""
    return b64decode(_read(entry.body, shapes.Provenance).signature[0].data)


def _measured(entry: Entry, read: shapes.Component, parts: tuple[Measurement, ...]) -> Measurement:
    quantity = read.value_quantity or shapes.Quantity()
    range = next(iter(read.reference_range), shapes.Range())
    return Measurement(
        **_fact(entry, read.code),
        value=_number(read, quantity),
        unit=quantity.unit or quantity.code,
        words=_said(read),
        interpretation=next((i.code for i in read.interpretation), ""),
        low=range.low.value if range.low else None,
        high=range.high.value if range.high else None,
        parts=parts,
    )


def _number(read: shapes.Component, quantity: shapes.Quantity) -> Decimal | None:
    if quantity.value is None and read.value_integer is not None:
        return Decimal(read.value_integer)
    return quantity.value


def _said(read: shapes.Component) -> str:
    """Return a result that is words. A boolean keeps FHIR's word for it."""
    if read.value_codeable_concept:
        return _words(read.value_codeable_concept)
    if read.value_boolean is not None:
        return str(read.value_boolean).lower()
    return read.value_string


def _fact(entry: Entry, concept: shapes.CodeableConcept) -> dict[str, Any]:
    first = concept.coding[0] if concept.coding else shapes.Coding()
    what = Concept(first.system, first.code, _words(concept))
    return {"fhir_id": entry.fhir_id, "holder_id": entry.holder_id, "at": entry.at, "what": what}


def _words(concept: shapes.CodeableConcept) -> str:
    """Return the words it was written with, before the words of a code."""
    shown = (coding.display or coding.code for coding in concept.coding)
    return concept.text or next(shown, "")


def _each(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else (value,)


def _read(body: str, shape: type[T]) -> T:
    return msgspec.json.decode(body, type=shape)
