"""What other software of a hospital brought and a doctor still has to explain (待发布结果)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose, Sensitive
from lianyi.journeys import withheld
from lianyi.journeys.withheld import OBSERVATION
from lianyi.kernel import cursors
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Person, Post
from lianyi.records import queries as records
from lianyi.records.model import Entry, Measurement
from lianyi.records.model.withholding import Since, Unreleased, Withheld
from lianyi.records.rules.releasing import CRITICAL

ROWS = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    person: Person
    about: Unreleased


@dataclass(frozen=True, slots=True)
class Result:
    """One thing to release: a report with what it is made of, or an observation by itself."""

    entry: Entry
    lines: tuple[Measurement, ...]
    classes: frozenset[Sensitive]

    @property
    def is_critical(self) -> bool:
        return any(line.interpretation in CRITICAL for line in self.lines)


@dataclass(frozen=True, slots=True)
class Hand:
    person: Person
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Page:
    me: Post
    waiting: tuple[Waiting, ...]
    hand: Hand | None
    later: str = ""  # where the list goes on


async def page(tx: Tx, *, person_id: UUID | None = None, cursor: str = "") -> Page:
    """Return for whom results wait at the acting doctor's institution, and one person's.

    :raises NoSuchPerson, WrongRole:
    """
    withheld.check_role(tx)
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    after = _place(cursors.read(tx, withheld.WHAT, cursor))
    listed = await records.withheld_here(tx, desk, after=after, limit=ROWS + 1)
    found = listed[:ROWS]
    ids = [one.person_id for one in found]
    persons = await people.persons(tx, desk, person_ids=ids)
    access.saw(tx, desk, person_ids=ids, what=withheld.WHAT)
    rows = tuple(Waiting(persons[one.person_id], one) for one in found if one.person_id in persons)
    hand = None if person_id is None else await _hand(tx, person_id)
    later = _mark(found[-1]) if len(listed) > ROWS else ""
    later = later and cursors.write(tx, withheld.WHAT, later)
    return Page(posts[tx.actor.post_id], rows, hand, later)


def _mark(last: Unreleased) -> str:
    return f"{last.since.isoformat()} {last.person_id}"


def _place(mark: str) -> Since | None:
    since, _, person_id = mark.partition(" ")
    return (datetime.fromisoformat(since), UUID(person_id)) if mark else None


async def _hand(tx: Tx, person_id: UUID) -> Hand:
    chart = await withheld.chart_of(tx, person_id=person_id)
    waiting = await records.withheld(tx, chart)
    return Hand(await people.person(tx, chart), _results(waiting))


def _results(waiting: Sequence[Withheld]) -> tuple[Result, ...]:
    """Put each observation under the report that names it, or else by itself."""
    single = {one.entry.fhir_id: one for one in waiting if one.entry.type == OBSERVATION}
    named = {id for one in waiting for id in one.results}
    return tuple(
        _result(one, [single[id] for id in one.results if id in single])
        for one in waiting
        if one.entry.type != OBSERVATION or one.entry.fhir_id not in named
    )


def _result(one: Withheld, parts: Sequence[Withheld]) -> Result:
    every = (one, *parts)
    lines = tuple(each.measured for each in every if each.measured)
    classes = frozenset().union(*(each.entry.classes for each in every))
    return Result(one.entry, lines, classes)
