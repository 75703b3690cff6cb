"""Who brought what from an institution's own system: the proof that goes with it (INT-06)."""

from collections.abc import Iterable
from uuid import UUID

from msgspec.structs import replace

from lianyi.access.model import Sensitive
from lianyi.kernel import profile
from lianyi.kernel.moment import Moment
from lianyi.records import service as records
from lianyi.records.fhir import provenance
from lianyi.records.model import Resource

Whose = tuple[UUID, frozenset[Sensitive], bool]


def proofs(
    at: Moment, written: Iterable[tuple[Resource, int]], *, app_id: UUID | None, source: str = ""
) -> list[Resource]:
    """Return who brought these versions: for each person one proof of what is shown alike.

    One that told of an ordinary result beside a withheld or a sensitive one would tell whoever
    sees the first that there is a second; or be hidden with it (IDN-11, PRI-01).
    """
    alike: dict[Whose, list[tuple[str, str, int]]] = {}
    for one, version in written:
        whose = one.owner, one.classes, one.released
        alike.setdefault(whose, []).append((*one.key, version))
    return [_proof(at, whose, of, app_id, source) for whose, of in alike.items()]


def _proof(
    at: Moment, whose: Whose, of: list[tuple[str, str, int]], app_id: UUID | None, source: str
) -> Resource:
    owner, classes, released = whose
    here = at.actor.institution_id
    body = provenance.brought(
        at.new_id(owner), versions=of, app_id=app_id, institution_id=here, at=at.now, source=source
    )
    zone = profile.at(at.now).zone
    proof = records.prepare_own(body, owner=owner, holder_id=here, zone=zone)
    return replace(proof, classes=classes, released=released)
