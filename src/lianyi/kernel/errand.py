"""The only way to speak to another machine: prepare inside, send outside, record inside.

From the moment it is claimed an errand counts as unknown, so a worker that dies while sending
leaves behind the truth. Whatever is unknown is asked about before it is sent again: soon where
we know that nobody answered, after a longer pause where the worker itself may be lost.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from lianyi.kernel.work import Tx

L = TypeVar("L")
R = TypeVar("R")

SOON = timedelta(seconds=30)
DUE = """kernel.errand WHERE (outcome IS NULL OR outcome = 'unknown') AND next_at <= $1
           AND ($2::text[] IS NULL OR kind = ANY ($2))"""
IS_DUE = f"SELECT EXISTS (SELECT FROM {DUE})"
CLAIM = f"""UPDATE kernel.errand e SET outcome = 'unknown', tries = e.tries + 1,
              next_at = $1::timestamptz + interval '30 s' * 2 ^ least(e.tries, 7)
            FROM (SELECT id, outcome AS before FROM {DUE}
                  ORDER BY next_at FOR UPDATE SKIP LOCKED LIMIT 1) was
            WHERE e.id = was.id
            RETURNING e.id, kind, thing_id, institution_id, tries, before, request"""


class Outcome(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, and what came with it (an order's code, a reason to refuse)."""

    outcome: Outcome
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Errand(Generic[L, R]):
    """One kind. `send` and `ask` get the errand's id, which is the key the other side sees."""

    kind: str
    request: type[R]
    prepare: Callable[[Tx, UUID], Awaitable[R]]
    send: Callable[[L, UUID, R], Awaitable[Answer]]
    ask: Callable[[L, UUID, R], Awaitable[Answer | None]]
    record: Callable[[Tx, UUID, Answer], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An errand in the worker's hands. `request` is sealed: it may name a person."""

    id: UUID
    kind: str
    thing_id: UUID
    institution_id: UUID
    tries: int
    before: str | None
    request: bytes | None


async def plan(tx: Tx, kind: str, *, thing_id: UUID, after: timedelta = timedelta()) -> UUID:
    """Ask the worker to run an errand after the commit. Its id is known at once."""
    id = tx.new_id(thing_id)
    await tx.db.execute(
        "INSERT INTO kernel.errand (id, kind, thing_id, institution_id, next_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        id,
        kind,
        thing_id,
        tx.actor.institution_id,
        tx.now + after,
    )
    return id


async def is_due(tx: Tx, kinds: Collection[str]) -> bool:
    """Tell whether there is anything to claim; a claim that finds nothing costs far more."""
    found: bool = await tx.db.fetchval(IS_DUE, tx.now, list(kinds))
    return found


async def claim(tx: Tx, kinds: Collection[str] | None = None) -> Claimed | None:
    """Take the errand that has waited longest; nobody else will for a growing pause.

    `kinds` keeps to some; the others are run apart.
    """
    row = await tx.db.fetchrow(CLAIM, tx.now, None if kinds is None else list(kinds))
    return None if row is None else Claimed(**row)


async def keep_request(tx: Tx, id: UUID, request: object) -> bytes:
    """Store what was prepared, so that every retry carries the same body."""
    sealed = tx.keys.seal(msgspec.json.encode(request))
    await tx.db.execute("UPDATE kernel.errand SET request = $2 WHERE id = $1", id, sealed)
    return sealed


async def settle(tx: Tx, id: UUID, answer: Answer) -> None:
    """Write down what became of an errand. What is known once never becomes unknown again."""
    await tx.db.execute(
        "UPDATE kernel.errand SET outcome = $2 WHERE id = $1 AND coalesce(outcome, 'unknown')"
        " = 'unknown'",
        id,
        answer.outcome,
    )


async def hasten(tx: Tx, kind: str, *, thing_id: UUID) -> None:
    """Don't let what has not begun wait any longer."""
    await tx.db.execute(
        "UPDATE kernel.errand SET next_at = least(next_at, $3)"
        " WHERE thing_id = $1 AND kind = $2 AND outcome IS NULL",
        thing_id,
        kind,
        tx.now,
    )


async def unheard(tx: Tx, id: UUID) -> None:
    """Ask soon about what was said and not answered: somebody may be waiting at a till.

    Nobody else is speaking of it, so only the pauses keep us from pressing a neighbour in trouble:
    2, 4, 8 … seconds, and never longer than the claim's own.
    """
    await tx.db.execute(
        """UPDATE kernel.errand
           SET next_at = least(next_at, $2::timestamptz + interval '1 s' * 2 ^ least(tries, 12))
           WHERE id = $1 AND outcome = 'unknown'""",
        id,
        tx.now,
    )


async def forget(tx: Tx, id: UUID) -> None:
    """Wipe what an errand had to say, and never begin it again.

    One that is on its way may still be answered: its `record` must expect that.
    """
    await tx.db.execute(
        "UPDATE kernel.errand SET request = NULL, outcome = CASE coalesce(outcome, 'unknown')"
        " WHEN 'unknown' THEN 'no' ELSE outcome END WHERE id = $1",
        id,
    )
