"""Who brought what: the Provenance that this server writes of a foreign writing (INT-06)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

APP = "urn:lianyi:app"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def brought(
    id: UUID,
    *,
    versions: Iterable[tuple[str, str, int]],
    app_id: UUID,
    institution_id: UUID,
    at: datetime,
) -> dict[str, Any]:
    """Return who stands for versions (type, id, number): an app, for an institution."""
    return {
        "resourceType": "Provenance",
        "id": str(id),
        "target": [{"reference": f"{type}/{id}/_history/{n}"} for type, id, n in versions],
        "recorded": at.isoformat(timespec="milliseconds"),
        "agent": [
            {
                "type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]},
                "who": {"type": "Device", "identifier": {"system": APP, "value": str(app_id)}},
                "onBehalfOf": {"reference": f"Organization/{institution_id}"},
            }
        ],
    }
