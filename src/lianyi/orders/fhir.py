"""Orders as FHIR R4: ServiceRequest, Specimen, Observation, DiagnosticReport.

One order is one ServiceRequest and one DiagnosticReport under its own id; its observations are
`<id>-<n>`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lianyi.orders.model import Order, Result, Specimen, State
from lianyi.terminology.model import Level

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ITEM = "urn:lianyi:price-list-item"
BARCODE = "urn:lianyi:specimen-barcode"
REJECTION = "urn:lianyi:specimen-rejection"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
COULD_NOT_INTERPRET = "无法判断"
STATUS: Mapping[State, str] = {State.RELEASED: "completed", State.CANCELLED: "revoked"}
LEVELS: Mapping[Level, tuple[str, str]] = {
    Level.CRITICAL_LOW: ("LL", "危急低值"),
    Level.LOW: ("L", "偏低"),
    Level.NORMAL: ("N", "正常"),
    Level.HIGH: ("H", "偏高"),
    Level.CRITICAL_HIGH: ("HH", "危急高值"),
}

Body = dict[str, Any]


def service_request(order: Order) -> Body:
    return {
        "resourceType": "ServiceRequest",
        "id": str(order.id),
        "requisition": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{order.encounter_id}"},
        "status": STATUS.get(order.state, "active"),
        "intent": "order",
        "priority": "urgent" if order.deferred else "routine",
        "category": [{"coding": [{"system": SECTION, "code": "LAB"}]}],
        "code": _item(order),
        "subject": _patient(order.person_id),
        "encounter": {"reference": f"Encounter/{order.encounter_id}"},
        "authoredOn": order.at.isoformat(),
        "requester": {"reference": f"PractitionerRole/{order.ordered_by}"},
        "performer": [{"reference": f"Organization/{order.institution_id}"}],
    }


def specimen(order: Order, specimen: Specimen) -> Body:
    taken: Body = {}
    if specimen.taken_at:
        taken["collectedDateTime"] = specimen.taken_at.isoformat()
    if specimen.taken_by:
        taken["collector"] = {"reference": f"PractitionerRole/{specimen.taken_by}"}
    body: Body = {
        "resourceType": "Specimen",
        "id": str(specimen.id),
        "accessionIdentifier": {"system": BARCODE, "value": specimen.barcode},
        "status": "unsatisfactory" if specimen.rejection else "available",
        "type": {"text": order.specimen},
        "subject": _patient(order.person_id),
        "request": [{"reference": f"ServiceRequest/{order.id}"}],
        "collection": taken,
    }
    if specimen.received_at:
        body["receivedTime"] = specimen.received_at.isoformat()
    if specimen.rejection:
        body["condition"] = [{"coding": [{"system": REJECTION, "code": specimen.rejection.value}]}]
    return body


def report(order: Order, results: Sequence[Result], *, at: datetime) -> list[Body]:
    """Return the report and its observations, as verified at an instant."""
    observations = [_observation(order, n, each, at) for n, each in enumerate(results, start=1)]
    body: Body = {
        "resourceType": "DiagnosticReport",
        "id": str(order.id),
        "basedOn": [{"reference": f"ServiceRequest/{order.id}"}],
        "status": "final",
        "category": [{"coding": [{"system": SECTION, "code": "LAB"}]}],
        "code": _item(order),
        "subject": _patient(order.person_id),
        "encounter": {"reference": f"Encounter/{order.encounter_id}"},
        "effectiveDateTime": (order.measured_at or at).isoformat(),
        "issued": at.isoformat(),
        "performer": [{"reference": f"Organization/{order.institution_id}"}],
        "result": [{"reference": f"Observation/{each['id']}"} for each in observations],
    }
    return [body, *observations]


def observation_ids(order: Order) -> list[str]:
    return [f"{order.id}-{n}" for n, _ in enumerate(order.observations, start=1)]


def _observation(order: Order, number: int, result: Result, at: datetime) -> Body:
    body: Body = {
        "resourceType": "Observation",
        "id": f"{order.id}-{number}",
        "basedOn": [{"reference": f"ServiceRequest/{order.id}"}],
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": result.observation}], "text": result.label},
        "subject": _patient(order.person_id),
        "encounter": {"reference": f"Encounter/{order.encounter_id}"},
        "effectiveDateTime": (order.measured_at or at).isoformat(),
        "issued": at.isoformat(),
        "performer": [{"reference": f"Organization/{order.institution_id}"}],
        "interpretation": [_interpretation(result)],
    }
    body |= _value(result)
    if limits := _limits(result):
        body["referenceRange"] = [limits]
    return body


def _value(result: Result) -> Body:
    if result.value is None:
        return {"valueString": result.words}
    quantity = _quantity(result, result.value)
    return {
        "valueQuantity": quantity,
        **({"note": [{"text": result.words}]} if result.words else {}),
    }


def _quantity(result: Result, value: object) -> Body:
    return {"value": value, "unit": result.unit, "system": UCUM, "code": result.unit}


def _limits(result: Result) -> Body:
    ends = {"low": result.low, "high": result.high}
    return {name: _quantity(result, end) for name, end in ends.items() if end is not None}


def _interpretation(result: Result) -> Body:
    """Say also that nothing could be said: silence would read as normal."""
    if result.level not in LEVELS:
        return {"text": COULD_NOT_INTERPRET}
    code, text = LEVELS[result.level]
    return {"coding": [{"system": INTERPRETATION, "code": code}], "text": text}


def _item(order: Order) -> Body:
    return {"coding": [{"system": ITEM, "code": order.code}], "text": order.label}


def _patient(person_id: UUID) -> Body:
    return {"reference": f"Patient/{person_id}"}
