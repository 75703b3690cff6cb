"""Who of an institution has opened one person's data, to who answers for it (访问核查).

Somebody comes to the counter and asks who has looked at their record. Their document says who they
are: the administrator types name and number, and sees what was opened for this institution, which
is what a FHIR search of the same hat is told (`fhir_overseen`). A number nobody has, another name
and nobody who has looked are one answer: it never tells who is known to the network (INT-07).

Lines of one reader on one day stand together, and a page ends with a day: what is counted of a day
is all of it, unless it fills more than a page by itself.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.model import Desk, Purpose, Reading
from lianyi.access.model.auditing import Near, Sought
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.journeys import fhir_overseen
from lianyi.kernel import cursors, profile, time
from lianyi.kernel.actor import Role
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post

ROWS = 200  # lines of a page
LIST = "looks"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who it was, as far as they have a post still, and with which app; the newest line first."""

    role: Role
    post: Post | None
    app: Client | None
    lines: tuple[Reading, ...]

    @property
    def refused(self) -> int:
        return sum(not one.granted for one in self.lines)

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """Return what they did, each way once."""
        return tuple(dict.fromkeys((str(one.kind), one.what) for one in self.lines))


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    readers: tuple[Reader, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of days, the newest first, of whom was asked for by `name`; `older`: it goes on.

    `is_cut`: the last day does too.
    """

    name: str
    days: tuple[Day, ...] = ()
    count: int = 0
    older: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`found` is None before somebody is asked for."""

    me: Post
    found: Found | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a list goes on: of whom, since when, and behind which line."""

    person_id: UUID
    name: str
    low: datetime
    after: tuple[datetime, str] | None = None


async def form(tx: Tx) -> Page:
    """Return the page before anybody is asked for.

    :raises WrongRole:
    """
    await access.open_desk(tx, purpose=Purpose.MANAGE)
    return Page(await _me(tx))


async def of_person(tx: Tx, *, name: str, number: str, days: int) -> Page:
    """Return what was opened of whoever has this document, the newest first, and tell them.

    :raises WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.MANAGE)
    person_id, identity = await people.recognised(tx, desk, name=name, number=number)
    if person_id is None or identity is None:
        return Page(await _me(tx), Found(name))
    place = Place(person_id, name, tx.now - timedelta(days=days))
    return Page(await _me(tx), await _found(tx, desk, place))


async def older(tx: Tx, *, cursor: str) -> Page:
    """Return what comes behind a page, and tell the person of that too.

    :raises WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.MANAGE)
    place = cursors.read(tx, LIST, cursor)
    if not place:
        return Page(await _me(tx))
    return Page(await _me(tx), await _found(tx, desk, msgspec.json.decode(place, type=Place)))


async def _found(tx: Tx, desk: Desk, place: Place) -> Found:
    near = Near(persons=(place.person_id,), low=place.low)
    sought = Sought(after=place.after)
    lines = await readers.audited_here(tx, desk, sought=sought, near=near, limit=ROWS + 1)
    access.saw(tx, desk, person_ids=[place.person_id], what=fhir_overseen.WHAT)
    if len(lines) <= ROWS:
        return Found(place.name, await _days(tx, lines), len(lines))
    shown = _whole_days(tx, lines)
    last = shown[-1]
    behind = msgspec.structs.replace(place, after=(last.at, last.id))
    return Found(
        place.name,
        await _days(tx, shown),
        len(shown),
        cursors.write(tx, LIST, msgspec.json.encode(behind).decode()),
        is_cut=_day(tx, last) == _day(tx, lines[len(shown)]),
    )


def _whole_days(tx: Tx, lines: list[Reading]) -> list[Reading]:
    """Leave a day that goes on to the next page, if the page has others."""
    begun = _day(tx, lines[ROWS])
    return [one for one in lines if _day(tx, one) != begun] or lines[:ROWS]


async def _days(tx: Tx, lines: list[Reading]) -> tuple[Day, ...]:
    posts = await people.posts(tx, ids=list({one.post_id for one in lines}))
    apps = {one.app_id for one in lines if one.app_id}
    clients: dict[UUID, Client] = await accounts.clients(tx, ids=list(apps)) if apps else {}
    days: dict[date, dict[tuple[UUID, UUID | None], list[Reading]]] = {}
    for one in lines:
        days.setdefault(_day(tx, one), {}).setdefault((one.post_id, one.app_id), []).append(one)
    return tuple(
        Day(
            day,
            tuple(
                Reader(own[0].role, posts.get(post), clients.get(app) if app else None, tuple(own))
                for (post, app), own in by_reader.items()
            ),
        )
        for day, by_reader in days.items()
    )


def _day(tx: Tx, line: Reading) -> date:
    return time.day(line.at, profile.at(tx.now).zone)


async def _me(tx: Tx) -> Post:
    return (await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id]
