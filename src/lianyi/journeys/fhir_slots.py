"""Numbers as Slots that anybody may look through: told from booking's own rows as they are now.

No booking waits for a record to hear of it, and nothing here says more than `$find` and the pages:
a Slot names nobody, and who holds a number, who has given one back and when, nobody is told
(IDN-07). A Slot has no versions: what it was a moment ago is told nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from lianyi.booking import fhir
from lianyi.booking import queries as booking
from lianyi.booking.model.told import Availability, Field, Listed, Near, Place, Sought
from lianyi.journeys import fhir_terms
from lianyi.journeys.fhir_terms import CODED, Known
from lianyi.kernel import profile
from lianyi.kernel.sought import Clause, During, Has, Span, narrowed
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import Order, Search, Why
from lianyi.records.fhir.values import MEANT
from lianyi.records.model import LIVE, PUBLIC, Hit, Page

TYPE, SCHEDULE = "Slot", "Schedule"
KINDS = {"service-type": (Field.KIND, fhir.KIND)}
WORDS = {f"specialty{MEANT}": Field.DEPARTMENT}
OF_SCHEDULE = Known(
    id=Field.SESSION_ID,
    tokens={**KINDS, "active": (Field.IS_ACTIVE, "")},
    links={"actor": (Field.DOCTOR, Field.POST)},
    kinds=("Practitioner", "PractitionerRole"),
    times={},
    words=WORDS,
    there={"specialty": Field.DEPARTMENT},
    unasked=frozenset({"date"}),  # a span; the start of a number is asked of the number
)
KNOWN = Known(
    id=Field.ID,
    tokens={**KINDS, "status": (Field.AVAILABILITY, f"{CODED}/slotstatus")},
    links={"schedule": (Field.SESSION,)},
    kinds=(SCHEDULE,),
    times={"start": Field.START},
    sorts=frozenset({"start"}),
    words=WORDS,
    chains={("schedule", SCHEDULE): OF_SCHEDULE},
    there={"specialty": Field.DEPARTMENT},
)
OF_SESSIONS = {Field.ID, Field.SESSION_ID, Field.SESSION}
OF_SITTERS = {Field.DOCTOR, Field.POST}
STANDS = {code: stands for stands, code in fhir.SLOT_STATUS.items()}
WIDEST = timedelta(days=14)  # between two starts, where nothing says of which sessions
# What a search has one of, so that an index leads to it.
NARROW = f"_id, schedule, schedule.actor, status=free, start (≤ {WIDEST.days} d)"
SITTING = timedelta(hours=1)  # how long a number is at most (IDN-08)
MARGIN = timedelta(days=2)

_encoder = msgspec.json.Encoder(decimal_format="number")


async def search(
    tx: Tx, *, search: Search, order: Sequence[Order] = (), after: Sequence[str] = (), limit: int
) -> Page:
    """Return a page of numbers as Slots, each with its place; the earliest first, if nobody says.

    :raises NotSearchable: something of it can't be asked, or it goes over too many of them.
    """
    sought = replace(_sought(tx, search), upwards=not (order and order[0].is_down))
    if after:
        sought = _behind(sought, _place(after))
    found = await booking.numbers(tx, sought=sought, limit=limit)
    return [(_hit(tx, one), _mark(one)) for one in found]


async def how_many(tx: Tx, *, search: Search) -> int:
    """Count what `search` finds. Raises as that does."""
    return await booking.how_many_numbers(tx, sought=_sought(tx, search))


def _sought(tx: Tx, search: Search) -> Sought:
    asked = tuple(_coded(one) for one in fhir_terms.clauses(search, KNOWN))
    near = Near()
    for one in asked:
        near = _nearer(tx, near, one)
    if not near.is_somewhere and not _is_short(near) and not any(map(_is_free, asked)):
        raise fhir_terms.unasked(NARROW, Why.WIDE)
    return Sought(near, asked)


def _coded(clause: Clause) -> Clause:
    """Ask for what a status says of a number: none of the rows holds a code of FHIR."""
    return replace(clause, alternatives=tuple(_status(one) for one in clause.alternatives))


def _status(one: Has | During) -> Has | During:
    if isinstance(one, During) or one.field != Field.AVAILABILITY or one.values is None:
        return one
    return replace(one, values=tuple(STANDS[code] for code in one.values if code in STANDS))


def _nearer(tx: Tx, near: Near, clause: Clause) -> Near:
    """Return what an index can use of a clause, beside what it has already."""
    asked = clause.alternatives
    fields = {one.field for one in asked}
    if clause.is_not or any(isinstance(one, Has) and one.values is None for one in asked):
        return near
    values = [value for one in asked if isinstance(one, Has) for value in one.values or ()]
    if fields <= OF_SESSIONS:
        return replace(near, sessions=tuple(dict.fromkeys(_uuids(values))))
    if fields <= OF_SITTERS:
        return replace(near, sitters=tuple(dict.fromkeys(_uuids(values))))
    if fields == {Field.START}:
        return _within(near, [(it.low, it.high) for it in asked if isinstance(it, During)])
    if _is_free(clause):
        horizon = timedelta(days=profile.at(tx.now)["CAP-11.horizon"])  # what is planned by now
        return _within(near, [(tx.now - SITTING, tx.now + horizon + MARGIN)])
    return near


def _is_free(clause: Clause) -> bool:
    """Tell whether only numbers are asked for that can be had, of which there are no old ones."""
    free = Has(Field.AVAILABILITY, (Availability.FREE,))
    return not clause.is_not and set(clause.alternatives) == {free}


def _within(near: Near, spans: Sequence[Span]) -> Near:
    low, high = narrowed((near.low, near.high), spans)
    return replace(near, low=low, high=high)


def _is_short(near: Near) -> bool:
    return near.low is not None and near.high is not None and near.high - near.low <= WIDEST


def _uuids(texts: Iterable[str]) -> Iterable[UUID]:
    """Return the ids of sessions and sitters in references and in ids of numbers."""
    for text in texts:
        try:
            yield UUID(text.rpartition("/")[2][: len(str(UUID(int=0)))])
        except ValueError:
            continue


def _hit(tx: Tx, listed: Listed) -> Hit:
    body = fhir.slot(listed)
    return Hit(TYPE, body["id"], LIVE, tx.now, PUBLIC, _encoder.encode(body).decode())


def _mark(listed: Listed) -> tuple[str, ...]:
    return listed.starts_at.isoformat(), str(listed.session.id), str(listed.number)


def _place(after: Sequence[str]) -> Place:
    starts_at, session_id, number = after
    return datetime.fromisoformat(starts_at), UUID(session_id), int(number)


def _behind(sought: Sought, place: Place) -> Sought:
    starts_at, *_ = place
    span = (starts_at, None) if sought.upwards else (None, starts_at + datetime.resolution)
    return replace(sought, near=_within(sought.near, [span]), after=place)
