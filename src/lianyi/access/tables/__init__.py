"""Every statement access sends to the database. Private to this package."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.errors import NoSuchConsent, NoSuchGlass
from lianyi.access.model import (
    Cause,
    Chart,
    Consent,
    ConsentState,
    Desk,
    Glass,
    GlassState,
    Ground,
    Looked,
    Mandate,
    Purpose,
    Reading,
    Scope,
    Sensitive,
    Share,
)
from lianyi.kernel import bulk
from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

LOG = """INSERT INTO access.log (at, post_id, reader_id, institution_id, role, person_ids, purpose,
           granted, cause, what, request_id, app_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
# The same as a part of a statement, which says itself where.
TOLD = """INSERT INTO access.log (at, post_id, reader_id, institution_id, role, person_ids, purpose,
            granted, cause, what, request_id, app_id)
          SELECT $1::timestamptz, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::uuid[], $7::text,
            $8::bool, $9::text, $10::text, $11::text, $12::uuid"""
# The same of the owners in `shown`, apart from those given in their place.
SHOWN = "array_agg(DISTINCT owner)"
OF_SHOWN = " FROM shown WHERE owner <> ALL ($6::uuid[]) HAVING count(*) > 0"
# Every live reason for which this hat might see this person, in one statement.
GROUNDS = """SELECT 'relation' AS cause, NULL::uuid AS holder_id, NULL::timestamptz AS since,
               NULL::timestamptz AS until, '{}'::text[] AS scopes, '{}'::text[] AS classes
             WHERE EXISTS (SELECT FROM access.relation
               WHERE person_id = $1 AND institution_id = $2 AND role = $3
                 AND ended_at IS NULL AND (until IS NULL OR until > $6))
             UNION ALL
             SELECT 'break_glass', NULL, NULL, NULL, '{}', '{}' FROM access.glass
             WHERE person_id = $1 AND post_id = $4 AND until > $6
             UNION ALL
             SELECT 'mandate', NULL, NULL, NULL, scopes, classes FROM access.mandate
             WHERE subject_id = $1 AND holder_id = $5
               AND ended_at IS NULL AND (until IS NULL OR until > $6)
             UNION ALL
             SELECT 'consent', holder_id, covers_since, covers_until, '{}', classes
             FROM access.consent
             WHERE person_id = $1 AND receiver_id = $2 AND purpose = $7 AND state = 'given'
               AND expires_at > $6"""
# Grounds with a text that is another one as soon as anything about them is, and the question.
HELD = """WITH g AS MATERIALIZED ({grounds})
          SELECT g.*, (SELECT string_agg(g::text, ' ' ORDER BY g::text) FROM g) AS held FROM g"""
STILL = """(SELECT string_agg(g::text, ' ' ORDER BY g::text) FROM ({grounds}) AS g) = ${last}"""
# The same of an app: the roles whose relations it goes by, what the institution has approved, what
# the person lets it read. No consent between institutions and no broken glass is a company's.
APP_GROUNDS = """SELECT 'relation' AS cause, NULL::uuid AS holder_id, NULL::timestamptz AS since,
                   NULL::timestamptz AS until, '{}'::text[] AS scopes, '{}'::text[] AS classes
                 WHERE EXISTS (SELECT FROM access.relation
                   WHERE person_id = $1 AND institution_id = $2 AND role = ANY ($3::text[])
                     AND ended_at IS NULL AND (until IS NULL OR until > $6))
                 UNION ALL
                 SELECT 'mandate', NULL, NULL, NULL, scopes, classes FROM access.mandate
                 WHERE subject_id = $1 AND holder_id = $4
                   AND ended_at IS NULL AND (until IS NULL OR until > $6)
                 UNION ALL
                 SELECT 'approval', institution_id, NULL, NULL, '{}', '{}' FROM access.approval
                 WHERE app_id = $5 AND institution_id = $2 AND purpose = $7
                   AND state = 'approved' AND until > $6
                 UNION ALL
                 SELECT 'permission', a.institution_id, NULL, NULL, '{}', p.classes
                 FROM access.permission p JOIN access.approval a ON a.id = p.approval_id
                 WHERE p.person_id = $1 AND p.app_id = $5 AND p.state = 'given' AND p.until > $6
                   AND a.purpose = $7 AND a.state = 'approved' AND a.until > $6
                 UNION ALL
                 SELECT 'objection', NULL, NULL, NULL, '{}', '{}' FROM access.permission
                 WHERE person_id = $1 AND app_id = $5 AND state = 'withdrawn'"""
ASKED = """SELECT count(*) FILTER (WHERE NOT granted AND at > $3) AS missed, count(*) AS asked
           FROM access.log
           WHERE institution_id = $1 AND app_id = $2 AND what = 'fhir_match' AND at > $4"""
OPEN_RELATION = """INSERT INTO access.relation
                     (person_id, institution_id, role, cause_id, opened_at, until)
                   SELECT $1, $2, role, $4, $5, $6 FROM unnest($3::text[]) AS role
                   ON CONFLICT (cause_id, person_id, institution_id, role) DO UPDATE
                   SET ended_at = NULL, until = excluded.until"""
# The same for the rows of another statement's change, which tell whom, where and how long.
RELATE = """INSERT INTO access.relation
              (person_id, institution_id, role, cause_id, opened_at, until)
            SELECT person_id, institution_id, role, id, moment, ends_at + {known_for}::interval
            FROM {row}, unnest({roles}::text[]) AS role
            ON CONFLICT (cause_id, person_id, institution_id, role) DO UPDATE
            SET ended_at = NULL, until = excluded.until"""
END_RELATION = """UPDATE access.relation SET ended_at = $2
                  WHERE cause_id = $1 AND ended_at IS NULL
                    AND ($3::text[] IS NULL OR role = ANY ($3))"""
EMPOWER = """INSERT INTO access.mandate
               (cause_id, holder_id, subject_id, scopes, classes, since, until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (cause_id) DO UPDATE
             SET scopes = excluded.scopes, classes = excluded.classes, until = excluded.until
             WHERE mandate.holder_id = excluded.holder_id
               AND mandate.subject_id = excluded.subject_id AND mandate.ended_at IS NULL"""
LOAD_CONSENT = "SELECT * FROM access.consent WHERE id = $1 AND person_id = $2"
LOAD_GLASS = "SELECT * FROM access.glass WHERE id = $1"
LIST_CONSENTS = "SELECT * FROM access.consent WHERE person_id = $1 ORDER BY at DESC, id LIMIT 200"
LIVE_GLASS = """SELECT * FROM access.glass WHERE person_id = $1 AND post_id = $2 AND until > $3
                ORDER BY until DESC LIMIT 1"""
LIST_GLASSES = """SELECT * FROM access.glass WHERE institution_id = $1 AND state = 'broken'
                  ORDER BY at LIMIT $2"""
GLASSES_OF = "SELECT * FROM access.glass WHERE person_id = $1 ORDER BY at DESC, id LIMIT 200"
LOOKED = """SELECT g.id AS glass_id, l.what, count(*) AS times
            FROM access.glass g JOIN access.log l ON l.person_ids @> ARRAY[g.person_id]
              AND l.post_id = g.post_id AND l.cause = 'break_glass'
              AND l.at >= g.at AND l.at < g.until
            WHERE g.id = ANY ($1) AND g.institution_id = $2
            GROUP BY g.id, l.what ORDER BY g.id, times DESC, l.what"""
LAST_REFUSAL = """SELECT max(answered_at) FROM access.consent
                  WHERE person_id = $1 AND receiver_id = $2 AND holder_id = $3
                    AND state = 'refused'"""
# The person's own visits, unless an app made them, and what the platform itself does for them
# (sending a message) are left out here, not in the log.
READINGS = """SELECT seq, at, post_id, reader_id, institution_id, role, purpose, granted, cause,
                what, app_id, request_id
              FROM access.log
              WHERE person_ids @> ARRAY[$1::uuid] AND ($2::bigint IS NULL OR seq < $2)
                AND (reader_id <> $1 OR app_id IS NOT NULL)
                AND (role <> 'system' OR what = 'import')
                AND ($4::text IS NULL OR what = $4)
              ORDER BY seq DESC LIMIT $3"""


def log(
    tx: Tx, person_ids: list[UUID], purpose: Purpose, *, granted: bool, cause: Cause, what: str
) -> None:
    """Have the access written down, whether or not it is granted."""
    tx.witness(LOG, *_line(tx.actor, tx.now, person_ids, (purpose, granted, cause, what)))


def telling(at: Moment, chart: Chart, what: str) -> Statement:
    """Return the part of a statement that writes down its look into a chart."""
    told = (chart.purpose, True, chart.cause, what)
    return TOLD, _line(at.actor, at.now, [chart.person_id], told)


def telling_of(
    at: Moment, desk: Desk, cause: Cause, what: str, nobody: Sequence[UUID]
) -> Statement:
    """Return the part that writes down whom a desk's answer shows: the owners in `shown`."""
    told = (desk.purpose, True, cause, what)
    sql = TOLD.replace("$6::uuid[]", SHOWN) + OF_SHOWN
    return sql, _line(at.actor, at.now, list(nobody), told)


def _line(
    who: Actor, at: datetime, person_ids: list[UUID], told: tuple[object, ...]
) -> tuple[object, ...]:
    hat = (who.post_id, who.person_id, who.institution_id, who.role)
    return (at, *hat, person_ids, *told, who.request_id, who.app_id)


def grounds(at: Moment, person_id: UUID, purpose: Purpose) -> Statement:
    """Return what asks for every live reason of the acting hat."""
    who = at.actor
    hat = (who.institution_id, who.role, who.post_id, who.person_id)
    return GROUNDS, (person_id, *hat, at.now, purpose)


def app_grounds(at: Moment, person_id: UUID, purpose: Purpose, roles: Sequence[Role]) -> Statement:
    """Return the same of an app, which goes by the relations of `roles`."""
    who = at.actor
    hat = (who.institution_id, list(roles), who.person_id, who.app_id)
    return APP_GROUNDS, (person_id, *hat, at.now, purpose)


async def list_grounds(tx: Tx, asked: Statement) -> list[Ground]:
    sql, values = asked
    return [_ground(row) for row in await tx.db.fetch(sql, *values)]


async def list_held(tx: Tx, asked: Statement) -> tuple[list[Ground], str]:
    """Return grounds, and the text by which `still` knows them again."""
    sql, values = asked
    rows = await tx.db.fetch(HELD.format(grounds=sql), *values)
    return [_ground(row) for row in rows], rows[0]["held"] if rows else ""


def still(asked: Statement, held: str) -> Statement:
    """Return the part of a WHERE that holds while there are these grounds and no others."""
    sql, values = asked
    return STILL.format(grounds=sql, last=len(values) + 1), (*values, held)


async def count_asked(tx: Tx, *, hour: datetime, day: datetime) -> tuple[int, int]:
    """Return how often the app has asked for numbers here: in vain since an hour, in a day."""
    who = tx.actor
    row = await tx.db.fetchrow(ASKED, who.institution_id, who.app_id, hour, day)
    assert row is not None  # noqa: S101 - a count has a row
    return row["missed"], row["asked"]


async def list_persons(tx: Tx, desk: Desk, limit: int) -> tuple[UUID, ...]:
    ids = f"SELECT DISTINCT id FROM ({desk.ids(1)}) AS of (id) LIMIT {int(limit)}"
    return tuple(await tx.db.fetchval(f"SELECT ARRAY({ids})", *desk.args))  # a row each takes long


async def open_relation(
    tx: Tx,
    *,
    person_id: UUID,
    institution_id: UUID,
    roles: frozenset[Role],
    cause_id: UUID,
    until: datetime | None,
) -> None:
    await tx.db.execute(
        OPEN_RELATION, person_id, institution_id, sorted(roles), cause_id, tx.now, until
    )


async def end_relation(tx: Tx, cause_id: UUID, roles: frozenset[Role] | None) -> None:
    await tx.db.execute(END_RELATION, cause_id, tx.now, roles and sorted(roles))


async def empower(tx: Tx, mandate: Mandate) -> None:
    await tx.db.execute(
        EMPOWER,
        mandate.cause_id,
        mandate.holder_id,
        mandate.subject_id,
        sorted(mandate.scopes),
        sorted(mandate.classes),
        tx.now,
        mandate.until,
    )


async def copy_mandates(tx: Tx, mandates: Sequence[Mandate]) -> None:
    rows = [
        {
            "cause_id": mandate.cause_id,
            "holder_id": mandate.holder_id,
            "subject_id": mandate.subject_id,
            "scopes": sorted(mandate.scopes),
            "classes": sorted(mandate.classes),
            "since": tx.now,
            "until": mandate.until,
        }
        for mandate in mandates
    ]
    await bulk.copy(tx.db, "access.mandate", rows)


async def end_mandate(tx: Tx, cause_id: UUID) -> None:
    await tx.db.execute(
        "UPDATE access.mandate SET ended_at = $2 WHERE cause_id = $1 AND ended_at IS NULL",
        cause_id,
        tx.now,
    )


async def end_mandates_of(tx: Tx, person_id: UUID) -> None:
    await tx.db.execute(
        "UPDATE access.mandate SET ended_at = $2"
        " WHERE (holder_id = $1 OR subject_id = $1) AND ended_at IS NULL",
        person_id,
        tx.now,
    )


def consent_row(person_id: UUID, share: Share, at: datetime) -> dict[str, object]:
    return {
        "person_id": person_id,
        "holder_id": share.holder_id,
        "receiver_id": share.receiver_id,
        "purpose": share.purpose,
        "covers_since": share.covers_since,
        "covers_until": share.covers_until,
        "classes": sorted(share.classes),
        "expires_at": share.expires_at,
        "at": at,
    }


async def load_consent(tx: Tx, chart: Chart, id: UUID) -> Consent:
    row = await tx.db.fetchrow(LOAD_CONSENT, id, chart.person_id)
    if row is None:
        raise NoSuchConsent(id=id)
    return _consent(row)


async def answered(tx: Tx, id: UUID) -> None:
    await tx.db.execute("UPDATE access.consent SET answered_at = $2 WHERE id = $1", id, tx.now)


async def list_consents(tx: Tx, chart: Chart) -> list[Consent]:
    return [_consent(row) for row in await tx.db.fetch(LIST_CONSENTS, chart.person_id)]


async def find_last_refusal(tx: Tx, person_id: UUID, share: Share) -> datetime | None:
    at: datetime | None = await tx.db.fetchval(
        LAST_REFUSAL, person_id, share.receiver_id, share.holder_id
    )
    return at


async def load_glass(tx: Tx, id: UUID) -> Glass:
    row = await tx.db.fetchrow(LOAD_GLASS, id)
    if row is None:
        raise NoSuchGlass(id=id)
    return _glass(row)


async def find_live_glass(tx: Tx, chart: Chart) -> Glass | None:
    row = await tx.db.fetchrow(LIVE_GLASS, chart.person_id, tx.actor.post_id, tx.now)
    return None if row is None else _glass(row)


async def list_glasses(tx: Tx, desk: Desk, limit: int) -> list[Glass]:
    return [_glass(row) for row in await tx.db.fetch(LIST_GLASSES, desk.institution_id, limit)]


async def list_glasses_of(tx: Tx, chart: Chart) -> list[Glass]:
    return [_glass(row) for row in await tx.db.fetch(GLASSES_OF, chart.person_id)]


async def list_looked(tx: Tx, desk: Desk, glass_ids: Collection[UUID]) -> list[Looked]:
    rows = await tx.db.fetch(LOOKED, list(glass_ids), desk.institution_id)
    return [Looked(**row) for row in rows]


async def list_readings(
    tx: Tx, chart: Chart, *, before: int | None, limit: int, what: str | None
) -> list[Reading]:
    rows = await tx.db.fetch(READINGS, chart.person_id, before, limit, what)
    return [_reading(row) for row in rows]


def _ground(row: "Record") -> Ground:
    return Ground(
        Cause(row["cause"]),
        row["holder_id"],
        row["since"],
        row["until"],
        frozenset(Scope(scope) for scope in row["scopes"]),
        _classes(row),
    )


def _consent(row: "Record") -> Consent:
    share = Share(
        holder_id=row["holder_id"],
        receiver_id=row["receiver_id"],
        purpose=Purpose(row["purpose"]),
        expires_at=row["expires_at"],
        covers_since=row["covers_since"],
        covers_until=row["covers_until"],
        classes=_classes(row),
    )
    return Consent(row["id"], row["person_id"], ConsentState(row["state"]), row["at"], share)


def _glass(row: "Record") -> Glass:
    return Glass(**{**row, "state": GlassState(row["state"])})


def _reading(row: "Record") -> Reading:
    return Reading(
        **{
            **row,
            "role": Role(row["role"]),
            "purpose": Purpose(row["purpose"]),
            "cause": Cause(row["cause"]),
        }
    )


def _classes(row: "Record") -> frozenset[Sensitive]:
    return frozenset(Sensitive(name) for name in row["classes"])
