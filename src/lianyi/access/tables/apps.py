"""What institutions and persons have said of apps, as it is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.errors import NoSuchApproval, NoSuchPermission
from lianyi.access.model import Chart, Desk, Purpose, Sensitive
from lianyi.access.model.apps import Approval, ApprovalState, Permission, PermissionState, Terms
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

LOCK_APPROVAL = """SELECT * FROM access.approval WHERE id = $1 AND institution_id = $2
                   FOR UPDATE"""
LIST_APPROVALS = """SELECT * FROM access.approval WHERE institution_id = $1
                    ORDER BY asked_at DESC, id LIMIT 200"""
APPROVALS = "SELECT * FROM access.approval WHERE id = ANY ($1::uuid[])"
SET_TERMS = """UPDATE access.approval SET purpose = $2, scopes = $3, assessment = $4, until = $5,
                 approved_at = $6 WHERE id = $1"""
LIVE_APPROVALS = """SELECT * FROM access.approval
                    WHERE app_id = ANY ($1::uuid[]) AND state = 'approved' AND until > $2
                    ORDER BY approved_at DESC, id"""
APPROVED_HERE = """SELECT * FROM access.approval
                   WHERE institution_id = $1 AND purpose = $2 AND state = 'approved' AND until > $3
                   ORDER BY approved_at DESC, id LIMIT 50"""
LIVE_PERMISSION = """SELECT p.* FROM access.permission p
                     JOIN access.approval a ON a.id = p.approval_id
                     WHERE p.person_id = $1 AND p.app_id = $2 AND p.state = 'given'
                       AND p.until > $3 AND a.state = 'approved' AND a.until > $3"""
NOW_PERMISSION = """SELECT * FROM access.permission
                    WHERE person_id = $1 AND app_id = $2 AND state IN ('given', 'withdrawn')
                    FOR UPDATE"""
LOCK_PERMISSION = "SELECT * FROM access.permission WHERE id = $1 AND person_id = $2 FOR UPDATE"
OPEN_TO = """SELECT of.id FROM unnest($1::uuid[]) WITH ORDINALITY AS of (id, place)
             WHERE {sees} AND NOT EXISTS (SELECT FROM access.permission p
               WHERE p.app_id = $2 AND p.person_id = of.id AND p.state = 'withdrawn')
             ORDER BY of.place"""
LIST_PERMISSIONS = """SELECT * FROM access.permission WHERE person_id = $1
                      ORDER BY at DESC, id LIMIT 200"""


async def lock_approval(tx: Tx, id: UUID) -> Approval:
    """Return what the acting institution was asked or has said of an app, kept still."""
    row = await tx.db.fetchrow(LOCK_APPROVAL, id, tx.actor.institution_id)
    if row is None:
        raise NoSuchApproval(id=id)
    return _approval(row)


async def list_approvals(tx: Tx) -> list[Approval]:
    return [_approval(row) for row in await tx.db.fetch(LIST_APPROVALS, tx.actor.institution_id)]


async def find_approvals(tx: Tx, ids: Sequence[UUID]) -> list[Approval]:
    return [_approval(row) for row in await tx.db.fetch(APPROVALS, list(ids))]


async def list_live_approvals(tx: Tx, app_ids: Sequence[UUID]) -> list[Approval]:
    return [_approval(row) for row in await tx.db.fetch(LIVE_APPROVALS, list(app_ids), tx.now)]


async def list_approved_here(tx: Tx, purpose: Purpose) -> list[Approval]:
    given = (tx.actor.institution_id, purpose, tx.now)
    return [_approval(row) for row in await tx.db.fetch(APPROVED_HERE, *given)]


async def set_terms(tx: Tx, id: UUID, terms: Terms) -> None:
    given = (terms.purpose, list(terms.scopes), terms.assessment.strip(), terms.until)
    await tx.db.execute(SET_TERMS, id, *given, tx.now)


async def find_live_permission(tx: Tx, chart: Chart, app_id: UUID) -> Permission | None:
    row = await tx.db.fetchrow(LIVE_PERMISSION, chart.person_id, app_id, tx.now)
    return None if row is None else _permission(row)


async def find_permission_now(tx: Tx, chart: Chart, app_id: UUID) -> Permission | None:
    """Return the person's last word on an app, kept still, ended or not."""
    row = await tx.db.fetchrow(NOW_PERMISSION, chart.person_id, app_id)
    return None if row is None else _permission(row)


async def lock_permission(tx: Tx, chart: Chart, id: UUID) -> Permission:
    row = await tx.db.fetchrow(LOCK_PERMISSION, id, chart.person_id)
    if row is None:
        raise NoSuchPermission(id=id)
    return _permission(row)


async def list_permissions(tx: Tx, chart: Chart) -> list[Permission]:
    return [_permission(row) for row in await tx.db.fetch(LIST_PERMISSIONS, chart.person_id)]


async def list_open_to(tx: Tx, desk: Desk, app_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    sql = OPEN_TO.format(sees=desk.sees("of.id", at=3))
    rows = await tx.db.fetch(sql, list(person_ids), app_id, *desk.args)
    return [row["id"] for row in rows]


def permission_row(
    chart: Chart,
    approval: Approval,
    *,
    scopes: Sequence[str],
    classes: frozenset[Sensitive],
    at: datetime,
    until: datetime,
) -> dict[str, object]:
    return {
        "person_id": chart.person_id,
        "app_id": approval.app_id,
        "approval_id": approval.id,
        "scopes": list(scopes),
        "classes": sorted(classes),
        "at": at,
        "until": until,
    }


def _approval(row: "Record") -> Approval:
    terms = None
    if row["purpose"] is not None:
        purpose = Purpose(row["purpose"])
        terms = Terms(purpose, tuple(row["scopes"]), row["assessment"], row["until"])
    state = ApprovalState(row["state"])
    return Approval(row["id"], state, row["app_id"], row["institution_id"], row["asked_at"], terms)


def _permission(row: "Record") -> Permission:
    return Permission(
        row["id"],
        PermissionState(row["state"]),
        row["person_id"],
        row["app_id"],
        row["approval_id"],
        tuple(row["scopes"]),
        frozenset(Sensitive(name) for name in row["classes"]),
        row["at"],
        row["until"],
    )
