"""What institutions and persons say of apps: approved for a purpose, permitted, and taken back.

Whoever takes something back ends the tokens that rest on it in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from lianyi.access.errors import AskedAlready, BeyondApproval, UnsoundTerms
from lianyi.access.model import Chart, Sensitive
from lianyi.access.model.apps import Approval, Permission, PermissionState, Terms
from lianyi.access.rules import apps as rules
from lianyi.access.states import APPROVAL, PERMISSION
from lianyi.access.tables import apps as tables
from lianyi.kernel.lifecycle import advance, begin
from lianyi.kernel.work import Tx


async def ask_approval(tx: Tx, *, app_id: UUID, institution_id: UUID) -> UUID:
    """Lay an app before an institution.

    :raises AskedAlready, WrongRole:
    """
    id = tx.new_id(institution_id)
    row = {"app_id": app_id, "institution_id": institution_id, "asked_at": tx.now}
    try:
        await begin(tx, APPROVAL, id, "ask", row=row)
    except asyncpg.UniqueViolationError as trouble:
        raise AskedAlready(app_id=app_id) from trouble
    return id


async def approve(tx: Tx, *, approval_id: UUID, terms: Terms) -> Approval:
    """Let an app have what the terms say (CAP-39, PRI-11).

    :raises NoSuchApproval: also one of another institution.
    :raises UnsoundTerms, AskedAlready, WrongRole, WrongState:
    """
    found = await tables.lock_approval(tx, approval_id)
    if not rules.is_sound(terms) or terms.until <= tx.now:
        raise UnsoundTerms
    try:
        await tables.set_terms(tx, approval_id, terms)
        await advance(tx, APPROVAL, approval_id, "approve", why=terms.assessment)
    except asyncpg.UniqueViolationError as trouble:
        raise AskedAlready(app_id=found.app_id) from trouble
    return found


async def refuse(tx: Tx, *, approval_id: UUID, why: str) -> None:
    """Approve nothing. Raises NoSuchApproval, WrongRole, WrongState."""
    await tables.lock_approval(tx, approval_id)
    await advance(tx, APPROVAL, approval_id, "refuse", why=why)


async def withdraw_approval(tx: Tx, *, approval_id: UUID, why: str) -> Approval:
    """Take an approval back, effective at once. Raises as `refuse` does."""
    found = await tables.lock_approval(tx, approval_id)
    await advance(tx, APPROVAL, approval_id, "withdraw", why=why)
    return found


async def permit(
    tx: Tx,
    chart: Chart,
    *,
    approval: Approval,
    scopes: Sequence[str],
    classes: frozenset[Sensitive],
    until: datetime,
) -> UUID:
    """Let an approved app read (PRI-02, PRI-09). Needs a chart opened for CONSENT.

    What the person has said of the app before is replaced, also that it may not.

    :raises BeyondApproval, WrongRole:
    """
    terms = approval.terms
    if terms is None or not tx.now < until <= terms.until:
        raise BeyondApproval
    if not scopes or not rules.is_within(scopes, classes, terms):
        raise BeyondApproval
    await tx.alone(chart.person_id, f"app/{approval.app_id}")
    before = await tables.find_permission_now(tx, chart, approval.app_id)
    if before is not None:
        await advance(tx, PERMISSION, before.id, "replace")
    id = tx.new_id(chart.person_id)
    row = tables.permission_row(
        chart, approval, scopes=scopes, classes=classes, at=tx.now, until=until
    )
    await begin(tx, PERMISSION, id, "permit", row=row)
    return id


async def withdraw_permission(tx: Tx, chart: Chart, *, permission_id: UUID) -> Permission:
    """PRI-04: as easy as giving, and effective at once; twice is the same as once.

    :raises NoSuchPermission, WrongRole, WrongState:
    """
    found = await tables.lock_permission(tx, chart, permission_id)
    if found.state is not PermissionState.WITHDRAWN:
        await advance(tx, PERMISSION, permission_id, "withdraw")
    return found
