"""Bringing an institution's own history (既往病历): who it speaks of, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.people import service as people
from lianyi.people.model import Identity, IdType, Sex
from lianyi.records import service as records
from lianyi.records.fhir.bundles import with_persons
from lianyi.records.model import Finding, Parcel, Patient, Refusal, Resource, Stored

SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}
ORPHAN = (Finding("orphan", "Patient"),)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a parcel: what was stored, and what could not be."""

    stored: Stored
    refused: tuple[Refusal, ...]


async def take_in(tx: Tx, *, parcel: Parcel) -> TakenIn:
    """Write a parcel into the record as the acting institution's own history.

    Each Patient becomes a person of whom nothing is proven, and is found again by the number the
    institution's system has for them. What is about somebody nobody has brought is refused.

    :raises OthersResource, WrongRole:
    """
    here = tx.actor.institution_id
    persons = await _persons(tx, parcel)
    known = {here: here, **persons}
    settled = [_settled(r, known) for r in parcel.resources if r.owner in known]
    orphans = [Refusal(r.type, r.fhir_id, ORPHAN) for r in parcel.resources if r.owner not in known]
    stored = await records.store(tx, resources=settled)
    refused = (*parcel.refused, *orphans)
    if not refused:
        await records.mark_imported(tx, parcel=parcel)
    return TakenIn(stored, refused)


async def _persons(tx: Tx, parcel: Parcel) -> dict[UUID, UUID]:
    """Return the persons of all numbers in the parcel, registered if this brings them."""
    brought = {p.number: await _register(tx, p) for p in parcel.patients}
    others = {r.owner for r in parcel.resources} - set(brought) - {tx.actor.institution_id}
    if not others:
        return brought
    found = await people.foreign_persons(tx, numbers=[str(number) for number in others])
    return {**brought, **{UUID(number): id for number, id in found.items()}}


async def _register(tx: Tx, patient: Patient) -> UUID:
    identity = Identity(
        name=patient.name,
        id_type=IdType.FOREIGN,
        number=str(patient.number),
        sex=SEXES.get(patient.sex, Sex.UNKNOWN),
        birth_date=patient.birth_date,
    )
    return await people.register_foreign(tx, identity=identity, died_on=patient.died_on)


def _settled(resource: Resource, persons: Mapping[UUID, UUID]) -> Resource:
    """Put the persons' ids where their numbers are.

    The file's Patient stays the institution's own, under its own id: the network's is another one.
    """
    body = with_persons(resource.body, persons)
    return replace(resource, owner=persons[resource.owner], body=body)
