"""What leaves in bulk: asked for by a service, agreed to by two persons, run, kept, and over.

PRI-11, PRI-28: data of more persons than a profile's number, in one day, of one app, leave only
when two different administrators of the institution have said yes, each for themselves, with what
it is for and the impact assessment that was made before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access import events
from lianyi.access import service as access
from lianyi.access.errors import (
    AbroadOff,
    AgreedAlready,
    GroundGone,
    ManyExports,
    NoSuchExport,
    NoSuchPerson,
    OtherAssessment,
    UnsoundVote,
)
from lianyi.access.model import Desk, Purpose
from lianyi.access.model.exports import Export, ExportState, Wanted, log_key
from lianyi.access.model.parts import Right
from lianyi.access.rules import exports as rules
from lianyi.access.states import EXPORT
from lianyi.access.tables import exports as tables
from lianyi.kernel import profile, time, timers
from lianyi.kernel.lifecycle import advance, begin, check_role
from lianyi.kernel.work import Tx

MOST = 5  # of one app, under way or waiting
WHATS = {False: "export", True: "export_agreed"}  # what the person is told was done
TIMER = "export"


async def ask(tx: Tx, *, purpose: Purpose, wanted: Wanted) -> Export:
    """Ask for all of some types of the persons that the service sees now.

    It runs at once if they are few, counted with whom the app has taken data of today; else it
    waits for two who agree.

    :raises NoSuchPerson: one who is named is none of these.
    :raises ManyExports, WrongRole, OutOfScope:
    """
    check_role(tx, EXPORT, "ask")
    desk = await access.open_desk(tx, purpose=purpose, right=Right.SEARCH)
    await tx.alone(tx.actor.institution_id, f"export/{tx.actor.app_id}")
    if await tables.count_open(tx) >= MOST:
        raise ManyExports(most=MOST)
    id, numbers = tx.new_id(tx.actor.institution_id), profile.at(tx.now)
    day = time.day(tx.now, numbers.zone)
    persons = await tables.freeze(tx, desk, id, wanted.patients)
    if missing := await tables.find_missing(tx, id, wanted.patients):
        raise NoSuchPerson(person_id=missing)
    is_large = rules.is_large(await tables.count_taken(tx, id, day), numbers)
    due_at = tx.now + timedelta(days=numbers["PRI-28.wait"])
    row = tables.export_row(tx, wanted, purpose, persons=persons, is_large=is_large, day=day)
    verb = "ask" if is_large else "run"
    moved = events.ExportMoved(id, tx.actor.institution_id)
    await begin(tx, EXPORT, id, verb, row={**row, "due_at": due_at}, event=moved)
    if is_large:
        due = events.ExportDue(id, tx.actor.institution_id)
        await timers.set(tx, thing_id=id, name=TIMER, due_at=due_at, event=due)
    return await tables.load(tx, id)


async def approve(
    tx: Tx, *, export_id: UUID, why: str, assessment: str, abroad: bool = False
) -> Export:
    """Say yes; with the second yes it runs.

    :raises NoSuchExport: also one of another institution.
    :raises AgreedAlready, OtherAssessment, UnsoundVote, AbroadOff, GroundGone:
    :raises WrongRole, WrongState:
    """
    check_role(tx, EXPORT, "approve")
    export = await tables.lock(tx, export_id)
    votes = await tables.list_votes(tx, [export_id])
    if not rules.is_sound(why, assessment):
        raise UnsoundVote
    if abroad and not rules.may_leave(profile.at(tx.now)):
        raise AbroadOff
    if rules.has_agreed(tx.actor, votes):
        raise AgreedAlready
    if not rules.is_same_assessment(assessment, votes):
        raise OtherAssessment
    if not await tables.is_live(tx, export.approval_id):
        raise GroundGone
    await _move(tx, export, "approve", why=assessment)
    await tables.insert_vote(
        tx, export_id, len(votes) + 1, why=why.strip(), assessment=assessment.strip()
    )
    return export


async def refuse(tx: Tx, *, export_id: UUID, why: str) -> None:
    """Say no, which is the end of it. Raises NoSuchExport, WrongRole, WrongState."""
    export = await tables.lock(tx, export_id)
    await _end(tx, export, "refuse", why)


async def cancel(tx: Tx, *, export_id: UUID, why: str = "") -> None:
    """End it, files and all: by the app that asked, or by its institution.

    :raises NoSuchExport: also another app's.
    :raises WrongRole, WrongState:
    """
    export = await tables.lock(tx, export_id)
    if tx.actor.app_id not in {None, export.app_id}:
        raise NoSuchExport(id=export_id)
    await _end(tx, export, "cancel", why)


async def end_approved(tx: Tx, *, approval_id: UUID, why: str) -> None:
    """End what rests on an approval that ends."""
    for export in await tables.lock_of_approval(tx, approval_id):
        await _end(tx, export, "cancel", why)


async def expire(tx: Tx, *, export_id: UUID) -> None:
    """End what nobody has agreed to in time, or what was kept long enough; else do nothing."""
    export = await tables.lock(tx, export_id)
    waits = export.state.is_waiting or export.state is ExportState.READY
    if waits and export.due_at <= tx.now:
        await _move(tx, export, "expire")


async def open_export(tx: Tx, *, export: Export) -> Desk:
    """Return the persons a running export may still show, for its app, as a part of a WHERE.

    These are those it was agreed for, as far as the app sees each of them at this instant.

    :raises GroundGone: the approval has ended.
    """
    hat = replace(tx, actor=export.hat)
    if not await tables.is_live(tx, export.approval_id):
        raise GroundGone
    desk = await access.open_desk(hat, purpose=export.purpose, right=Right.SEARCH)
    app = desk.app and replace(desk.app, export_id=export.id)
    return replace(desk, app=app)


async def start(tx: Tx, desk: Desk, *, export: Export) -> None:
    """Set the instant that everything is as of, and tell each person (INT-06)."""
    await tables.begin(tx, export.id)
    hat = replace(tx, actor=export.hat)
    await tables.log(hat, desk, export.id, WHATS[export.is_large], log_key(export.id))


async def finish(tx: Tx, *, export: Export) -> None:
    """Let the app fetch the files for as long as they are kept.

    :raises NoSuchExport, WrongState:
    """
    until = tx.now + timedelta(hours=profile.at(tx.now)["PRI-28.files"])
    await tables.lock(tx, export.id)
    await tables.keep_until(tx, export.id, until)
    await _move(tx, export, "finish")
    due = events.ExportDue(export.id, export.institution_id)
    await timers.set(tx, thing_id=export.id, name=TIMER, due_at=until, event=due)


async def fail(tx: Tx, *, export: Export, why: str) -> None:
    """Give up on it. Raises NoSuchExport, WrongState."""
    await tables.lock(tx, export.id)
    await _move(tx, export, "fail", why=why)


async def end(tx: Tx, *, export: Export, why: str) -> None:
    """End a running one whose ground is gone. Raises NoSuchExport, WrongState."""
    await tables.lock(tx, export.id)
    await _end(tx, export, "cancel", why)


async def look(tx: Tx, *, export_id: UUID) -> datetime | None:
    """Note that the app asks how far its export is, and return when it last did."""
    return await tables.look(tx, export_id)


def check_ready(tx: Tx, *, export: Export) -> None:
    """Let only what is ready, and kept still, be fetched; truth waits for no timer.

    :raises NoSuchExport:
    """
    if export.state is not ExportState.READY or export.due_at <= tx.now:
        raise NoSuchExport(id=export.id)


async def fetched(tx: Tx, *, export_id: UUID, part: int, first_byte: int) -> None:
    """Write down that a file is fetched, before it is (INT-06)."""
    await tables.insert_fetch(tx, export_id, part, first_byte)


async def tidied(tx: Tx, *, ids: Sequence[UUID]) -> None:
    """Note that nothing is left of exports on the disk."""
    for id in ids:
        await tables.tidied(tx, id)


async def _end(tx: Tx, export: Export, verb: str, why: str) -> None:
    await _move(tx, export, verb, why=why)
    await tables.say_why(tx, export.id, why)


async def _move(tx: Tx, export: Export, verb: str, *, why: str = "") -> None:
    moved = events.ExportMoved(export.id, export.institution_id)
    await advance(tx, EXPORT, export.id, verb, why=why, event=moved)
