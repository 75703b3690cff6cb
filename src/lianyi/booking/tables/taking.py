"""Taking a number for a while and keeping it: one statement each, and a whole act with a key.

As a whole act it is asked together with others of its moment: the values are arrays then.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Desk
from lianyi.booking import events
from lianyi.booking.model import Got, Terms, Wish
from lianyi.booking.model.kept import Booked
from lianyi.booking.states import APPOINTMENT
from lianyi.booking.tables import hot
from lianyi.booking.tables.appointments import is_resident, mine
from lianyi.booking.tables.hot import KIND
from lianyi.kernel import named
from lianyi.kernel.db import Statement
from lianyi.kernel.ids import lane
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Kinds, Part
from lianyi.kernel.once import FRESH, KEY, KEYED, Once, marks
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

Values = dict[str, object]
DESK: Kinds = (("desk_who", "uuid"), ("desk_how", "text"), ("desk_at", "timestamptz"))
HOLD, CONFIRM = (*hot.OF_A_TIME, *KEYED), (*hot.CONFIRMATION, *KEYED)


async def hold(tx: Tx, desk: Desk, wish: Wish, terms: Terms) -> Got | None:
    """Take the first free number of a time for a while, or return None."""
    check_role(tx, APPOINTMENT, "hold")
    free = hot.of_a_time(anywhere=is_resident(tx), referred=terms.referred)
    values = {**_wished(tx, wish.session_id, wish.person_id, terms), **_timed(wish, terms)}
    asked = named.asked(hot.OF_A_TIME, len(desk.args))
    may = f"{_sees(desk, 'asked.person')} AND {hot.COMES}"
    sql = hot.hold(asked, may, free, tx.actor.role)
    return await _take(tx, sql, *desk.args, *_in_order(hot.OF_A_TIME, values))


async def hold_freed(
    tx: Tx, desk: Desk, *, session_id: UUID, number: int, person_id: UUID, terms: Terms
) -> Got | None:
    """Keep a freed number for somebody who waited, or return None."""
    check_role(tx, APPOINTMENT, "hold")
    values = {**_wished(tx, session_id, person_id, terms), "wanted": number}
    values["event"] = events.NumberOffered.name
    asked = named.asked(hot.OF_A_NUMBER, len(desk.args))
    sql = hot.hold(asked, _sees(desk, "asked.person"), hot.FREED, tx.actor.role)
    return await _take(tx, sql, *desk.args, *_in_order(hot.OF_A_NUMBER, values))


def holding(
    at: Moment, desk: Desk, wish: Wish, terms: Terms, once: Once[Booked], *, still: Part
) -> Statement:
    """Return `hold` as a whole act, for a number that nobody had before and nobody pays first.

    It is done if what is presumed is `still` so; the same of `confirming`.
    """
    check_role(at, APPOINTMENT, "hold")
    free = hot.of_a_time(anywhere=is_resident(at), referred=terms.referred, plain=True)
    values = {**_wished(at, wish.session_id, wish.person_id, terms), **_timed(wish, terms)}
    sees = _sees_each(desk, "asked.person")
    may = f"{sees.sql} AND {still.sql} AND {hot.COMES} AND {FRESH}"
    many = named.asked_by_many((*HOLD, *sees.kinds, *still.kinds), KEY)
    sql = hot.hold(many, may, free, at.actor.role, plain=True)
    return sql, (*_in_order(HOLD, {**values, **marks(once)}), *sees.values, *still.values)


async def confirm(tx: Tx, desk: Desk, appointment_id: UUID, *, prepaid: bool) -> Got | None:
    check_role(tx, APPOINTMENT, "confirm")
    whose, values = _confirmed(tx, appointment_id)
    asked = named.asked(hot.CONFIRMATION, len(desk.args))
    may = f"{whose} AND {_sees(desk, 'a.person_id')}"
    sql = hot.confirm(asked, may, tx.actor.role, prepaid=prepaid)
    return await _take(tx, sql, *desk.args, *_in_order(hot.CONFIRMATION, values))


def confirming(
    at: Moment, desk: Desk, appointment_id: UUID, once: Once[Booked], *, still: Part, also: str
) -> Statement:
    """Return `confirm` as a whole act; `also` is done with each of its rows."""
    check_role(at, APPOINTMENT, "confirm")
    whose, values = _confirmed(at, appointment_id)
    sees = _sees_each(desk, "a.person_id")
    may = f"{whose} AND {sees.sql} AND {still.sql} AND {FRESH}"
    many = named.asked_by_many((*CONFIRM, *sees.kinds, *still.kinds), KEY)
    sql = hot.confirm(many, may, at.actor.role, prepaid=False, also=also)
    return sql, (*_in_order(CONFIRM, {**values, **marks(once)}), *sees.values, *still.values)


async def _take(tx: Tx, sql: str, *values: object) -> Got | None:
    row = await tx.db.fetchrow(sql, *values)
    return None if row is None else _got(row)


def _wished(at: Moment, session_id: UUID, person_id: UUID, terms: Terms) -> Values:
    return {
        **_act(at, at.new_id(session_id), owner=session_id),
        "session": session_id,
        "person": person_id,
        "here": at.actor.institution_id,
        "by_way": terms.origin,
        "until": terms.expires_at,
        "back_from": terms.free_from,
        "per_day": terms.per_day,
        "event": events.NumberHeld.name,
    }


def _timed(wish: Wish, terms: Terms) -> Values:
    return {
        "wanted": wish.starts_at,
        "missed_limit": terms.missed_limit,
        "missed_since": terms.missed_since,
    }


def _confirmed(at: Moment, appointment_id: UUID) -> tuple[str, Values]:
    """Return whose appointment it has to be, and the values of a confirmation."""
    column, owner = mine(at)
    values = {**_act(at, appointment_id, owner=appointment_id), "whose": owner}
    return f"a.{column} = asked.whose", values


def _act(at: Moment, id: UUID, *, owner: UUID) -> Values:
    return {"this": id, "lane": lane(owner), "by_post": at.actor.post_id, "moment": at.now}


def _sees(desk: Desk, person: str) -> str:
    return desk.sees(person, at=1, type=KIND)


def _sees_each(desk: Desk, person: str) -> Part:
    """Return the same where every row of `asked` comes from a desk of its own."""
    return named.part((_sees(desk, person), desk.args), DESK)


def _in_order(kinds: Kinds, values: Values) -> tuple[object, ...]:
    return tuple([values[name] for name, _ in kinds])


def _got(row: "Record") -> Got:
    return msgspec.convert(dict(row), Got)
