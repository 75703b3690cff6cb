"""A lifecycle is a table of moves. This module is the only writer of `state` columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from lianyi.kernel import bulk, outbox
from lianyi.kernel.actor import Role
from lianyi.kernel.moment import Moment
from lianyi.kernel.refusal import Conflict, NotAllowed, NotFound
from lianyi.kernel.work import Tx


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow. Birth comes `from_` nothing."""

    verb: str
    from_: str | None
    to: str
    by: frozenset[Role]


@dataclass(frozen=True, slots=True, eq=False)
class Lifecycle:
    """There is one of each, known by itself: what is remembered of it costs nothing to find."""

    table: str
    moves: tuple[Move, ...]

    def allowed(self, verb: str, role: Role) -> tuple[Move, ...]:
        return _allowed(self, verb, role)

    def open_to(self, role: Role, state: str) -> list[str]:
        """Return the verbs a page may offer as buttons."""
        return [m.verb for m in self.moves if m.from_ == state and role in m.by]


@dataclass(eq=False)
class WrongState(Conflict):
    table: str
    id: UUID
    verb: str
    state: str


@dataclass(eq=False)
class WrongRole(NotAllowed):
    verb: str
    role: Role


@dataclass(eq=False)
class NoSuchThing(NotFound):
    table: str
    id: UUID


@cache
def _allowed(cycle: Lifecycle, verb: str, role: Role) -> tuple[Move, ...]:
    return tuple(m for m in cycle.moves if m.verb == verb and role in m.by)


async def begin(
    tx: Tx,
    cycle: Lifecycle,
    id: UUID,
    verb: str,
    *,
    row: Mapping[str, object],
    why: str = "",
    event: outbox.Event | None = None,
) -> None:
    """Give birth to a row in its first state, with its history and its event."""
    check_role(tx, cycle, verb)
    values = (id, *_record(tx, cycle, verb, why, event), *row.values())
    await tx.db.execute(birth_sql(cycle, verb, tx.actor.role, tuple(row)), *values)


async def begin_all(
    tx: Tx, cycle: Lifecycle, verb: str, *, rows: Mapping[UUID, Mapping[str, object]], why: str = ""
) -> None:
    """Give birth to many rows of one shape, each with its history; events are the caller's."""
    check_role(tx, cycle, verb)
    (move,) = cycle.allowed(verb, tx.actor.role)
    born = [{"id": id, "state": move.to, **row} for id, row in rows.items()]
    await bulk.copy(tx.db, cycle.table, born)
    told: dict[str, object] = {"thing": cycle.table, "verb": verb, "before": None, "after": move.to}
    told |= {"post_id": tx.actor.post_id, "at": tx.now, "why": why}
    await bulk.copy(tx.db, "kernel.history", [{"thing_id": id, **told} for id in rows])


async def advance(
    tx: Tx,
    cycle: Lifecycle,
    id: UUID,
    verb: str,
    *,
    why: str = "",
    event: outbox.Event | None = None,
) -> None:
    """Make one move with its history and its event in one statement, or refuse.

    :raises WrongRole, WrongState, NoSuchThing:
    """
    check_role(tx, cycle, verb)
    moved = await tx.db.fetchval(
        sql(cycle, verb, tx.actor.role), id, *_record(tx, cycle, verb, why, event)
    )
    if moved is None:
        await _explain(tx, cycle, id, verb)


async def _explain(tx: Tx, cycle: Lifecycle, id: UUID, verb: str) -> None:
    state = await tx.db.fetchval(f"SELECT state FROM {cycle.table} WHERE id = $1", id)
    if state is None:
        raise NoSuchThing(table=cycle.table, id=id)
    raise WrongState(table=cycle.table, id=id, verb=verb, state=state)


def check_role(at: Moment, cycle: Lifecycle, verb: str) -> None:
    """Refuse a verb this role never makes, whatever the state.

    :raises WrongRole:
    """
    if not cycle.allowed(verb, at.actor.role):
        raise WrongRole(verb=verb, role=at.actor.role)


def _record(
    tx: Tx, cycle: Lifecycle, verb: str, why: str, event: outbox.Event | None
) -> tuple[object, ...]:
    return (cycle.table, verb, tx.actor.post_id, tx.now, why, *outbox.columns(event))


@cache
def sql(cycle: Lifecycle, verb: str, role: Role) -> str:
    """Return the statement of a move as this role may make it.

    $1 is the id, $2 to $10 what `_record` gives.

    The old row is locked before it is read, so a verb with several froms sees the state that a
    rival has just committed, not the one this statement's snapshot showed.
    """
    moves = cycle.allowed(verb, role)
    arrows = " ".join(f"WHEN '{m.from_}' THEN '{m.to}'" for m in moves)
    froms = ", ".join(f"'{m.from_}'" for m in moves)
    return f"""WITH old AS (SELECT id, state FROM {cycle.table}
                 WHERE id = $1 AND state IN ({froms}) FOR UPDATE),
          moved AS (UPDATE {cycle.table} t SET state = CASE old.state {arrows} END
                 FROM old WHERE t.id = old.id RETURNING t.id, old.state AS before, t.state),
          {_TRACES} SELECT id FROM moved"""


@cache
def birth_sql(cycle: Lifecycle, verb: str, role: Role, names: tuple[str, ...]) -> str:
    (move,) = cycle.allowed(verb, role)
    values = "".join(f", ${n}" for n, _ in enumerate(names, start=11))
    return f"""WITH moved AS (INSERT INTO {cycle.table} (id, state, {", ".join(names)})
                 VALUES ($1, '{move.to}'{values}) RETURNING id, NULL::text AS before, state),
          {_TRACES} SELECT id FROM moved"""


_TRACES = f"""told AS (
    INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)
    SELECT $2, id, $3, before, state, $4, $5, $6 FROM moved),
sent AS (
    INSERT INTO kernel.outbox ({outbox.COLUMNS}, at)
    SELECT $7, $8, $9, $10, $5 FROM moved WHERE $7::text IS NOT NULL)"""
