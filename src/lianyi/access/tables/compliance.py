"""Counts of what an institution has done with persons' data, for the report that an audit asks."""

from datetime import datetime

from lianyi.access.model import Cause, Desk, Purpose
from lianyi.access.model.compliance import Activity, Emergencies, Permitted, Shared
from lianyi.kernel.actor import Role
from lianyi.kernel.work import Tx

ACTIVITIES = """SELECT purpose, role, cause, app_id IS NOT NULL AS by_app,
                  count(*) FILTER (WHERE granted) AS granted,
                  count(*) FILTER (WHERE NOT granted) AS refused
                FROM access.log WHERE institution_id = $1 AND at >= $2 AND at < $3
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
SHARED = """SELECT holder_id, receiver_id, count(*) FILTER (WHERE state = 'given') AS given,
              count(*) FILTER (WHERE state = 'refused') AS refused,
              count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn
            FROM access.consent
            WHERE (holder_id = $1 OR receiver_id = $1) AND at >= $2 AND at < $3
            GROUP BY 1, 2 ORDER BY 1, 2"""
PERMITTED = """SELECT p.app_id, count(DISTINCT p.person_id) AS given,
                 count(DISTINCT p.person_id) FILTER (WHERE p.state = 'withdrawn') AS withdrawn
               FROM access.permission p JOIN access.approval a ON a.id = p.approval_id
               WHERE a.institution_id = $1 AND p.at >= $2 AND p.at < $3 GROUP BY 1 ORDER BY 1"""
EMERGENCIES = """SELECT count(*) AS all, count(*) FILTER (WHERE state = 'justified') AS justified,
                   count(*) FILTER (WHERE state = 'objected') AS objected,
                   count(*) FILTER (WHERE state = 'broken' AND at < $4) AS late
                 FROM access.glass WHERE institution_id = $1 AND at >= $2 AND at < $3"""


async def list_activities(
    tx: Tx, desk: Desk, since: datetime, until: datetime
) -> tuple[Activity, ...]:
    rows = await tx.db.fetch(ACTIVITIES, desk.institution_id, since, until)
    return tuple(
        Activity(
            Purpose(row["purpose"]),
            Role(row["role"]),
            Cause(row["cause"]),
            row["by_app"],
            row["granted"],
            row["refused"],
        )
        for row in rows
    )


async def list_shared(tx: Tx, desk: Desk, since: datetime, until: datetime) -> tuple[Shared, ...]:
    rows = await tx.db.fetch(SHARED, desk.institution_id, since, until)
    return tuple(Shared(**row) for row in rows)


async def list_permitted(
    tx: Tx, desk: Desk, since: datetime, until: datetime
) -> tuple[Permitted, ...]:
    rows = await tx.db.fetch(PERMITTED, desk.institution_id, since, until)
    return tuple(Permitted(**row) for row in rows)


async def count_emergencies(
    tx: Tx, desk: Desk, since: datetime, until: datetime, *, due_before: datetime
) -> Emergencies:
    rows = await tx.db.fetch(EMERGENCIES, desk.institution_id, since, until, due_before)
    return Emergencies(**rows[0])
