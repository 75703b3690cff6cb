"""Bringing an institution's own history (既往病历): who it speaks of, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from msgspec import structs

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.access.model.parts import Right
from lianyi.access.rules import scopes
from lianyi.access.service import scoping
from lianyi.journeys import fhir_proofs
from lianyi.kernel.actor import Actor
from lianyi.kernel.work import Tx
from lianyi.people import service as people
from lianyi.people.model import Identity, IdType, Sex
from lianyi.records import service as records
from lianyi.records.model import Finding, Parcel, Patient, Refusal, Resource, Stored
from lianyi.records.model.bringing import Tally
from lianyi.records.service import delivering

SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}
ORPHAN = (Finding("orphan", "Patient"),)
RIGHTS = (Right.CREATE, Right.UPDATE)
WHAT = "import"  # what the person is told was done
OUT_OF_SCOPE, NOT_AN_APPS = "scope", "not_an_apps"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a parcel: what was stored, and what could not be."""

    stored: Stored
    refused: tuple[Refusal, ...]

    def tally(self, parcel: Parcel) -> Tally:
        """Count it: what a file says twice is there already the second time."""
        twice = parcel.read - len(parcel.resources) - len(parcel.refused)
        return Tally(
            read=parcel.read,
            stored=self.stored.new,
            changed=self.stored.changed,
            duplicate=self.stored.same + twice,
            refused=len(self.refused),
        )


async def take_in(tx: Tx, *, parcel: Parcel, source: str, app: Actor | None = None) -> TakenIn:
    """Write a parcel into the record as the acting institution's own history.

    What an app brings is that app's to change, within its scopes, and never changes what no app has
    brought. `app` is its hat. What has to be explained first waits for that, whoever brings it.

    What is written has its proof, which names the `source` it was read from, and each person finds
    in their log that it came (INT-06).

    Each Patient becomes a person of whom nothing is proven, and is found again by the number the
    institution's system has for them. What is about somebody nobody has brought is refused.

    :raises OthersResource, WrongRole:
    """
    await tx.unhurried()
    here = tx.actor.institution_id
    persons = await _persons(tx, parcel)
    settled = records.settle(parcel.resources, persons={here: here, **persons})
    orphans = [
        Refusal(r.type, r.fhir_id, ORPHAN)
        for r in parcel.resources
        if r.owner not in persons and r.owner != here
    ]
    settled, others = await _admitted(tx, app, settled) if app else (settled, [])
    stored = await records.store(tx, resources=settled)
    written = [(one, n) for one in settled if (n := stored.versions.get(one.key))]
    if written:
        await _prove(tx, app, written, source)
    waiting = [one.key for one, _ in written if not one.released]
    if waiting and app is None:  # what an app brought is found by its app
        await records.await_release(tx, keys=waiting)
    refused = (*parcel.refused, *orphans, *others)
    if not refused and app is None:
        await records.mark_imported(tx, parcel=parcel)
    return TakenIn(stored, refused)


async def _prove(
    tx: Tx, app: Actor | None, written: Sequence[tuple[Resource, int]], source: str
) -> None:
    """Write down who brought this, and tell whom it is about."""
    app_id = app.app_id if app else None
    own = fhir_proofs.proofs(tx, written, app_id=app_id, source=source)
    await records.store(tx, resources=own)
    hat = replace(tx, actor=app) if app else tx
    purpose = scoping.entrusted_purpose(hat) or Purpose.TREAT
    desk = await access.open_desk(hat, purpose=purpose, right=Right.CREATE if app else None)
    persons = {one.owner for one, _ in written} - {tx.actor.institution_id}
    access.saw(hat, desk, person_ids=sorted(persons), what=WHAT)


async def _admitted(
    tx: Tx, app: Actor, resources: Sequence[Resource]
) -> tuple[list[Resource], list[Refusal]]:
    """Part what an app may bring from what it may not (INT-04, EMR-09)."""
    others = await delivering.own_acts(tx, resources=resources)
    kept, refused = [], []
    for one in resources:
        may = all(scopes.permits(app.scopes, one.type, right) for right in RIGHTS)
        why = OUT_OF_SCOPE if not may else NOT_AN_APPS if one.key in others else None
        if why:
            refused.append(Refusal(one.type, one.fhir_id, (Finding(why, one.type),)))
        else:
            kept.append(structs.replace(one, app_id=app.app_id))
    return kept, refused


async def _persons(tx: Tx, parcel: Parcel) -> dict[UUID, UUID]:
    """Return the persons of all numbers in the parcel, registered if this brings them."""
    told = [(one, _identity(one)) for one in parcel.patients]
    await people.await_cards(tx, told=[(who, one.resident_number) for one, who in told])
    brought = {one.number: await _register(tx, one, who) for one, who in told}
    others = {r.owner for r in parcel.resources} - set(brought) - {tx.actor.institution_id}
    if not others:
        return brought
    found = await people.foreign_persons(tx, numbers=[str(number) for number in others])
    return {**brought, **{UUID(number): id for number, id in found.items()}}


def _identity(patient: Patient) -> Identity:
    return Identity(
        name=patient.name,
        id_type=IdType.FOREIGN,
        number=str(patient.number),
        sex=SEXES.get(patient.sex, Sex.UNKNOWN),
        birth_date=patient.birth_date,
    )


async def _register(tx: Tx, patient: Patient, identity: Identity) -> UUID:
    return await people.register_foreign(
        tx, identity=identity, died_on=patient.died_on, resident_number=patient.resident_number
    )
