"""What a person may ask of their readers, and a reviewer of broken glass, apps and exports."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access import tables
from lianyi.access.errors import GroundGone, NoSuchExport
from lianyi.access.model import Chart, Consent, Desk, Glass, Looked, Purpose, Reading
from lianyi.access.model.apps import Approval, Permission
from lianyi.access.model.auditing import Near, Sought
from lianyi.access.model.compliance import Compliance
from lianyi.access.model.exports import Export, Fetch, Vote
from lianyi.access.tables import apps, auditing
from lianyi.access.tables import compliance as counts
from lianyi.access.tables import exports as leaving
from lianyi.kernel import profile
from lianyi.kernel.work import Tx


async def readings(
    tx: Tx, chart: Chart, *, before: int | None = None, limit: int = 50, what: str | None = None
) -> list[Reading]:
    """Return who opened the record, newest first, refused tries too (EMR-05, CAP-38).

    `what` keeps one kind of reading.
    """
    return await tables.list_readings(tx, chart, before=before, limit=limit, what=what)


async def audited(tx: Tx, chart: Chart, *, sought: Sought, limit: int) -> list[Reading]:
    """Return what `readings` tells, and when glass was broken and shut, as it is looked for."""
    return await auditing.list_audited(tx, chart, sought, limit)


async def audited_here(
    tx: Tx, desk: Desk, *, sought: Sought, near: Near, limit: int
) -> list[Reading]:
    """Return what staff and apps of the desk's institution opened, as it is looked for."""
    return await auditing.list_audited_here(tx, desk, sought, near, limit)


async def how_many_audited_here(tx: Tx, desk: Desk, *, sought: Sought, near: Near) -> int:
    return await auditing.count_audited_here(tx, desk, sought, near)


async def how_many_audited(tx: Tx, chart: Chart, *, sought: Sought) -> int:
    return await auditing.count_audited(tx, chart, sought)


async def consents(tx: Tx, chart: Chart) -> list[Consent]:
    """Return what was asked of the person and what they have given, newest first."""
    return await tables.list_consents(tx, chart)


async def consent(tx: Tx, chart: Chart, *, consent_id: UUID) -> Consent:
    """Return one consent of the chart's person.

    :raises NoSuchConsent:
    """
    return await tables.load_consent(tx, chart, consent_id)


async def own_glass(tx: Tx, chart: Chart) -> Glass | None:
    """Return the glass the acting post has broken for this person, while it lies open."""
    return await tables.find_live_glass(tx, chart)


async def glasses_of(tx: Tx, chart: Chart) -> list[Glass]:
    """Return every glass that was broken for the person, newest first, with its reason."""
    return await tables.list_glasses_of(tx, chart)


async def looked_under(
    tx: Tx, desk: Desk, *, glass_ids: Collection[UUID]
) -> dict[UUID, list[Looked]]:
    """Return what was read under glasses that the desk's institution has to review."""
    found: dict[UUID, list[Looked]] = {id: [] for id in glass_ids}
    for each in await tables.list_looked(tx, desk, glass_ids):
        found[each.glass_id].append(each)
    return found


async def glasses_to_review(tx: Tx, desk: Desk, *, limit: int = 50) -> list[Glass]:
    """Return what the institution's staff opened in an emergency, oldest first (EMR-17)."""
    return await tables.list_glasses(tx, desk, limit)


async def compliance(tx: Tx, desk: Desk, *, since: datetime, until: datetime) -> Compliance:
    """Return what the institution has done with persons' data in a span, in counts (PRI-27)."""
    span = desk, since, until
    due_before = tx.now - timedelta(hours=profile.at(tx.now)["EMR-17"])
    return Compliance(
        activities=await counts.list_activities(tx, *span),
        shared=await counts.list_shared(tx, *span),
        permitted=await counts.list_permitted(tx, *span),
        emergencies=await counts.count_emergencies(tx, *span, due_before=due_before),
    )


async def approvals(tx: Tx) -> list[Approval]:
    """Return what the acting institution was asked and has said of apps, newest first."""
    return await apps.list_approvals(tx)


async def live_approvals(tx: Tx, *, app_ids: Sequence[UUID]) -> dict[UUID, list[Approval]]:
    """Return by whom apps are approved now, the latest first: what companies and people may know.

    An app that nobody has approved has an empty list.
    """
    found: dict[UUID, list[Approval]] = {id: [] for id in app_ids}
    for each in await apps.list_live_approvals(tx, app_ids):
        found[each.app_id].append(each)
    return found


async def approvals_by_id(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Approval]:
    """Return approvals of any institution, ended or not: what permissions rest on."""
    return {one.id: one for one in await apps.find_approvals(tx, ids)}


async def approved_here(tx: Tx, *, purpose: Purpose) -> list[Approval]:
    """Return what the acting institution has approved for a purpose and not ended, newest first."""
    return await apps.list_approved_here(tx, purpose)


async def open_to_app(
    tx: Tx, desk: Desk, *, app_id: UUID, person_ids: Sequence[UUID]
) -> list[UUID]:
    """Return those of the given persons whom an app may hear of at this desk, in their order.

    PRI-04: who has taken back what they had permitted it is not among them.
    """
    return await apps.list_open_to(tx, desk, app_id, person_ids)


async def permissions(tx: Tx, chart: Chart) -> list[Permission]:
    """Return what the person has let apps read, ended or not, newest first."""
    return await apps.list_permissions(tx, chart)


async def live_permission(tx: Tx, chart: Chart, *, app_id: UUID) -> Permission | None:
    """Return what an app may read of the person now, as the person and an institution say."""
    return await apps.find_live_permission(tx, chart, app_id)


async def exports(tx: Tx) -> list[Export]:
    """Return what apps have asked to take from the acting institution in bulk, newest first."""
    return await leaving.list_here(tx)


async def exports_by_id(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Export]:
    """Return exports of any institution: what lines of the log speak of."""
    return {one.id: one for one in await leaving.list_by_id(tx, ids)}


async def own_export(tx: Tx, *, export_id: UUID) -> Export:
    """Return an export of the acting app, whose ground must be there still.

    :raises NoSuchExport: also another app's, or of another institution.
    :raises GroundGone:
    """
    found = await leaving.load(tx, export_id)
    if found.app_id != tx.actor.app_id:
        raise NoSuchExport(id=export_id)
    if not await leaving.is_live(tx, found.approval_id):
        raise GroundGone
    return found


async def votes(tx: Tx, *, ids: Collection[UUID]) -> dict[UUID, list[Vote]]:
    """Return who has agreed to exports, the first first."""
    found: dict[UUID, list[Vote]] = {id: [] for id in ids}
    for each in await leaving.list_votes(tx, ids):
        found[each.export_id].append(each)
    return found


async def fetches(tx: Tx, *, ids: Collection[UUID]) -> dict[UUID, list[Fetch]]:
    """Return when files of exports were fetched, the last first."""
    found: dict[UUID, list[Fetch]] = {id: [] for id in ids}
    for each in await leaving.list_fetches(tx, ids):
        found[each.export_id].append(each)
    return found


async def next_export(tx: Tx) -> Export | None:
    """Return the running export that has waited longest."""
    return await leaving.find_next(tx)


async def is_settled(tx: Tx, *, export_id: UUID) -> bool:
    """Return whether nothing can still come that is from before the instant an export is of."""
    return await leaving.is_settled(tx, export_id)


async def untidy_exports(tx: Tx) -> list[UUID]:
    """Return exports that are over and may still lie on the disk."""
    return await leaving.list_untidy(tx)


async def is_agreed(tx: Tx, *, types: Collection[str]) -> bool:
    """Return whether two have agreed that the acting app takes all of some types (PRI-28)."""
    return await leaving.is_agreed(tx, types)
