"""The same key and body get the first answer again; the same key with another body is refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from lianyi.kernel.actor import Actor
from lianyi.kernel.db import Db, literal
from lianyi.kernel.named import Kinds
from lianyi.kernel.refusal import Conflict

T = TypeVar("T")
KEYED: Kinds = (("once_key", "text"), ("once_fingerprint", "text"))  # columns of what is `asked`
KEY = "by_post, once_key"
FRESH = """NOT EXISTS (SELECT FROM kernel.once
             WHERE post_id = asked.by_post AND key = asked.once_key)"""


KEPT = timedelta(days=7)  # after which no browser and no program tries again
BATCH = 1000
FORGET = """DELETE FROM kernel.once WHERE (post_id, key) IN (
              SELECT post_id, key FROM kernel.once WHERE at < $1 LIMIT $2)"""


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """A key drawn with the form, a digest of what was asked, and the type of the answer."""

    key: str
    fingerprint: str
    answer: type[T]


@dataclass(eq=False)
class KeyReused(Conflict):
    key: str


def claim(actor: Actor, once: Once[T], now: datetime) -> str:
    """Return the statement that takes the key: its status is `INSERT 0 1` if the key is new.

    It waits for another transaction that holds the key.
    """
    values = (str(actor.post_id), once.key, once.fingerprint, now.isoformat())
    return (
        "INSERT INTO kernel.once (post_id, key, fingerprint, at)"
        f" VALUES ({', '.join(literal(value) for value in values)}) ON CONFLICT DO NOTHING"
    )


def keep(actor: Actor, once: Once[T], answer: T) -> str:
    """Return the statement that stores the first answer."""
    kept = literal(msgspec.json.encode(answer).decode())
    whose = f"post_id = {literal(str(actor.post_id))} AND key = {literal(once.key)}"
    return f"UPDATE kernel.once SET answer = {kept} WHERE {whose}"


def kept(row: str, columns: str) -> str:
    """Return the part of a statement that stores key and answer for each row of its change.

    The answer has the columns as fields; `row` has those of `KEYED` too, `by_post` and `moment`. A
    key that was taken meanwhile fails the statement, and all of its change with it: who was first
    is found out by the ordinary way.
    """
    return f"""INSERT INTO kernel.once (post_id, key, fingerprint, at, answer)
               SELECT by_post, once_key, once_fingerprint, moment,
                 (SELECT row_to_json(answer)::text FROM (SELECT {columns}) AS answer)
               FROM {row}"""


def marks(once: Once[T]) -> dict[str, object]:
    return {"once_key": once.key, "once_fingerprint": once.fingerprint}


async def recall(db: Db, actor: Actor, once: Once[T]) -> T:
    row = await db.fetchrow(
        "SELECT fingerprint, answer FROM kernel.once WHERE post_id = $1 AND key = $2",
        actor.post_id,
        once.key,
    )
    if row is None or row["fingerprint"] != once.fingerprint:
        raise KeyReused(key=once.key)
    return msgspec.json.decode(row["answer"], type=once.answer)


async def forget(db: Db, now: datetime) -> int:
    """Forget keys that nobody repeats any more, a batch at a time; return how many."""
    done: str = await db.execute(FORGET, now - KEPT, BATCH)
    return int(done.removeprefix("DELETE "))
