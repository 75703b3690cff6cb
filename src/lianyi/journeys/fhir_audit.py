"""Who has read, as AuditEvents a person may look through: no stored resource (decision 0011).

What the page of readings shows is told here too, through the same door and to the same person
(CAP-38, EMR-05, INT-06). A search of R4 is read as of any other type and asked of the log.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeGuard

import msgspec

from lianyi.access import fhir
from lianyi.access import queries as access
from lianyi.access.errors import OutOfScope
from lianyi.access.model import Chart, Desk, Purpose, Reading
from lianyi.access.model.auditing import Field, Sought
from lianyi.access.model.parts import Right, is_whole
from lianyi.journeys import fhir_terms
from lianyi.journeys.fhir_terms import CODED, UPDATED, Known
from lianyi.kernel.sought import Clause
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import TooMuch
from lianyi.records.fhir import references
from lianyi.records.fhir.terms import Chain, Ids, Include, Match, Order, Search, Target, Term
from lianyi.records.fhir.values import IDENTIFIED
from lianyi.records.model import Hit, Page
from lianyi.records.model.writing import Change

TYPE = "AuditEvent"
KINDS = ("Patient", "PractitionerRole", "Organization")
KNOWN = Known(
    id=Field.ID,
    tokens={
        "action": (Field.ACTION, f"{CODED}/audit-event-action"),
        "outcome": (Field.OUTCOME, f"{CODED}/audit-event-outcome"),
        "type": (Field.TYPE, fhir.DICOM),
        "subtype": (Field.SUBTYPE, fhir.WHAT),
        "entity-type": (Field.ENTITY_TYPE, fhir.OBJECT),
        f"agent{IDENTIFIED}": (Field.APP, fhir.APPS),
    },
    links={
        "agent": (Field.AGENT,),
        "entity": (Field.ENTITY,),
        "patient": (Field.ENTITY, Field.AGENT),
        "source": (Field.SOURCE,),
    },
    kinds=KINDS,
    times={"date": Field.AT, UPDATED: Field.AT},
    sorts=frozenset({"date", UPDATED}),
    there={"agent": Field.ENTITY},  # where no post is named an app is
    led=frozenset(
        {
            *(("agent", type) for type in KINDS),
            *((name, "Patient") for name in ("entity", "patient")),
            ("source", "Organization"),
        }
    ),
)
WHERE = {"agent": ("agent", "who"), "entity": ("entity", "what"), "source": ("source", "observer")}
MOST_LED = 1000  # resources by which lines are looked for


async def search(
    tx: Tx,
    chart: Chart,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> Page:
    """Return a page of lines as resources, each with its place; the newest first, if nobody says.

    :raises NotSearchable: something of it can't be asked of the log.
    :raises OutOfScope: INT-04: no scope leaves the whole log.
    """
    upwards = bool(order) and not order[0].is_down
    place = (datetime.fromisoformat(after[0]), after[1]) if after else None
    sought = Sought(await _clauses(tx, chart, search), place, upwards)
    found = await access.audited(tx, chart, sought=sought, limit=limit)
    return [(_hit(chart, one), (one.at.isoformat(), one.id)) for one in found]


async def how_many(tx: Tx, chart: Chart, *, search: Search) -> int:
    """Count what `search` finds. Raises as that does."""
    sought = Sought(await _clauses(tx, chart, search))
    return await access.how_many_audited(tx, chart, sought=sought)


async def changes(tx: Tx, chart: Chart, *, fhir_id: str) -> list[Change]:
    """Return the one version a line has. Raises as `search` does."""
    found = await search(tx, chart, search=Search(TYPE, (Ids((fhir_id,)),)), limit=1)
    return [Change(0, TYPE, fhir_id, 1, it.recorded_at, it.owner, it.body) for it, _ in found]


def tells(reach: Chart | Desk | None, type: str) -> TypeGuard[Chart]:
    """Say whether something is asked of the log: by the person, through their own chart."""
    return type == TYPE and isinstance(reach, Chart) and reach.purpose is Purpose.OWN


def _hit(chart: Chart, line: Reading) -> Hit:
    body = msgspec.json.encode(fhir.audit_event(line, chart.person_id)).decode()
    return Hit(TYPE, line.id, 1, line.at, chart.person_id, body)


def beside(hits: Sequence[Hit], include: Include) -> list[Search]:
    """Return what to look for that comes along with lines, or the lines that do."""
    names = [include.name] if include.name else list(WHERE)
    if include.is_reverse:
        targets = tuple(Target(hit.type, hit.fhir_id) for hit in hits if hit.type in KINDS)
        return [Search(TYPE, (_link(name, targets),)) for name in names if targets]
    bodies = [msgspec.json.decode(hit.body) for hit in hits if hit.type == TYPE]
    wanted: dict[str, list[str]] = {}
    for type, id in dict.fromkeys(each for b in bodies for n in names for each in _links(b, n)):
        wanted.setdefault(type, []).append(id)
    kept = include.target or (include.name == "patient" and "Patient")
    return [Search(t, (Ids(tuple(ids)),)) for t, ids in wanted.items() if kept in {False, "", t}]


def _links(body: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Yield what a line points to by a parameter's name; `patient` is whoever of them is one."""
    for path, end in [WHERE[name]] if name in WHERE else WHERE.values():
        held = body[path]
        for part in held if isinstance(held, list) else [held]:
            if link := references.restful(part[end].get("reference", "")):
                yield link


async def _clauses(tx: Tx, chart: Chart, search: Search) -> tuple[Clause, ...]:
    if not is_whole(chart.only, TYPE):
        raise OutOfScope(type=TYPE, right=Right.SEARCH)
    terms = [await _led(tx, chart, one) for one in search.terms]
    return fhir_terms.clauses(replace(search, terms=tuple(terms)), KNOWN)


async def _led(tx: Tx, chart: Chart, term: Term) -> Term:
    """Ask the record what a link leads to, of what the person may see there.

    :raises TooMuch:
    """
    if not isinstance(term, Chain):
        return term
    search = Search(term.type, (term.term,))
    found = await records.search(tx, chart, search=search, limit=MOST_LED + 1)
    if len(found) > MOST_LED:
        raise TooMuch(most=MOST_LED)
    return _link(term.name, tuple(Target(term.type, hit.fhir_id) for hit, _ in found))


def _link(name: str, targets: tuple[Target, ...]) -> Match:
    return Match(name, "reference", "", targets)
