"""What other software writes: read and placed, written over what was read, taken back.

Who may do it is decided before (`rules.writable`, the doors); this keeps the record whole.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from lianyi.access.model.presumed import Presumed
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records.errors import NotFhir, VersionMoved, WrongOwner
from lianyi.records.fhir import keys, references, versions
from lianyi.records.fhir.index import under
from lianyi.records.model import Finding, Key, Link, Resource
from lianyi.records.model.writing import Held
from lianyi.records.rules import releasing, writable
from lianyi.records.service import publishing
from lianyi.records.tables import index, storing, writes

PERSONS = frozenset({"patient", "subject"})  # the parameters that name whose it is


@dataclass(frozen=True, slots=True)
class Bringer:
    """For whom an app brings something: its institution, or (`holder_id` is nowhere) a person."""

    app_id: UUID
    holder_id: UUID
    zone: ZoneInfo


class Draft(NamedTuple):
    """A body that has its id, as it will be stored, and what is read of that."""

    text: str
    body: Mapping[str, Any]


def draft(body: Mapping[str, Any]) -> Draft:
    """Write a body down. Needs no transaction, as the next two don't.

    :raises NotFhir: it is no JSON that could be read again.
    """
    return Draft(*publishing.written(versions.unversioned(body)))


def check(one: Draft) -> Draft:
    """Let only pass what is valid.

    :raises NotFhir: with all findings.
    :raises DefinitionsMissing:
    """
    publishing.check_own(*one)
    return one


def read(one: Draft, *, bringer: Bringer) -> Resource:
    """Read whose a valid body is, and what it is found by.

    :raises NotFhir: it must name a person and names none.
    :raises WrongOwner: it is about one person and names another (EMR-03, EMR-18).
    """
    owner, holder_id = _person(one.body) or bringer.holder_id, bringer.holder_id
    resource = publishing.placed(*one, owner=owner, holder_id=holder_id, zone=bringer.zone)
    _check_persons(resource, references.patients(resource.body), holder_id)
    released = releasing.is_released(one.body, is_sensitive=bool(resource.classes))
    return replace(resource, app_id=bringer.app_id, released=released)


def file(resource: Resource) -> Resource:
    """Write down what a resource is found by, so that those who store many need not."""
    return replace(resource, filed=index.filed(resource))


def tombstone(held: Held, *, app_id: UUID) -> Resource:
    """Return the version that says that there is nothing any more; the others stay (EMR-04)."""
    return Resource(
        type=held.type,
        fhir_id=held.fhir_id,
        owner=held.owner,
        holder_id=held.holder_id,
        body="",
        status=keys.IN_ERROR,
        in_error=True,
        at=held.at,
        encounter=None,
        classes=held.classes,
        found=(),
        released=held.released,
        app_id=app_id,
    )


async def hold(tx: Tx, *, keys: Collection[Key]) -> dict[Key, Held]:
    """Return what is there under ids, kept still; whoever asks decides what may be told of it."""
    return {one.key: one for one in await writes.hold(tx, keys)} if keys else {}


async def bring(tx: Tx, *, given: Sequence[Resource], held: Mapping[Key, Held]) -> dict[Key, int]:
    """Write what is given over what is held, in one statement, and return the versions.

    :raises VersionMoved: somebody was first under an id that was free.
    """
    written = await storing.store(tx, given) if given else {}
    for one in given:
        was = held.get(one.key)
        if written.get(one.key, was and was.version) != next_version(one, was):
            raise VersionMoved(type=one.type, fhir_id=one.fhir_id)
    return {one.key: next_version(one, held.get(one.key)) for one in given}


def bringing(at: Moment, door: Presumed, *, given: Sequence[Resource]) -> Look[bool]:
    """Return the look that writes what has ids that were drawn for it, with the door and its log.

    None: nothing is written, as the door was shut or a key was taken.
    """
    return storing.new(at, door, given)


def next_version(given: Resource, held: Held | None) -> int:
    """Return which version this will be; what is there to the letter makes none."""
    if held is None:
        return 1
    return held.version if is_same(given, held) else held.version + 1


def is_same(given: Resource, held: Held) -> bool:
    """Tell whether nothing would change. What was released since stays so if it says the same."""
    kept = (held.body, held.classes, held.released)
    return (given.body, given.classes, given.released or held.released) == kept


def _person(body: Mapping[str, Any]) -> UUID | None:
    """Return the person a body is about, if it names one by a reference to this server."""
    return _person_in(keys.subject_of(body) or "")


@lru_cache(maxsize=1000)  # a bundle speaks of few persons
def _person_in(reference: str) -> UUID | None:
    found = references.restful(reference)
    if found is None or found[0] != "Patient":
        return None
    try:
        return UUID(found[1])
    except ValueError:
        return None


def _check_persons(resource: Resource, named: Collection[str], holder_id: UUID) -> None:
    """Hold a resource to one person: the one it is about, and no other anywhere in it."""
    type = resource.type
    links = [one for one in resource.found if one.__class__ is Link and one.type == "Patient"]
    persons = _persons_of(type)
    about = {one.id for one in links if one.name in persons}
    if not about and resource.owner == holder_id and type not in writable.PERSON_OPTIONAL:
        raise NotFhir(findings=(Finding("person", type),))
    if {*about, *named} - {str(resource.owner)}:
        raise WrongOwner(type=type, fhir_id=resource.fhir_id)


@cache
def _persons_of(type: str) -> frozenset[str]:
    """Return under which names links to the person are filed."""
    return frozenset(name for one in PERSONS for name in under(type, one).names)
