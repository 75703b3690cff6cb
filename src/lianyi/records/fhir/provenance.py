"""Who brought what: the Provenance that this server writes of a foreign writing (INT-06)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

APP = "urn:lianyi:app"
IMPORT = "urn:lianyi:import"  # what it was read from, as the name of a file or its digest
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def brought(
    id: UUID,
    *,
    versions: Iterable[tuple[str, str, int]],
    app_id: UUID | None,
    institution_id: UUID,
    at: datetime,
    source: str = "",
) -> dict[str, Any]:
    """Return who stands for versions (type, id, number): an app, for an institution.

    Without an app it is the institution itself, whose files were read. `source` is the file.
    """
    here = {"reference": f"Organization/{institution_id}"}
    app = {"type": "Device", "identifier": {"system": APP, "value": str(app_id)}}
    what = {"identifier": {"system": IMPORT, "value": source}}
    return {
        "resourceType": "Provenance",
        "id": str(id),
        "target": [{"reference": f"{type}/{id}/_history/{n}"} for type, id, n in versions],
        "recorded": at.isoformat(timespec="milliseconds"),
        "agent": [
            {
                "type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]},
                **({"who": app, "onBehalfOf": here} if app_id else {"who": here}),
            }
        ],
        **({"entity": [{"role": "source", "what": what}]} if source else {}),
    }
