"""What a patient told before an online visit, as FHIR R4: QuestionnaireResponse."""

from datetime import datetime
from typing import Any

from lianyi.consult.model import Visit

QUESTIONNAIRE = "urn:lianyi:questionnaire:online-intake"

Body = dict[str, Any]


def intake(visit: Visit, *, at: datetime) -> Body:
    """Return the intake under the visit's own id, its text items under their form names."""
    told = visit.intake
    texts = (
        ("complaint", told.complaint),
        ("course", told.course.value),
        ("readings", told.readings),
        ("medicines", told.medicines),
        ("allergies", told.allergies),
        ("wanted", told.wanted),
    )
    said = [_item(name, {"valueString": text.strip()}) for name, text in texts if text.strip()]
    asked = [_item(f"sign.{each.question}", {"valueBoolean": each.yes}) for each in told.answers]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(visit.id),
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": {"reference": f"Patient/{visit.person_id}"},
        "encounter": {"reference": f"Encounter/{visit.id}"},
        "authored": at.isoformat(),
        "item": [*said, *asked],
    }


def _item(name: str, value: Body) -> Body:
    return {"linkId": name, "answer": [value]}
