"""Prescriptions as FHIR R4: one MedicationRequest a line, held together by groupIdentifier."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lianyi.prescribing.model import Line, Prescription, State
from lianyi.prescribing.rules.document import ROUTES, use_text

DRUG = "urn:lianyi:drug"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
UCUM = "http://unitsofmeasure.org"
GROUP = "urn:ietf:rfc:3986"
SIGNATURE = "urn:iso-astm:E1762-95:2013"
AUTHOR, REVIEWER = "1.2.840.10065.1.12.1.1", "1.2.840.10065.1.12.1.8"
LEGAL = frozenset({"g", "mg", "ug", "mL"})  # units that UCUM knows under the same code
STATUS: Mapping[State, str] = {
    State.TO_REVIEW: "draft",
    State.RETURNED: "draft",
    State.APPROVING: "draft",
    State.SIGNING: "draft",
    State.DRAFT: "draft",
    State.APPROVED: "active",
    State.ACCEPTED: "active",
    State.PARTLY_DISPENSED: "completed",  # DS-06: nothing more comes of it
    State.DISPENSED: "completed",
    State.REVOKED: "cancelled",
    State.LAPSED: "stopped",
}

Body = dict[str, Any]


def medication_requests(prescription: Prescription) -> list[Body]:
    lines = prescription.sheet.lines
    return [_request(prescription, n, line) for n, line in enumerate(lines, start=1)]


def signature(
    prescription: Prescription, *, id: UUID, post_id: UUID, digest: str, at: datetime, act: str
) -> Body:
    """Return who signed a prescription's text, and its digest; `act` is AUTHOR or REVIEWER."""
    who = {"reference": f"PractitionerRole/{post_id}"}
    numbers = range(1, len(prescription.sheet.lines) + 1)
    return {
        "resourceType": "Provenance",
        "id": str(id),
        "target": [
            {"reference": f"MedicationRequest/{request_id(prescription, n)}"} for n in numbers
        ],
        "recorded": at.isoformat(),
        "agent": [{"who": who}],
        "signature": [
            {
                "type": [{"system": SIGNATURE, "code": act}],
                "when": at.isoformat(),
                "who": who,
                "sigFormat": "application/octet-stream",
                "data": b64encode(bytes.fromhex(digest)).decode(),
            }
        ],
    }


def request_id(prescription: Prescription, number: int) -> str:
    return f"{prescription.id}-{number}"


def _request(prescription: Prescription, number: int, line: Line) -> Body:
    return {
        "resourceType": "MedicationRequest",
        "id": request_id(prescription, number),
        "groupIdentifier": {"system": GROUP, "value": f"urn:uuid:{prescription.id}"},
        "status": "on-hold" if prescription.is_held else STATUS[prescription.state],
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": DRUG, "code": line.drug}],
            "text": f"{line.name} {line.strength}",
        },
        "subject": {"reference": f"Patient/{prescription.person_id}"},
        "encounter": {"reference": f"Encounter/{prescription.visit.id}"},
        "authoredOn": (prescription.signed_at or prescription.at).isoformat(),
        "requester": {"reference": f"PractitionerRole/{prescription.post_id}"},
        "reasonCode": [
            {"coding": [{"system": ICD10, "code": each.code}], "text": each.name}
            for each in prescription.sheet.diagnoses
        ],
        "dosageInstruction": [_dosage(line)],
        "dispenseRequest": _dispense(prescription, line),
        # RX-34: nobody puts another drug in its place.
        "substitution": {"allowedBoolean": False},
    }


def _dosage(line: Line) -> Body:
    return {
        "text": use_text(line),
        "timing": {"code": {"text": line.frequency_name}},
        "route": {"text": ROUTES.get(line.route, line.route)},
        "doseAndRate": [{"doseQuantity": _dose(line)}],
    }


def _dose(line: Line) -> Body:
    quantity: Body = {"value": line.dose.value, "unit": line.dose.unit}
    if line.dose.unit in LEGAL:
        quantity |= {"system": UCUM, "code": line.dose.unit}
    return quantity


def _dispense(prescription: Prescription, line: Line) -> Body:
    start = prescription.signed_at or prescription.at
    period = {"start": start.isoformat()}
    if prescription.expires_at:
        period["end"] = prescription.expires_at.isoformat()
    return {
        "validityPeriod": period,
        "numberOfRepeatsAllowed": 0,
        "quantity": {"value": line.packs, "unit": line.pack},
        "expectedSupplyDuration": {
            "value": line.days, "unit": "天", "system": UCUM, "code": "d",
        },
    }  # fmt: skip
