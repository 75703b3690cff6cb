"""Taking a number for a while and keeping it: one statement each, and a whole act with a key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from lianyi.access.model import Desk
from lianyi.booking import events
from lianyi.booking.model import Got, Terms, Wish
from lianyi.booking.states import APPOINTMENT
from lianyi.booking.tables import hot
from lianyi.booking.tables.appointments import is_resident, mine
from lianyi.booking.tables.hot import KIND
from lianyi.kernel.db import Statement
from lianyi.kernel.ids import lane
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.named import call
from lianyi.kernel.once import Once, marks
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record


async def hold(tx: Tx, desk: Desk, wish: Wish, terms: Terms) -> Got | None:
    """Take the first free number of a time for a while, or return None."""
    free = hot.of_a_time(anywhere=is_resident(tx), referred=terms.referred)
    return await _hold(tx, desk, free, terms, _of_a_time(wish, terms), session_id=wish.session_id)


def holding(tx: Tx, desk: Desk, wish: Wish, terms: Terms, once: Once[Got]) -> Statement:
    """Return `hold` as a whole act, for a number that nobody had before and nobody pays first."""
    free = hot.of_a_time(anywhere=is_resident(tx), referred=terms.referred, plain=True)
    more = {**_of_a_time(wish, terms), **marks(tx.actor, once)}
    return _holding(tx, desk, free, terms, more, session_id=wish.session_id, keyed=True)


def _of_a_time(wish: Wish, terms: Terms) -> dict[str, object]:
    return {
        "person": wish.person_id,
        "starts_at": wish.starts_at,
        "missed_limit": terms.missed_limit,
        "missed_since": terms.missed_since,
        "event": events.NumberHeld.name,
    }


async def hold_freed(
    tx: Tx, desk: Desk, *, session_id: UUID, number: int, person_id: UUID, terms: Terms
) -> Got | None:
    """Keep a freed number for somebody who waited, or return None."""
    more = {"person": person_id, "number": number, "event": events.NumberOffered.name}
    return await _hold(tx, desk, hot.FREED, terms, more, session_id=session_id)


async def _hold(
    tx: Tx, desk: Desk, free: str, terms: Terms, more: Mapping[str, object], *, session_id: UUID
) -> Got | None:
    sql, values = _holding(tx, desk, free, terms, more, session_id=session_id)
    row = await tx.db.fetchrow(sql, *values)
    return None if row is None else _got(row)


def _holding(
    tx: Tx,
    desk: Desk,
    free: str,
    terms: Terms,
    more: Mapping[str, object],
    *,
    session_id: UUID,
    keyed: bool = False,
) -> Statement:
    check_role(tx, APPOINTMENT, "hold")
    return call(
        hot.hold(tx.actor.role, free, desk.sees(":person::uuid", at=1, type=KIND), keyed=keyed),
        *desk.args,
        id=tx.new_id(session_id),
        session=session_id,
        origin=terms.origin,
        expires_at=terms.expires_at,
        free_from=terms.free_from,
        per_day=terms.per_day,
        lane=lane(session_id),
        post=tx.actor.post_id,
        here=tx.actor.institution_id,
        now=tx.now,
        **more,
    )


async def confirm(tx: Tx, desk: Desk, appointment_id: UUID, *, prepaid: bool) -> Got | None:
    sql, values = _confirming(tx, desk, appointment_id, prepaid=prepaid)
    row = await tx.db.fetchrow(sql, *values)
    return None if row is None else _got(row)


def confirming(
    tx: Tx,
    desk: Desk,
    appointment_id: UUID,
    once: Once[Got],
    *,
    also: str,
    more: Mapping[str, object],
) -> Statement:
    """Return `confirm` as a whole act; `also` is done with its row, with the values of `more`."""
    values = {**more, **marks(tx.actor, once)}
    return _confirming(tx, desk, appointment_id, prepaid=False, also=also, more=values)


def _confirming(
    tx: Tx,
    desk: Desk,
    appointment_id: UUID,
    *,
    prepaid: bool,
    also: str = "",
    more: Mapping[str, object] = MappingProxyType({}),
) -> Statement:
    check_role(tx, APPOINTMENT, "confirm")
    whose, owner = mine(tx)
    sees = f"{whose} AND {desk.sees('person_id', at=1, type=KIND)}"
    return call(
        hot.confirm(tx.actor.role, sees, prepaid=prepaid, also=also),
        *desk.args,
        id=appointment_id,
        owner=owner,
        lane=lane(appointment_id),
        post=tx.actor.post_id,
        now=tx.now,
        **more,
    )


def _got(row: "Record") -> Got:
    return msgspec.convert(dict(row), Got)
