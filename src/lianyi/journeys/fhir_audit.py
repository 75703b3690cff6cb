"""Who has read, as AuditEvents a person may look through: no stored resource (decision 0011).

What the page of readings shows is told here too, through the same door and to the same person
(CAP-38, EMR-05, INT-06). A search of R4 is read as of any other type and asked of the log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeGuard

import msgspec

from lianyi.access import fhir
from lianyi.access import queries as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import Chart, Desk, Purpose, Reading
from lianyi.access.model.auditing import Clause, During, Field, Has, Sought
from lianyi.access.model.parts import Right, is_whole
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import NotSearchable
from lianyi.records.fhir.terms import (
    Code,
    Ids,
    Include,
    Match,
    Missing,
    Order,
    Search,
    Target,
    Term,
    Time,
    Trouble,
    Updated,
    Why,
    Within,
)
from lianyi.records.fhir.values import IDENTIFIED, MEANT
from lianyi.records.model import Hit
from lianyi.records.model.writing import Change

TYPE = "AuditEvent"
CODED = "http://hl7.org/fhir"
# The codes a parameter is about and their system, empty beside what needs none to be known.
TOKENS: Mapping[str, tuple[Field, str]] = {
    "action": (Field.ACTION, f"{CODED}/audit-event-action"),
    "outcome": (Field.OUTCOME, f"{CODED}/audit-event-outcome"),
    "type": (Field.TYPE, fhir.DICOM),
    "subtype": (Field.SUBTYPE, fhir.WHAT),
    f"agent{IDENTIFIED}": (Field.APP, fhir.APPS),
}
LINKS: Mapping[str, tuple[Field, ...]] = {
    "agent": (Field.AGENT,),
    "entity": (Field.ENTITY,),
    "patient": (Field.ENTITY, Field.AGENT),
    "source": (Field.SOURCE,),
}
THERE = {"action", "agent", "date", "entity", "entity-type", "outcome", "patient", "type"}
TIMES = frozenset({"date", "_lastUpdated"})
KINDS = ("Patient", "PractitionerRole", "Organization")  # what a bare id may be the id of


async def looked(
    tx: Tx,
    reach: Chart | Desk,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> list[tuple[Hit, tuple[str, ...]]]:
    """Look in the record, or in the log for who has read one's own.

    :raises NotSearchable: something of it can't be asked of the log.
    :raises OutOfScope: INT-04: no scope leaves the whole log.
    """
    if _tells(reach, search.type):
        return await _search(tx, reach, search=search, order=order, after=after, limit=limit)
    return await records.search(
        tx, reach, search=search, order=order, after=tuple(after), limit=limit
    )


async def counted(tx: Tx, reach: Chart | Desk, *, search: Search) -> int:
    """Count what `looked` finds. Raises as that does."""
    if _tells(reach, search.type):
        return await _how_many(tx, reach, search=search)
    return await records.how_many(tx, reach, search=search)


async def _search(
    tx: Tx,
    chart: Chart,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> list[tuple[Hit, tuple[str, ...]]]:
    """Return a page of lines as resources, each with its place."""
    upwards = _is_upwards(order)
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    sought = Sought(_clauses(chart, search), place, upwards)
    found = await access.audited(tx, chart, sought=sought, limit=limit)
    return [(_hit(chart, one), (one.at.isoformat(), one.id)) for one in found]


async def _how_many(tx: Tx, chart: Chart, *, search: Search) -> int:
    return await access.how_many_audited(tx, chart, sought=Sought(_clauses(chart, search)))


async def changes(tx: Tx, chart: Chart, *, fhir_id: str) -> list[Change]:
    """Return the one version a line has. Raises as `looked` does."""
    found = await _search(tx, chart, search=Search(TYPE, (Ids((fhir_id,)),)), limit=1)
    return [Change(0, TYPE, fhir_id, 1, it.recorded_at, it.owner, it.body) for it, _ in found]


def check_alone(includes: Sequence[Include]) -> None:
    """Refuse what would come along: the log points to nothing that is stored beside it.

    :raises NotSearchable:
    """
    if includes:
        raise NotSearchable(troubles=(Trouble("_include", Why.UNKNOWN),))


def _tells(reach: Chart | Desk, type: str) -> TypeGuard[Chart]:
    """Say whether something is asked of the log: by the person, through their own chart."""
    return type == TYPE and isinstance(reach, Chart) and reach.purpose is Purpose.OWN


def _hit(chart: Chart, line: Reading) -> Hit:
    body = msgspec.json.encode(fhir.audit_event(chart.person_id, line)).decode()
    return Hit(TYPE, line.id, 1, line.at, chart.person_id, body)


def _clauses(chart: Chart, search: Search) -> tuple[Clause, ...]:
    if not is_whole(chart.only, TYPE):
        raise OutOfScope(type=TYPE, right=Right.SEARCH)
    return tuple(_clause(one) for one in search.terms)


def _is_upwards(order: Sequence[Order]) -> bool:
    """Read the order, which is one of time; the newest first where none is asked for."""
    if any(one.name not in TIMES for one in order):
        raise NotSearchable(troubles=(Trouble("_sort", Why.UNKNOWN),))
    return bool(order) and not order[0].is_down


def _clause(term: Term) -> Clause:
    """Read a term.

    :raises NotSearchable: it goes over a link, or looks for words.
    """
    match term:
        case Ids(values):
            return Clause((Has(Field.ID, values),))
        case Updated(values):
            return Clause(tuple(each for one in values for each in _during(one)))
        case Within(names, target):
            found = (each for name in names for each in _linked(LINKS.get(name, ()), target))
            return Clause(tuple(found))
        case Missing(name, _, is_missing):
            there = _there(name)
            return Clause((there,) if there else (), is_missing)
        case Match():
            return _matching(term)
    raise _unasked(_name(term))


def _matching(term: Match) -> Clause:
    if term.modifier not in {"", "not"} or term.name.endswith(MEANT):
        raise _unasked(":".join(filter(None, (term.name, term.modifier))))
    found: list[Has | During] = []
    for value in term.values:
        match value:
            case Time():
                found += _during(value)
            case Code():
                found += _coded(term.name, value)
            case Target():
                found += _linked(LINKS.get(term.name, ()), value)
            case _:
                pass  # what is looked for by words is never there
    return Clause(tuple(found), term.modifier == "not")


def _during(time: Time) -> tuple[During, ...]:
    """Return when an instant answers a span, as any search of times has it."""
    low, high = time.low, time.high
    before, after = During(None, low), During(high, None)
    match time.prefix:
        case "eq" | "ap":
            return (During(low, high),)
        case "ne":
            return before, after
        case "lt" | "eb":
            return (before,)
        case "le":
            return (During(None, high),)
        case "ge":
            return (During(low, None),)
    return (after,)


def _coded(name: str, code: Code) -> tuple[Has, ...]:
    if name == "entity-type":  # of every line alike
        own = code.system in {None, fhir.OBJECT} and code.code in {None, fhir.PERSON}
        return (Has(Field.ENTITY),) if own else ()
    field, system = TOKENS.get(name, (None, ""))
    is_bare = system.startswith(CODED) and not code.system
    if field is None or not (code.system is None or is_bare or code.system == system):
        return ()
    return (Has(field, None if code.code is None else (code.code,)),)


def _linked(fields: Sequence[Field], target: Target) -> tuple[Has, ...]:
    types = (target.type,) if target.type else KINDS
    values = tuple(f"{type}/{target.id}" for type in types)
    return tuple(Has(field, values) for field in fields)


def _there(name: str) -> Has | None:
    if name in THERE:
        return Has(Field.ENTITY)
    fields = {"subtype": Field.SUBTYPE, "source": Field.SOURCE}
    return Has(fields[name]) if name in fields else None


def _name(term: Any) -> str:  # noqa: ANN401 - any other term
    return str(getattr(term, "name", TYPE))


def _unasked(name: str) -> NotSearchable:
    return NotSearchable(troubles=(Trouble(name, Why.MODIFIER),))
