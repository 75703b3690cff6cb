"""An institution's own history, checked aside and brought under this network's ids."""

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from lianyi.kernel.work import Tx
from lianyi.records.errors import NotFhir
from lianyi.records.fhir import bundles
from lianyi.records.model import Finding, Parcel, Patient, Refusal, Resource
from lianyi.records.rules import historical
from lianyi.records.service.publishing import prepare_read
from lianyi.records.tables import index
from lianyi.records.tables import resources as tables
from lianyi.records.tables.index import Key


def unpack(raw: bytes, *, holder_id: UUID, zone: ZoneInfo) -> Parcel | None:
    """Check a foreign bundle and bring it under this network's ids. None: it is no bundle.

    Needs no transaction and takes long: give it to another process.

    :raises DefinitionsMissing:
    """
    found = bundles.read(raw, holder_id)
    if found is None:
        return None
    patients: list[Patient] = []
    resources: dict[Key, Resource] = {}
    refused: list[Refusal] = []
    for foreign in found:
        checked = _admit(foreign, holder_id, zone)
        if isinstance(checked, Refusal):
            refused.append(checked)
            continue
        resource, patient = checked
        resources[resource.type, resource.fhir_id] = resource
        patients.extend(filter(None, [patient]))
    digest = hashlib.sha256(raw).digest()
    return Parcel(digest, len(found), tuple(patients), tuple(resources.values()), tuple(refused))


def settle(resources: Iterable[Resource], *, persons: Mapping[UUID, UUID]) -> list[Resource]:
    """Put the persons' ids where their numbers are, and leave out whose person isn't known.

    The file's Patient stays the institution's own, under its own id: the network's is another one.
    """
    ids = {str(number): str(id) for number, id in persons.items()}
    known = {number: (str(number), id) for number, id in persons.items()}
    return [
        replace(
            one,
            owner=whose[1],
            body=bundles.with_persons(one.body, ids, whose[0]),
            filed=index.with_persons(one.filed, ids, whose[0]),
        )
        for one in resources
        if (whose := known.get(one.owner))
    ]


async def mark_imported(tx: Tx, *, parcel: Parcel) -> None:
    """Remember that a bundle has entered whole, so that it is not read again."""
    await tables.mark_imported(tx, parcel.digest, parcel.read)


def _admit(
    foreign: bundles.Foreign, holder_id: UUID, zone: ZoneInfo
) -> tuple[Resource, Patient | None] | Refusal:
    owner = bundles.owner_of(foreign, holder_id)
    if rule := historical.kept_out(foreign.body, is_nobodys=owner == holder_id):
        return Refusal(foreign.type, foreign.own_id, (Finding(rule, foreign.type),))
    try:
        resource = prepare_read(
            foreign.text, foreign.body, owner=owner, holder_id=holder_id, zone=zone
        )
    except NotFhir as refused:
        return Refusal(foreign.type, foreign.own_id, refused.findings)
    resource = replace(resource, found=(), filed=index.filed(resource))
    if foreign.type != "Patient":
        return resource, None
    patient = bundles.patient_of(foreign)
    if isinstance(patient, tuple):
        return Refusal(foreign.type, foreign.own_id, patient)
    return resource, patient
