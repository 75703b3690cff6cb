"""One unit of work: one hat, one instant, one transaction."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from lianyi.kernel import once as keys
from lianyi.kernel import outbox, witness
from lianyi.kernel.actor import Actor
from lianyi.kernel.crypto import Keys
from lianyi.kernel.db import Db, Statement
from lianyi.kernel.ids import Ids
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.once import Once
from lianyi.kernel.refusal import Invalid, Refused, Unavailable
from lianyi.kernel.rounds import Rounds
from lianyi.kernel.witness import Scribe

if TYPE_CHECKING:
    from asyncpg import Pool, Record

T = TypeVar("T")
PAUSES = (0.01, 0.04, 0.16)  # seconds before each retry
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
# In the order of what is locked, so that nobody waits in a circle.
ALONE_WITH = """SELECT pg_advisory_xact_lock(key) FROM (
                  SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest($1::text[]) AS name
                  ORDER BY key) AS keys"""
BEGIN, COMMIT = "BEGIN ISOLATION LEVEL READ COMMITTED", "COMMIT"
UNHURRIED = "SET LOCAL synchronous_commit = off"
# A commit that waits for the disk, and so for all before it.
KEPT = """SELECT set_config('synchronous_commit', 'on', true),
                 pg_logical_emit_message(true, 'lianyi', 'kept')"""
TAKEN = "INSERT 0 1"
CLASHES = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class App:
    """What `main` built and every unit of work needs; `files` is the folder of what is too big.

    `machine` is the machine's own clock where `clock` is a demo's, which may be ahead of it.
    """

    pool: "Pool[Record]"
    clock: Callable[[], datetime]
    ids: Ids
    keys: Keys
    scribe: Scribe
    files: Path
    machine: Callable[[], datetime] | None = None
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rounds", Rounds(self.pool))

    def machine_time(self) -> datetime:
        """Return the time that other machines have too, in which they sign what they send."""
        return (self.machine or self.clock)()


@dataclass(frozen=True, slots=True)
class Tx(Moment):
    db: Db
    files: Path
    witnessed: list[Statement] = field(default_factory=list)

    async def emit(self, event: outbox.Event) -> None:
        """Store an event that goes with no move; `advance` and `begin` store their own."""
        await outbox.store(self.db, event, self.now)

    def witness(self, sql: str, *values: object) -> None:
        """Keep a row that must be written even if the verb is refused."""
        self.witnessed.append((sql, values))

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Undo by itself what fails here; the transaction may go on without it."""
        await self.db.execute("SAVEPOINT aside")
        try:
            yield
        except Exception:
            await self.db.execute("ROLLBACK TO SAVEPOINT aside")
            raise
        await self.db.execute("RELEASE SAVEPOINT aside")

    async def unhurried(self) -> None:
        """Don't wait for the disk, which has it a moment later; `kept` does.

        For what is done again, and then changes nothing, if the machine falls before that.
        """
        await self.db.execute(UNHURRIED)

    async def alone(self, owner: UUID, subject: str) -> None:
        """Wait until no other transaction decides about this subject of this owner."""
        await self.db.execute(ALONE, f"{subject}/{owner}")

    async def alone_with(self, subjects: Collection[tuple[UUID, str]]) -> None:
        """Wait so for many subjects at once, each of its owner."""
        if subjects:
            await self.db.execute(ALONE_WITH, [f"{subject}/{owner}" for owner, subject in subjects])


class Busy(Unavailable):
    """Others kept winning the race for the same rows."""


class TooCostly(Invalid):
    """What was asked goes over so much that nobody waits for it; it was broken off."""


class DatabaseAway(Unavailable):
    """The database did not answer. Whether the change was made is found out by asking again."""


class RolledBack(Exception):
    """A verb went on after a statement of its transaction had failed; nothing was committed."""


async def within(
    app: App, hat: Actor, verb: Callable[[Tx], Awaitable[T]], *, once: Once[T] | None = None
) -> T:
    """Run one verb in one transaction and answer after its commit.

    A clash with another transaction runs the verb again. A refusal or a bug rolls everything
    back except what was witnessed.
    """
    with _told:
        async with app.pool.acquire() as db:
            return await _persist(app, db, hat, verb, once)


async def at_once(
    app: App, hat: Actor, act: Callable[[Moment], Statement], *, once: Once[T]
) -> T | None:
    """Do a verb of rush hours by one statement, which those who act at the same moment share.

    It keeps the key too. None: it changed nothing, and the verb itself finds out why.
    """
    try:
        statement = act(_now(app, hat))
    except Refused:  # the verb says it in its own words
        return None
    with _told:
        row = await app.rounds.act(statement)
    return None if row is None else msgspec.convert(dict(row), once.answer)


async def kept(app: App) -> None:
    """Answer when the disk has everything that was written so far."""
    with _told:
        await app.pool.execute(KEPT)


async def reading(app: App, hat: Actor, verb: Callable[[Tx], Awaitable[T]]) -> T:
    """Run a verb that only reads, and answer once its accesses are on paper.

    Each of its statements sees its own snapshot: what must agree is asked in one statement.
    """
    with _told:
        async with app.pool.acquire() as db:
            tx = _begin(app, db, hat)
            try:
                answer = await verb(tx)
            except BaseException:
                await witness.testify(db, tx.witnessed)
                raise
        await app.scribe.keep(tx.witnessed)
    return answer


async def looking(app: App, hat: Actor, look: Callable[[Moment], Look[T] | None]) -> T | None:
    """Find and tell by one statement, which all share who look so at this moment.

    None: there was nothing to ask so, it is refused, or nothing was found out and nothing told.
    """
    try:
        asked = look(_now(app, hat))
    except Refused:  # the verb says it in its own words, and has it written down
        return None
    if asked is None:
        return None
    with _told:
        return await app.rounds.take(asked)


def _now(app: App, hat: Actor) -> Moment:
    return Moment(hat, app.clock(), app.ids, app.keys)


def _begin(app: App, db: Db, hat: Actor) -> Tx:
    return Tx(hat, app.clock(), app.ids, app.keys, db, app.files)


# What the kernel answers in its own words, or by trying again: nobody else tells of it.
OURS = (*CLASHES, *GONE, asyncpg.QueryCanceledError)


class _Told:
    """Says in the kernel's words what the database couldn't do."""

    def __enter__(self) -> None:
        """Begin: there is nothing to do."""

    def __exit__(self, _: object, trouble: BaseException | None, __: object) -> None:
        if isinstance(trouble, asyncpg.QueryCanceledError):
            raise TooCostly from trouble
        if isinstance(trouble, GONE):
            raise DatabaseAway from trouble


_told = _Told()


async def _persist(
    app: App, db: Db, hat: Actor, verb: Callable[[Tx], Awaitable[T]], once: Once[T] | None
) -> T:
    for pause in (*PAUSES, None):
        tx = _begin(app, db, hat)
        try:
            return await _attempt(tx, verb, once)
        except CLASHES as clash:
            await _undo(db)
            await _lost(tx, pause, clash)
        except BaseException:
            await _undo(db)
            await witness.testify(db, tx.witnessed)
            raise
    raise AssertionError


async def _attempt(tx: Tx, verb: Callable[[Tx], Awaitable[T]], once: Once[T] | None) -> T:
    """Run the verb between BEGIN and COMMIT, which share their round trips with the key."""
    claim = keys.claim(tx.actor, once, tx.now) if once else ""
    begun = await tx.db.execute(_together(BEGIN, claim))
    if once and begun != TAKEN:
        answer = await keys.recall(tx.db, tx.actor, once)
        await tx.db.execute(COMMIT)
        return answer
    answer = await verb(tx)
    await witness.write(tx.db, tx.witnessed)
    keep = keys.keep(tx.actor, once, answer) if once else ""
    done = await tx.db.execute(_together(keep, COMMIT))
    if done != COMMIT:
        raise RolledBack
    return answer


def _together(*statements: str) -> str:
    return "; ".join(filter(None, statements))


async def _undo(db: Db) -> None:
    if db.is_in_transaction():
        await db.execute("ROLLBACK")


async def _lost(tx: Tx, pause: float | None, clash: Exception) -> None:
    if pause is None:
        await witness.testify(tx.db, tx.witnessed)
        raise Busy from clash
    await asyncio.sleep(pause)
