"""A sale as FHIR R4: one MedicationDispense a line that was sold, under `<sale id>-<n>`."""

from collections.abc import Sequence
from typing import Any

from lianyi.pharmacy.model import Line, Sale, Scanned

DRUG = "urn:lianyi:drug"
TRACE = "urn:lianyi:drug-trace-code"
PACK = "盒"

Body = dict[str, Any]


def dispenses(sale: Sale, packs: Sequence[Scanned]) -> list[Body]:
    """Return what was handed over, with the trace code of every pack."""
    return [_dispense(sale, line, packs) for line in sale.sold]


def _dispense(sale: Sale, line: Line, packs: Sequence[Scanned]) -> Body:
    body: Body = {
        "resourceType": "MedicationDispense",
        "id": f"{sale.id}-{line.number}",
        "identifier": [
            {"system": TRACE, "value": pack.trace_code}
            for pack in packs
            if pack.number == line.number
        ],
        "status": "completed",
        "medicationCodeableConcept": {
            "coding": [{"system": DRUG, "code": line.code}],
            "text": line.label,
        },
        "subject": {"reference": f"Patient/{sale.person_id}"},
        "performer": [{"actor": {"reference": f"Organization/{sale.institution_id}"}}],
        "authorizingPrescription": [
            {"reference": f"MedicationRequest/{sale.slip.prescription_id}-{line.number}"}
        ],
        "quantity": {"value": line.packs, "unit": PACK},
        "dosageInstruction": [{"text": line.usage}],
    }
    if sale.checked_at:
        body["whenPrepared"] = sale.checked_at.isoformat()
    if sale.handed_at:
        body["whenHandedOver"] = sale.handed_at.isoformat()
    return body
