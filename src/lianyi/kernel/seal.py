"""Append-only logs are chained and signed, so that a row removed, changed or moved is noticed.

Nothing is chained while business is done: the worker seals, every few seconds, the rows that are
older than the oldest running transaction. SEC-17: each seal is SM3 over the seal before it and the
digests of its rows, with an HMAC of the installation's key.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

BATCH = 5000
START = bytes(32)


@dataclass(frozen=True, slots=True)
class Log:
    """One append-only table with `tx` and `seq`, and the columns its seals stand for.

    A column added to the table later belongs to a further `Log` with a name of its own, which seals
    it beside the others; old seals are walked as they were.
    """

    table: str
    columns: tuple[str, ...]
    name: str = ""

    @property
    def key(self) -> str:
        """What its chain is called among all seals."""
        return self.name or self.table

    @property
    def row(self) -> str:
        """One text per row, the same whatever the session's settings are."""
        return f"jsonb_build_array({', '.join(f'{name}::text' for name in self.columns)})::text"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What walking a chain found. `broken_at` is the first seal that doesn't fit, or None."""

    table: str
    rows: int
    seals: int
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class _Link:
    number: int
    after: tuple[int, int]
    digest: bytes


async def seal(tx: Tx, log: Log) -> int:
    """Seal the next rows of a log and return how many there were."""
    await _utc(tx)
    await tx.db.execute("SELECT pg_advisory_xact_lock(hashtext('seal'), hashtext($1))", log.key)
    last = await _last(tx, log)
    rows = await tx.db.fetch(
        f"""SELECT tx::text::bigint AS tx, seq, {log.row} AS body FROM {log.table}
            WHERE (tx, seq) > ($1::text::xid8, $2)
              AND tx < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY tx, seq LIMIT {BATCH}""",
        str(last.after[0]),
        last.after[1],
    )
    if rows:
        await _write(tx, log, last, rows)
    return len(rows)


async def digests(tx: Tx, log: Log, seqs: Sequence[int]) -> dict[int, bytes]:
    """Return the SM3 of rows as a seal of this log sees them, by their `seq`; what's gone isn't."""
    await _utc(tx)
    rows = await tx.db.fetch(
        f"SELECT seq, {log.row} AS body FROM {log.table} WHERE seq = ANY ($1::bigint[])", list(seqs)
    )
    return {row["seq"]: sm3(row["body"].encode()) for row in rows}


async def verify(tx: Tx, log: Log) -> Verdict:
    """Walk a whole chain and say where it first does not fit."""
    await _utc(tx)
    link, rows = _Link(0, (0, 0), START), 0
    async for made in _seals(tx, log):
        here = await _between(tx, log, link.after, (made["tx"], made["seq"]))
        digest = _digest(link.digest, here)
        if digest != made["digest"] or _mac(tx, log, made["number"], digest) != made["mac"]:
            return Verdict(log.key, rows, link.number, made["number"])
        link = _Link(made["number"], (made["tx"], made["seq"]), digest)
        rows += len(here)
    return Verdict(log.key, rows, link.number, None)


async def _utc(tx: Tx) -> None:
    """Make instants read the same on every server."""
    await tx.db.execute("SET LOCAL TimeZone = 'UTC'")


async def _last(tx: Tx, log: Log) -> _Link:
    row = await tx.db.fetchrow(
        "SELECT number, tx::text::bigint AS tx, seq, digest FROM kernel.seal"
        " WHERE log = $1 ORDER BY number DESC LIMIT 1",
        log.key,
    )
    if row is None:
        return _Link(0, (0, 0), START)
    return _Link(row["number"], (row["tx"], row["seq"]), row["digest"])


async def _write(tx: Tx, log: Log, last: _Link, rows: "list[Record]") -> None:
    number, digest = last.number + 1, _digest(last.digest, rows)
    await tx.db.execute(
        "INSERT INTO kernel.seal (log, number, tx, seq, rows, digest, mac, at)"
        " VALUES ($1, $2, $3::text::xid8, $4, $5, $6, $7, $8)",
        log.key,
        number,
        str(rows[-1]["tx"]),
        rows[-1]["seq"],
        len(rows),
        digest,
        _mac(tx, log, number, digest),
        tx.now,
    )


async def _seals(tx: Tx, log: Log) -> AsyncIterator["Record"]:
    number = 0
    while rows := await tx.db.fetch(
        "SELECT number, tx::text::bigint AS tx, seq, digest, mac FROM kernel.seal"
        f" WHERE log = $1 AND number > $2 ORDER BY number LIMIT {BATCH}",
        log.key,
        number,
    ):
        for row in rows:
            yield row
        number = rows[-1]["number"]


async def _between(
    tx: Tx, log: Log, after: tuple[int, int], until: tuple[int, int]
) -> "list[Record]":
    return await tx.db.fetch(
        f"""SELECT {log.row} AS body FROM {log.table}
            WHERE (tx, seq) > ($1::text::xid8, $2) AND (tx, seq) <= ($3::text::xid8, $4)
            ORDER BY tx, seq""",
        str(after[0]),
        after[1],
        str(until[0]),
        until[1],
    )


def _digest(previous: bytes, rows: "list[Record]") -> bytes:
    return sm3(previous + b"".join(sm3(row["body"].encode()) for row in rows))


def _mac(tx: Tx, log: Log, number: int, digest: bytes) -> bytes:
    return tx.keys.digest(f"seal {log.key} {number} {digest.hex()}")
