"""An institution's own history, checked aside and brought under this network's ids."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from lianyi.kernel.work import Tx
from lianyi.records.errors import NotFhir
from lianyi.records.fhir import bundles
from lianyi.records.model import Finding, Key, Parcel, Patient, Refusal, Resource
from lianyi.records.rules import historical, releasing
from lianyi.records.service.publishing import check_own, placed
from lianyi.records.tables import index, withheld
from lianyi.records.tables import resources as tables


def unpack(raw: bytes, *, holder_id: UUID, zone: ZoneInfo) -> Parcel | None:
    """Check a foreign bundle and bring it under this network's ids. None: it is no bundle.

    Needs no transaction and takes long: give it to another process.

    :raises DefinitionsMissing:
    """
    found = bundles.read(raw, holder_id)
    if found is None:
        return None
    # Each step is taken with all before the next is: what runs again and again runs much faster.
    owners = [bundles.owner_of(one, holder_id) for one in found]
    pairs = list(zip(found, owners, strict=True))
    wrong = [_wrong(one, is_nobodys=owner == holder_id) for one, owner in pairs]
    good = [pair for pair, findings in zip(pairs, wrong, strict=True) if not findings]
    resources = [_resource(one, owner, holder_id, zone) for one, owner in good]
    refused = [Refusal(f.type, f.own_id, w) for f, w in zip(found, wrong, strict=True) if w]
    return Parcel(
        hashlib.sha256(raw).digest(),
        len(found),
        tuple(who for one, _ in good if isinstance(who := _patient(one), Patient)),
        tuple({one.key: one for one in resources}.values()),
        tuple(refused),
    )


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


async def await_release(tx: Tx, *, keys: Collection[Key]) -> None:
    """Let doctors of the holder find what was brought without an app and kept back (IDN-11)."""
    await withheld.mark(tx, keys)


async def mark_imported(tx: Tx, *, parcel: Parcel) -> None:
    """Remember that a bundle has entered whole, so that it is not read again."""
    await tables.mark_imported(tx, parcel.digest, parcel.read)


def _wrong(foreign: bundles.Foreign, *, is_nobodys: bool) -> tuple[Finding, ...]:
    """Return why a resource can't enter; nothing: it can."""
    if rule := historical.kept_out(foreign.body, is_nobodys=is_nobodys):
        return (Finding(rule, foreign.type),)
    try:
        check_own(foreign.text, foreign.body)
    except NotFhir as refused:
        return refused.findings
    who = _patient(foreign)
    return who if isinstance(who, tuple) else ()


def _patient(foreign: bundles.Foreign) -> Patient | tuple[Finding, ...] | None:
    return bundles.patient_of(foreign) if foreign.type == "Patient" else None


def _resource(foreign: bundles.Foreign, owner: UUID, holder_id: UUID, zone: ZoneInfo) -> Resource:
    resource = placed(foreign.text, foreign.body, owner=owner, holder_id=holder_id, zone=zone)
    released = releasing.is_released(foreign.body, is_sensitive=bool(resource.classes))
    return replace(resource, found=(), filed=index.filed(resource), released=released)
