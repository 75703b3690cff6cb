"""Every statement about subscriptions, and what of the record is to be told to them.

What happened is read from the log of versions and of releases, by snapshots: whatever the last one
had not seen is new, so that nothing is missed that committed late, and writers do nothing for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel import profile
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.work import Tx
from lianyi.records.fhir.terms import Search
from lianyi.records.model import PUBLIC
from lianyi.records.model.subscriptions import (
    Channel,
    Content,
    Listed,
    Notice,
    Subscription,
    SubscriptionState,
    Window,
)
from lianyi.records.tables.terms import Values, clause

if TYPE_CHECKING:
    from asyncpg import Record

# Of the same app in the same hat; a service's post is an approval, which may be another by now.
OWN = """app_id = $1 AND institution_id = $2 AND person_id = $3 AND role = $4
         AND for_person_id IS NOT DISTINCT FROM $5 AND state <> 'removed'"""
FIND_OWN = f"SELECT * FROM records.subscription WHERE {OWN} ORDER BY id LIMIT 200"
LOCK = "SELECT * FROM records.subscription WHERE id = $1 FOR UPDATE"
FIND = "SELECT * FROM records.subscription WHERE id = $1"
CHANGE = """UPDATE records.subscription SET version = version + 1, at = $2, body = $3, type = $4,
              criteria = $5, about = $6, base = $7, channel = $8, endpoint = $9, header = $10,
              content = $11, bundled = $12, until = $13, post_id = $14, scopes = $15,
              approval_id = $16
            WHERE id = $1"""
STARTED = """UPDATE records.subscription SET version = version + 1, at = $2, tries = 0,
               trouble = $4, born = CASE WHEN $3 THEN pg_current_snapshot() ELSE born END
             WHERE id = $1"""
# Who goes off again before it has caught up goes on from where it went off first.
LEAVE = """UPDATE records.subscription SET left_off_at = coalesce(left_off_at, $2),
             left_off = coalesce(left_off, $3::text::pg_snapshot,
               (SELECT seen FROM records.heard WHERE one))
           WHERE id = $1"""
CAUGHT_UP = "UPDATE records.subscription SET left_off = NULL, left_off_at = NULL WHERE id = $1"
BEHIND = """SELECT id, left_off::text AS since FROM records.subscription
            WHERE left_off IS NOT NULL AND state IN ('active', 'error') ORDER BY id"""
SAY = """UPDATE records.subscription SET version = version + 1, at = $2, trouble = $3
         WHERE id = $1"""
UNDER_WAY = "UPDATE records.subscription SET under_way = $2 WHERE id = $1"
TRIED = "UPDATE records.subscription SET tries = tries + 1, trouble = $2 WHERE id = $1"
BIND = "UPDATE records.subscription SET binding = $2, binding_until = $3 WHERE id = $1"
UNBIND = """UPDATE records.subscription SET binding = NULL, binding_until = NULL
            WHERE binding = $1 AND binding_until > $2 RETURNING id"""
RESTING = """SELECT id FROM records.subscription
             WHERE state IN ('requested', 'active', 'error') AND approval_id = $1 ORDER BY id"""
LENT = """SELECT id FROM records.subscription
          WHERE person_id = $1 AND app_id = $2 AND for_person_id IS NULL
            AND state IN ('requested', 'active', 'error')
          UNION
          SELECT id FROM records.subscription
          WHERE for_person_id = $1 AND app_id = $2 AND state IN ('requested', 'active', 'error')
          ORDER BY id"""
LISTED = """SELECT s.id, s.state, s.app_id, s.approval_id, s.type, s.channel, s.until, s.told,
              s.told_at, s.tries, s.trouble,
              (SELECT count(*) FROM records.notice n
               WHERE n.subscription_id = s.id AND n.done_at IS NULL) AS waiting
            FROM records.subscription s
            WHERE s.{whose} = $1 AND s.state <> 'removed' ORDER BY s.id DESC LIMIT 200"""
LISTED_HERE = LISTED.format(whose="institution_id")
LISTED_OF = LISTED.format(whose="about")
HIDE = "UPDATE records.notice SET done_at = $2, hidden = true WHERE n = ANY ($1::bigint[])"
TELL = "UPDATE records.notice SET told_at = $2 WHERE n = ANY ($1::bigint[]) AND told_at IS NULL"
ARRIVED = """
WITH done AS (UPDATE records.notice SET done_at = $3
              WHERE subscription_id = $1 AND n <= $2 AND done_at IS NULL RETURNING n)
UPDATE records.subscription s
SET told = told + (SELECT count(*) FROM done), told_at = $3, tries = 0,
  trouble = CASE WHEN trouble LIKE 'missed %' THEN trouble ELSE '' END
WHERE id = $1 AND EXISTS (SELECT FROM done)"""
AHEAD = """SELECT count(*) FROM records.notice
           WHERE subscription_id = $1 AND done_at IS NULL AND n <= $2"""
IS_WAITING = """SELECT EXISTS (SELECT FROM records.notice
                  WHERE subscription_id = $1 AND done_at IS NULL)"""

# What a snapshot had not seen: transactions that ran then, and all that began later.
_LATER = "{row}.tx >= pg_snapshot_xmax({since})"
_RUNNING = "{row}.tx = ANY (ARRAY(SELECT pg_snapshot_xip({since})))"
_UNSEEN = f"({_LATER} OR {_RUNNING})"
# Each asked for by itself: whether there is either of two things would be looked for row by row.
_ANY = f"""EXISTS (SELECT FROM {{table}} AS r WHERE {_LATER.format(row="r", since="h.seen")})
  OR EXISTS (SELECT FROM {{table}} AS r WHERE {_RUNNING.format(row="r", since="h.seen")})"""
NEWS = f"""
SELECT h.seen::text AS since, pg_current_snapshot()::text AS till FROM records.heard h
WHERE h.one AND (
  {_ANY.format(table="records.version")}
  OR {_ANY.format(table="records.release")}
  OR EXISTS (SELECT FROM records.subscription
             WHERE left_off IS NOT NULL AND state IN ('active', 'error')))"""
HEARD = """UPDATE records.heard SET seen = $2::text::pg_snapshot WHERE one AND seen::text = $1
           RETURNING true"""
# A version as it was written, or the one that was let out: what is let out later than written.
_FRESH = """
(SELECT v.type, v.fhir_id, v.version, v.tx, 0 AS kind, v.seq FROM records.version v
 WHERE {version} AND pg_visible_in_snapshot(v.tx, {till})
 UNION ALL
 SELECT l.type, l.fhir_id, l.version, l.tx, 1, l.seq FROM records.release l
 JOIN records.resource c ON (c.type, c.fhir_id, c.version) = (l.type, l.fhir_id, l.version)
 WHERE {release} AND pg_visible_in_snapshot(l.tx, {till}))"""


def _fresh(since: str, till: str) -> str:
    since, till = f"{since}::text::pg_snapshot", f"{till}::text::pg_snapshot"
    version, release = (_UNSEEN.format(row=row, since=since) for row in ("v", "l"))
    return _FRESH.format(version=version, release=release, till=till)


# Whom it may concern, before any door is asked: of this type, of this person or of this house.
CONCERNED = f"""
SELECT DISTINCT s.id FROM {_fresh("$1", "$2")} e
JOIN records.resource r ON (r.type, r.fhir_id) = (e.type, e.fhir_id)
JOIN records.subscription s ON s.type = e.type AND s.state IN ('active', 'error')
  AND s.left_off IS NULL
WHERE r.owner IN (s.about, '{PUBLIC}') OR (s.about IS NULL AND r.holder_id = s.institution_id)
ORDER BY s.id"""
# Where a resource was deleted or entered in error, what it was before answers for it.
_JOINED = """
JOIN records.version v ON (v.type, v.fhir_id, v.version) = (e.type, e.fhir_id, e.version)
JOIN records.resource r ON (r.type, r.fhir_id) = (e.type, e.fhir_id)
LEFT JOIN records.version p ON (p.type, p.fhir_id, p.version) = (e.type, e.fhir_id, e.version - 1)
  AND (v.body = '' OR (v.version = r.version AND r.in_error))"""


def row_of(one: Subscription) -> dict[str, object]:
    """Return the columns of a new subscription, apart from its id and its state."""
    hat = one.hat
    return {
        "person_id": hat.person_id,
        "institution_id": hat.institution_id,
        "role": hat.role,
        "for_person_id": hat.for_person_id,
        "app_id": hat.app_id,
        "version": one.version,
        **_changing(one),
    }


def _changing(one: Subscription) -> dict[str, object]:
    """Return what another request of its app may change."""
    return {
        "at": one.at,
        "body": one.body,
        "type": one.type,
        "criteria": one.criteria,
        "about": one.about,
        "base": one.base,
        "channel": one.channel,
        "endpoint": one.endpoint,
        "header": one.header,
        "content": one.content,
        "bundled": one.bundled,
        "until": one.until,
        "post_id": one.hat.post_id,
        "scopes": list(one.hat.scopes),
        "approval_id": one.approval_id,
    }


async def change(tx: Tx, one: Subscription) -> None:
    await tx.db.execute(CHANGE, one.id, *_changing(one).values())


async def started(tx: Tx, id: UUID, *, anew: bool, trouble: str) -> None:
    """Begin to tell; `anew`: what happened while it was off is not told, which is a `trouble`."""
    await tx.db.execute(STARTED, id, tx.now, anew, trouble)


async def leave(tx: Tx, id: UUID, heard: str | None) -> None:
    """Note how far it was told: through a snapshot, or through all that has been listened to."""
    await tx.db.execute(LEAVE, id, tx.now, heard)


async def caught_up(tx: Tx, id: UUID) -> None:
    await tx.db.execute(CAUGHT_UP, id)


async def list_behind(tx: Tx) -> dict[UUID, str]:
    """Return which go on after they were off, each with what it had been told through."""
    return {row["id"]: row["since"] for row in await tx.db.fetch(BEHIND)}


async def say(tx: Tx, id: UUID, trouble: str) -> None:
    await tx.db.execute(SAY, id, tx.now, trouble)


async def set_under_way(tx: Tx, id: UUID, *, under_way: bool) -> None:
    await tx.db.execute(UNDER_WAY, id, under_way)


async def tried(tx: Tx, id: UUID, trouble: str) -> None:
    await tx.db.execute(TRIED, id, trouble)


async def bind(tx: Tx, id: UUID, digest: bytes, until: datetime) -> None:
    await tx.db.execute(BIND, id, digest, until)


async def unbind(tx: Tx, digest: bytes) -> UUID | None:
    """Use a token up and return what it was for."""
    id: UUID | None = await tx.db.fetchval(UNBIND, digest, tx.now)
    return id


async def find(tx: Tx, id: UUID) -> Subscription | None:
    row = await tx.db.fetchrow(FIND, id)
    return None if row is None else _subscription(row)


async def lock(tx: Tx, id: UUID) -> Subscription | None:
    """Return it, kept still."""
    row = await tx.db.fetchrow(LOCK, id)
    return None if row is None else _subscription(row)


async def list_own(tx: Tx) -> list[Subscription]:
    who = tx.actor
    own = (who.app_id, who.institution_id, who.person_id, who.role, who.for_person_id)
    return [_subscription(row) for row in await tx.db.fetch(FIND_OWN, *own)]


async def list_here(tx: Tx) -> list[Listed]:
    return [_listed(row) for row in await tx.db.fetch(LISTED_HERE, tx.actor.institution_id)]


async def list_about(tx: Tx, chart: Chart) -> list[Listed]:
    return [_listed(row) for row in await tx.db.fetch(LISTED_OF, chart.person_id)]


async def list_resting(tx: Tx, approval_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(RESTING, approval_id)]


async def list_lent(tx: Tx, person_id: UUID, app_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(LENT, person_id, app_id)]


async def news(tx: Tx) -> Window | None:
    """Return since when something happened that nobody has listened to; None: nothing did."""
    row = await tx.db.fetchrow(NEWS)
    return None if row is None else Window(**row)


async def heard(tx: Tx, window: Window) -> bool:
    """Note how far was listened; False: somebody else has just done so."""
    return bool(await tx.db.fetchval(HEARD, *window))


async def list_concerned(tx: Tx, window: Window) -> list[UUID]:
    return [row["id"] for row in await tx.db.fetch(CONCERNED, *window)]


async def collect(
    tx: Tx, reach: Chart | Desk, one: Subscription, search: Search, window: Window, *, most: int = 0
) -> int:
    """Keep what happened, answers the criteria and may be seen, in its order; return how many.

    With `most`, no more than one beyond it.
    """
    values = Values(reach, profile.at(tx.now).zone)
    since, till, me = values.put(window.since), values.put(window.till), values.put(one.id)
    born = f"(SELECT born FROM records.subscription WHERE id = {me})"
    where = [
        f"e.type = {values.put(one.type)}",
        f"NOT pg_visible_in_snapshot(e.tx, {born})",
        values.admitted("r", version="v"),
        _either(_asked("v", search, values), _asked("p", search, values)),
    ]
    sql = f"""INSERT INTO records.notice (subscription_id, type, fhir_id, version, owner, at)
              SELECT {me}, e.type, e.fhir_id, e.version, r.owner, {values.put(tx.now)}
              FROM {_fresh(since, till)} e {_JOINED}
              WHERE {" AND ".join(where)} ORDER BY e.kind, e.seq
              LIMIT {most + 1 if most else "ALL"}
              ON CONFLICT DO NOTHING"""
    await tx.db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    return int((await tx.db.execute(sql, *values.args)).rpartition(" ")[2])


async def list_waiting(
    tx: Tx, reach: Chart | Desk, one: Subscription, *, after: int, limit: int
) -> tuple[list[Notice], list[int]]:
    """Return the next that are to be told, and which of them the reader may not see any more."""
    values = Values(reach, profile.at(tx.now).zone)
    shown = [values.admitted("r", version="v"), _either(values.kept("v"), values.kept("p"))]
    first = f"""SELECT * FROM records.notice WHERE subscription_id = {values.put(one.id)}
                AND done_at IS NULL AND n > {values.put(after)} ORDER BY n LIMIT {int(limit)}"""
    sql = f"""SELECT e.n, e.type, e.fhir_id, e.version, e.owner, e.told_at, v.at, v.body,
                coalesce({" AND ".join(shown)}, false) AS shown
              FROM ({first}) e {_JOINED} ORDER BY e.n"""
    await tx.db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await tx.db.fetch(sql, *values.args)
    hidden = [row["n"] for row in rows if not row["shown"]]
    shown_rows = [row for row in rows if row["shown"]]
    before = one.told + (await tx.db.fetchval(AHEAD, one.id, after) if after else 0)
    return [_notice(row, before + n) for n, row in enumerate(shown_rows, start=1)], hidden


def _asked(row: str, search: Search, values: Values) -> str:
    asked = (clause(one, search.type, row, values) for one in search.terms)
    return " AND ".join([values.kept(row), *asked])


def _either(of_itself: str, of_the_one_before: str) -> str:
    return f"""(v.body <> '' AND {of_itself}
                OR p.version IS NOT NULL AND {of_the_one_before})"""


async def hide(tx: Tx, numbers: Sequence[int]) -> None:
    await tx.db.execute(HIDE, list(numbers), tx.now)


async def tell(tx: Tx, numbers: Sequence[int]) -> None:
    await tx.db.execute(TELL, list(numbers), tx.now)


async def arrived(tx: Tx, id: UUID, through: int) -> None:
    await tx.db.execute(ARRIVED, id, through, tx.now)


async def is_waiting(tx: Tx, id: UUID) -> bool:
    return bool(await tx.db.fetchval(IS_WAITING, id))


def _notice(row: "Record", number: int) -> Notice:
    is_first = row["told_at"] is None
    names = ("n", "type", "fhir_id", "version", "owner", "at", "body")
    return Notice(**{name: row[name] for name in names}, number=number, is_first=is_first)


def _listed(row: "Record") -> Listed:
    state, channel = SubscriptionState(row["state"]), Channel(row["channel"])
    return Listed(**{**row, "state": state, "channel": channel})


def _subscription(row: "Record") -> Subscription:
    hat = Actor(
        row["person_id"],
        row["post_id"],
        row["institution_id"],
        Role(row["role"]),
        row["for_person_id"],
        row["app_id"],
        scopes=tuple(row["scopes"]),
    )
    same = ("approval_id", "version", "at", "body", "type", "criteria", "about", "base")
    counted = ("told", "told_at", "tries", "trouble", "under_way", "left_off_at")
    sent = ("endpoint", "header", "bundled", "until")
    return Subscription(
        id=row["id"],
        state=SubscriptionState(row["state"]),
        hat=hat,
        channel=Channel(row["channel"]),
        content=Content(row["content"]),
        **{name: row[name] for name in (*same, *sent, *counted)},
    )
