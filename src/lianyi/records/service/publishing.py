"""Resources as they are published: checked, indexed, versioned, released, taken back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import orjson
from msgspec.structs import replace

from lianyi.access.model import Chart, Sensitive
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.errors import (
    CanNotRetract,
    DefinitionsMissing,
    NotFhir,
    OthersResource,
    WrongOwner,
)
from lianyi.records.events import ResultReleased
from lianyi.records.fhir import index, keys
from lianyi.records.model import Finding, Key, Resource, Stored
from lianyi.records.rules import sensitive, validity
from lianyi.records.tables import resources as tables
from lianyi.records.tables import storing

Body = Mapping[str, Any] | str
Look = Callable[[str, Mapping[str, Any]], tuple[Finding, ...]]
NOTHING: frozenset[Sensitive] = frozenset()

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)  # 1.50 stays 1.50
# Types that say in `verificationStatus`, not in `status`, that they were entered in error.
_VERIFIED = {
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}


async def publish(
    tx: Tx,
    *,
    owner: UUID,
    body: Body,
    released: bool = True,
    classes: frozenset[Sensitive] = NOTHING,
    holder_id: UUID | None = None,
) -> int:
    """Write one resource under its own id and return its version; see `publish_all`."""
    versions = await publish_all(
        tx, owner=owner, bodies=[body], released=released, classes=classes, holder_id=holder_id
    )
    return versions[0]


async def publish_all(
    tx: Tx,
    *,
    owner: UUID,
    bodies: Sequence[Body],
    released: bool = True,
    classes: frozenset[Sensitive] = NOTHING,
    holder_id: UUID | None = None,
) -> list[int]:
    """Write resources under their own ids, in one statement, and return their versions.

    A text is kept to the letter; a mapping is written as JSON, its Decimals with all their digits.
    `released=False` keeps it from the person until `release` (IDN-11). `classes` adds to the
    sensitive classes that its codes tell. The acting institution is the holder unless one is named.

    :raises NotFhir: with all findings.
    :raises WrongOwner: a resource names another person as its subject.
    :raises OthersResource: the id is taken by another owner or institution.
    :raises DefinitionsMissing:
    """
    holder = holder_id or tx.actor.institution_id
    zone = profile.at(tx.now).zone
    resources = [prepare(body, owner=owner, holder_id=holder, zone=zone) for body in bodies]
    resources = [replace(r, classes=r.classes | classes, released=released) for r in resources]
    written = await storing.store(tx, resources)
    versions = written | await _unwritten(tx, resources, written)
    return [versions[r.type, r.fhir_id] for r in resources]


async def store(tx: Tx, *, resources: Sequence[Resource]) -> Stored:
    """Write resources that `prepare` made; those already there to the letter stay as they are.

    :raises OthersResource:
    """
    if not resources:
        return Stored(0, 0, 0, {})
    written = await storing.store(tx, resources)
    await _unwritten(tx, resources, written)
    new = sum(version == 1 for version in written.values())
    return Stored(new, len(written) - new, len(resources) - len(written), written)


def prepare(body: Body, *, owner: UUID, holder_id: UUID, zone: ZoneInfo) -> Resource:
    """Check a body and read what it is found by. Needs no transaction: a file is prepared aside.

    :raises NotFhir, WrongOwner, DefinitionsMissing:
    """
    if isinstance(body, str):
        text, read = body, _parsed(body)
        _check(text, read, validity.findings_of)
    else:
        text, read = written(body)
        check_own(text, read)
    return placed(text, read, owner=owner, holder_id=holder_id, zone=zone)


def prepare_own(
    body: Mapping[str, Any], *, owner: UUID, holder_id: UUID, zone: ZoneInfo
) -> Resource:
    """Do the same with what this server says itself by the thousand: tests check it, not each act.

    :raises WrongOwner:
    """
    return placed(_encoder.encode(body).decode(), body, owner=owner, holder_id=holder_id, zone=zone)


def written(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a body as it is stored, with all digits of its decimals, and as it is looked at.

    :raises NotFhir: it can't be read again.
    """
    text = _encoder.encode(body).decode()
    return text, _parsed(text)


def check_own(text: str, read: Mapping[str, Any]) -> None:
    """Check a body that was read from a text that this server has written.

    :raises NotFhir: with all findings.
    :raises DefinitionsMissing:
    """
    _check(text, read, validity.findings_of_own)


def placed(
    text: str, read: Mapping[str, Any], *, owner: UUID, holder_id: UUID, zone: ZoneInfo
) -> Resource:
    """Read what a checked body is found by.

    :raises WrongOwner:
    """
    found = keys.keys_of(read, zone)
    if (
        found.subject
        and found.subject.startswith("Patient/")
        and found.subject != f"Patient/{owner}"
    ):
        raise WrongOwner(type=found.type, fhir_id=found.fhir_id)
    return Resource(
        type=found.type,
        fhir_id=found.fhir_id,
        owner=owner,
        holder_id=holder_id,
        body=text,
        status=found.status,
        in_error=found.in_error,
        at=found.at,
        encounter=found.encounter,
        classes=classes_of(text, read),
        found=index.found_by(read, zone),
    )


def classes_of(text: str, read: Mapping[str, Any]) -> frozenset[Sensitive]:
    """Return the sensitive classes that a body tells by its codes, or by what it is."""
    plain = _encoder.encode(read).decode() if "\\" in text else text
    told = sensitive.classes_of(keys.codings(read) if sensitive.may_touch(text) else ())
    return told | {Sensitive.GENETICS} if sensitive.is_of_genes(plain) else told


async def release(tx: Tx, *, type: str, fhir_ids: Sequence[str]) -> int:
    """Let the person see what the acting institution has withheld; return how many (IDN-11)."""
    return await tables.release(tx, type, fhir_ids, tx.actor.institution_id)


async def release_withheld(tx: Tx, chart: Chart, *, keys: Collection[Key]) -> None:
    """Let the person see what other software brought; it is one act, of which they hear once."""
    for type in sorted({type for type, _ in keys}):
        await release(tx, type=type, fhir_ids=[id for of, id in keys if of == type])
    await tx.emit(ResultReleased(chart.person_id, tx.actor.institution_id))


async def retract(tx: Tx, *, type: str, fhir_id: str) -> int:
    """Mark what the acting institution wrote as entered in error; every version stays (EMR-04).

    :raises NoSuchResource: also if another institution wrote it.
    :raises CanNotRetract, DefinitionsMissing:
    """
    row = await tables.lock(tx, type, fhir_id, tx.actor.institution_id)
    body = _decoder.decode(row["body"])
    try:
        return await publish(
            tx,
            owner=row["owner"],
            body=_in_error(body),
            released=row["released_at"] is not None,
            classes=frozenset(Sensitive(name) for name in row["classes"]),
        )
    except NotFhir as refused:
        raise CanNotRetract(type=type) from refused


def _in_error(body: dict[str, Any]) -> dict[str, Any]:
    if body["resourceType"] not in _VERIFIED:
        return {**body, "status": keys.IN_ERROR}
    kind = (
        "condition-ver-status"
        if body["resourceType"] == "Condition"
        else "allergyintolerance-verification"
    )
    coding = {"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": keys.IN_ERROR}
    # con-5, ait-2: what was entered in error has no clinical status.
    kept = {name: value for name, value in body.items() if name != "clinicalStatus"}
    return {**kept, "verificationStatus": {"coding": [coding]}}


def _check(text: str, read: Mapping[str, Any], look: Look) -> None:
    if not validity.is_built():
        raise DefinitionsMissing
    findings = look(text, read)
    if not findings and "id" not in read:
        findings = (Finding("required", f"{read['resourceType']}.id"),)
    if findings:
        raise NotFhir(findings=findings)


def _parsed(text: str) -> dict[str, Any]:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise NotFhir(findings=(Finding("structure", "$this"),))
    return read


async def _unwritten(
    tx: Tx, resources: Sequence[Resource], written: Mapping[Key, int]
) -> dict[Key, int]:
    """Return the versions of what was left as it was, unless it was somebody else's."""
    left = [r for r in resources if (r.type, r.fhir_id) not in written]
    own = await tables.versions_of(tx, left) if left else {}
    for resource in left:
        if (resource.type, resource.fhir_id) not in own:
            raise OthersResource(type=resource.type, fhir_id=resource.fhir_id)
    return own
