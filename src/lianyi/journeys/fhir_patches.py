"""A patch, or a change of marks, becomes an update: what is there and may be seen, changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from lianyi.access.model.parts import Right
from lianyi.journeys.fhir_doors import Doors
from lianyi.records.errors import NotPatched, VersionMoved
from lianyi.records.fhir import patches, versions
from lianyi.records.fhir.marks import Marks, marked
from lianyi.records.fhir.patches import Operation
from lianyi.records.model import Finding
from lianyi.records.model.writing import Held


async def made(
    doors: Doors, *, held: Held, patch: Sequence[Operation] | Marks, match: int | None
) -> Mapping[str, Any]:
    """Return what a patch makes of what is held, as readers have it.

    Nothing is compared with it before its door has opened (INT-07). Who has brought it as its
    institution's own system may mark it all the same: else nobody could lift a label that hides it.

    :raises NoSuchResource, Deleted, OthersResource, NotFromOutside:
    :raises VersionMoved: it was made from another version (INT-08).
    :raises NotPatched: it doesn't fit.
    """
    if not (isinstance(patch, Marks) and doors.is_of_source(held)):
        await doors.check_seen(held)
    await doors.reach(held, Right.UPDATE)
    if match not in {None, held.version}:
        raise VersionMoved(type=held.type, fhir_id=held.fhir_id)
    read = versions.versioned(held.body, held.version, held.recorded_at)
    body = marked(read, patch) if isinstance(patch, Marks) else patches.patched(read, patch)
    if isinstance(body, Finding):
        raise NotPatched(findings=(body,))
    return versions.unversioned(body)  # a version that stood there is none that was read
