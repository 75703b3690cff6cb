"""Who has read for an institution, as AuditEvents its administrator may look through.

An institution answers for what its staff and apps open (PRI-26, SEC-05; 个人信息保护法 Arts. 51
and 54: it keeps in order who may handle what, and audits it). So its own part of the log is told to
who manages it, signed in as such: never what other institutions or the persons themselves opened,
nothing of a record, and to no app. Who looks is in the same log, and each person is told (EMR-05).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from lianyi.access import fhir
from lianyi.access import queries as access
from lianyi.access import service as doors
from lianyi.access.model import ADMIN, RESIDENT, Desk, Purpose, Reading
from lianyi.access.model.auditing import Field, Near, Sought
from lianyi.access.model.parts import Right
from lianyi.journeys import fhir_audit, fhir_reach, fhir_terms
from lianyi.journeys.fhir_audit import TYPE
from lianyi.journeys.fhir_terms import Known
from lianyi.kernel import profile
from lianyi.kernel.moment import Moment
from lianyi.kernel.sought import Clause, During, Has, narrowed
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchResource, TooManyPersons
from lianyi.records.fhir.terms import Changes, Ids, Include, Order, Search, Why
from lianyi.records.model import Hit, Page
from lianyi.records.model.writing import Change

WHAT = "audit"
PERSON = "Patient/"
DIGITS = 18  # of a line's number, which is a bigint
OF_POST = Known(
    id=Field.POST,
    tokens={},
    links={"practitioner": (Field.READER,)},
    kinds=("Practitioner",),
    times={},
)
# What other links lead to is the record's to know, where an administrator keeps none.
KNOWN = replace(fhir_audit.KNOWN, led=frozenset(), chains={("agent", "PractitionerRole"): OF_POST})
WIDEST = timedelta(days=31)
NARROW = f"_id, patient, date (≤ {WIDEST.days} d)"  # so that an index leads to it


def oversees(at: Moment, type: str) -> bool:
    """Tell whether the acting hat is shown its institution's part of the log."""
    return type == TYPE and at.actor.role == ADMIN and at.actor.app_id is None


async def page(
    tx: Tx,
    *,
    search: Search,
    order: Sequence[Order] = (),
    includes: Sequence[Include] = (),
    after: Sequence[str] = (),
    shown: int = 0,
    limit: int,
) -> Page:
    """Return a page of lines, each with its place; the newest first, if nobody says. Tell of it.

    `shown` is how many the pages before had; the last of the page only shows that it goes on.

    :raises NotSearchable: something of it can't be asked, or it goes over too many lines.
    :raises TooManyPersons: PRI-28: persons on a page, and lines of a series that names none.
    """
    desk, (sought, near) = await _desk(tx), _sought(tx, search, includes)
    most = profile.at(tx.now)["PRI-28"]
    if near.persons is None and shown + limit - 1 > most:
        raise TooManyPersons(most=most)
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    upwards = bool(order) and not order[0].is_down
    sought = replace(sought, after=place, upwards=upwards)
    found = await access.audited_here(tx, desk, sought=sought, near=near, limit=limit)
    told = [(one, _whose(one, near)) for one in found]
    persons = {*(near.persons or ()), *(id for _, whose in told[: limit - 1] for id in whose)}
    if len(persons) > most:
        raise TooManyPersons(most=most)
    doors.saw(tx, desk, person_ids=sorted(persons), what=WHAT)
    return [(_hit(desk, one, whose), (one.at.isoformat(), one.id)) for one, whose in told]


async def how_many(tx: Tx, *, search: Search) -> int:
    """Count what `page` would find. Raises as that does."""
    desk, (sought, near) = await _desk(tx), _sought(tx, search)
    doors.saw(tx, desk, person_ids=sorted(near.persons or ()), what=WHAT)
    return await access.how_many_audited_here(tx, desk, sought=sought, near=near)


async def line(tx: Tx, *, fhir_id: str) -> Hit:
    """Return one line.

    :raises NoSuchResource: also of another institution's.
    """
    found = await page(tx, search=Search(TYPE, (Ids((fhir_id,)),)), limit=2)
    if not found:
        raise NoSuchResource(type=TYPE, fhir_id=fhir_id)
    return found[0][0]


async def versions(tx: Tx, asked: Changes) -> list[Change] | None:
    """Return the one version of a line, to whom the log is told; None: nothing of it is asked.

    :raises NoSuchResource:
    """
    if oversees(tx, asked.type):
        it = await line(tx, fhir_id=asked.fhir_id)
        found = [Change(0, TYPE, it.fhir_id, 1, it.recorded_at, it.owner, it.body)]
    elif asked.type == TYPE and tx.actor.role == RESIDENT:
        chart = await fhir_reach.chart_of(tx, person_id=None, right=Right.READ)
        found = await fhir_audit.changes(tx, chart, fhir_id=asked.fhir_id)
    else:
        return None
    if not found or asked.version not in {None, 1}:
        raise NoSuchResource(type=asked.type, fhir_id=asked.fhir_id)
    return found


async def _desk(tx: Tx) -> Desk:
    return await doors.open_desk(tx, purpose=Purpose.MANAGE)


def _sought(tx: Tx, search: Search, includes: Sequence[Include] = ()) -> tuple[Sought, Near]:
    if includes:
        raise fhir_terms.unasked("_include, _revinclude", Why.LIVE)
    near, kept = Near(), []
    for one in fhir_terms.clauses(search, KNOWN):
        nearer = _nearer(near, one)
        near = nearer or near
        if nearer is None or not _is_all_said(one):
            kept.append(one)
    if near.low and near.high is None:
        near = replace(near, high=tx.now + datetime.resolution)
    is_short = near.low and near.high and near.high - near.low <= WIDEST
    if near.persons is None and near.lines is None and not is_short:
        raise fhir_terms.unasked(NARROW, Why.WIDE)
    return Sought(tuple(kept)), near


def _nearer(near: Near, clause: Clause) -> Near | None:
    """Return what an index can use of a clause beside what it has. None: nothing."""
    asked = clause.alternatives
    fields = {one.field for one in asked}
    if clause.is_not or any(isinstance(one, Has) and one.values is None for one in asked):
        return None
    values = [value for one in asked if isinstance(one, Has) for value in one.values or ()]
    if Field.ENTITY in fields:
        return replace(near, persons=_both(near.persons, _persons(values)))
    if fields == {Field.AT}:
        spans = [(one.low, one.high) for one in asked if isinstance(one, During)]
        low, high = narrowed((near.low, near.high), spans)
        return replace(near, low=low, high=high)
    if fields == {Field.ID}:
        return replace(near, lines=tuple(_numbers(values)), glasses=tuple(_glasses(values)))
    return None


def _is_all_said(clause: Clause) -> bool:
    """Tell whether what an index finds by a clause is all of what it asks: whose a line is."""
    return any(one.field == Field.ENTITY for one in clause.alternatives)


def _both(persons: tuple[UUID, ...] | None, others: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(one for one in dict.fromkeys(others) if persons is None or one in persons)


def _persons(references: Iterable[str]) -> Iterator[UUID]:
    ids = (one.removeprefix(PERSON) for one in references if one.startswith(PERSON))
    return filter(None, map(_uuid, ids))


def _glasses(ids: Iterable[str]) -> Iterator[UUID]:
    """Yield the glasses of moments, whose ids are a glass's and what happened."""
    return filter(None, (_uuid(one.rpartition("-")[0]) for one in ids))


def _numbers(ids: Iterable[str]) -> Iterator[int]:
    return (int(one) for one in ids if one.isascii() and one.isdecimal() and len(one) <= DIGITS)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _whose(line: Reading, near: Near) -> tuple[UUID, ...]:
    """Return whom a line names: of many at a desk only those asked for, if any are."""
    return tuple(id for id in line.person_ids if near.persons is None or id in near.persons)


def _hit(desk: Desk, line: Reading, whose: Sequence[UUID]) -> Hit:
    body = msgspec.json.encode(fhir.audit_event(line, *whose)).decode()
    return Hit(TYPE, line.id, 1, line.at, desk.institution_id, body)
