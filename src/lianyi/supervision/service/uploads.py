"""What becomes of an upload.

Each verb takes its turn per institution, so that a change, an answer and a licence that arrives
at the same moment all see each other.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from lianyi.kernel import errand, profile, timers
from lianyi.kernel import time as days
from lianyi.kernel.lifecycle import WrongRole, advance
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN
from lianyi.supervision import events, rules
from lianyi.supervision.errors import NoSuchUpload, ReasonMissing, StillUnderWay
from lianyi.supervision.model import Kind, Receipted, Slip, State, TallySlip, Task, Thing, Upload
from lianyi.supervision.states import UPLOAD
from lianyi.supervision.tables import uploads as tables

SUBJECT = "supervision"
CHANGED = "changed"


async def due(tx: Tx, *, thing: Thing, again: bool = True) -> None:
    """Have the acting institution report a thing, or report it again as it now is (LIC-11).

    What never changes is not reported `again`.
    """
    here = tx.actor.institution_id
    await tx.alone(here, SUBJECT)
    known = await tables.find(tx, thing)
    if known is None:
        await _begin(tx, thing)
    elif not again:
        return
    elif known.state in {State.DUE, State.SENT}:
        await tables.mark_stale(tx, known.id)
    else:
        await _again(tx, known, CHANGED)


async def take_up(tx: Tx, *, upload_id: UUID) -> Slip:
    """Return what is to be built, kept still: what changes from here on makes it stale."""
    return await tables.lock(tx, upload_id)


async def sent(tx: Tx, *, upload: Upload, digest: str) -> int:
    """Note that content with this digest goes out now, and return its edition."""
    edition = await tables.mark_built(tx, upload.id, digest)
    await _go(tx, upload, "send", events.UploadSent)
    return edition


async def receipted(tx: Tx, *, upload_id: UUID, receipt: Receipted) -> None:
    """Book a receipt. One for other content than was sent is as good as a refusal."""
    upload = await _turn(tx, upload_id)
    if receipt.digest != upload.digest:
        await _refuse(tx, upload, rules.OTHER_CONTENT, "")
        return
    await tables.mark_receipted(tx, upload.id, receipt)
    await _go(tx, upload, "receive", events.UploadReceipted)
    await _mend_others(tx, upload)
    if await tables.has_disagreed(tx, upload.institution_id, upload.day):
        await open_tally(tx, day=upload.day)
    if upload.stale:
        await _plan(tx, upload, "renew", CHANGED)


async def refused(tx: Tx, *, upload_id: UUID, code: str, about: str) -> None:
    """Note what the platform has against it; whoever mends it sends it again.

    What it lacked may have reached the platform beside it: then it is mended already.
    """
    upload = await _turn(tx, upload_id)
    await _refuse(tx, upload, code, about)
    if upload.stale or (code in rules.MENDED and await tables.is_helped(tx, upload_id)):
        await _plan(tx, upload, "mend", CHANGED)


async def resend(tx: Tx, *, upload_id: UUID, reason: str) -> None:
    """Report again what was refused and mended, or what the platform should hear once more.

    :raises NoSuchUpload, ReasonMissing, StillUnderWay, WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="resend", role=tx.actor.role)
    if not rules.is_reason(reason):
        raise ReasonMissing
    await tx.alone(tx.actor.institution_id, SUBJECT)
    upload = (await tables.lock(tx, upload_id)).upload
    if upload.institution_id != tx.actor.institution_id:
        raise NoSuchUpload(id=upload_id)
    if upload.state in {State.DUE, State.SENT}:
        raise StillUnderWay(state=upload.state)
    await _again(tx, upload, reason.strip())


async def ask_tally(tx: Tx, *, day: date) -> None:
    """Compare the acting institution's day with the platform's now, without waiting for its end.

    :raises WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="ask_tally", role=tx.actor.role)
    await open_tally(tx, day=day)


async def open_tally(tx: Tx, *, day: date) -> None:
    id = await tables.ask_tally(tx, tx.actor.institution_id, day)
    await errand.plan(tx, Task.TALLY, thing_id=id)


async def take_up_tally(tx: Tx, *, tally_id: UUID) -> TallySlip:
    """Return whose day was counted, kept still: no receipt comes in beside what is compared now."""
    await tx.alone(tx.actor.institution_id, SUBJECT)
    return await tables.load_tally(tx, tally_id)


async def take_tally(
    tx: Tx, *, tally_id: UUID, ours: Mapping[str, int], theirs: Mapping[str, int], same: bool
) -> None:
    """Keep both counts of a day beside each other (LIC-11).

    What was still on its way while the platform counted is counted once more.
    """
    slip = await tables.load_tally(tx, tally_id)
    open = await tables.count_open(tx, slip.institution_id, slip.day)
    both = {"ours": ours, "theirs": theirs}
    same = same and rules.agree(ours, theirs)
    await tables.take_tally(tx, tally_id, **both, same=same, open=open)
    if not same and await tables.has_moved(tx, tally_id):
        await open_tally(tx, day=slip.day)
    await tx.emit(events.TallyTaken(slip.institution_id, slip.day.isoformat()))


async def _begin(tx: Tx, thing: Thing) -> None:
    here, numbers = tx.actor.institution_id, profile.at(tx.now)
    waits = thing.kind is not Kind.LICENCE and not await tables.is_licensed(tx, here)
    day = days.day(tx.now, numbers.zone)
    due_at = rules.due_at(tx.now, numbers)
    id = await tables.insert(tx, thing, day=day, due_at=due_at, waits=waits)
    if not waits:
        await errand.plan(tx, Task.REPORT, thing_id=id)
    _, over = days.span(day, numbers.zone)
    event = events.TallyDue(here, day.isoformat())
    ready = rules.tally_at(over, numbers)
    await timers.set(tx, thing_id=here, name=f"tally/{day}", due_at=ready, event=event)


async def _again(tx: Tx, upload: Upload, why: str) -> None:
    await _plan(tx, upload, "renew" if upload.state is State.RECEIPTED else "mend", why)


async def _plan(tx: Tx, upload: Upload, verb: str, why: str) -> None:
    """Send it once more. What is mended was due at its own time, what has changed is due anew."""
    if verb == "renew":
        await tables.mark_due(tx, upload.id, rules.due_at(tx.now, profile.at(tx.now)))
    await _go(tx, upload, verb, events.UploadDue, why)
    await errand.plan(tx, Task.REPORT, thing_id=upload.id)


async def _mend_others(tx: Tx, upload: Upload) -> None:
    """Send what the platform could not take before it knew of this licence or professional."""
    here = upload.institution_id
    if upload.kind in rules.MENDS:
        await tables.mark_helped(tx, here)
    if upload.kind is Kind.LICENCE:
        for id in await tables.let_go(tx, here):
            await errand.plan(tx, Task.REPORT, thing_id=id)
    for refused in await tables.list_refused_for(tx, here, rules.MENDS.get(upload.kind, ())):
        await _again(tx, refused, upload.kind)


async def _refuse(tx: Tx, upload: Upload, code: str, about: str) -> None:
    await tables.mark_refused(tx, upload.id, code, about)
    await _go(tx, upload, "refuse", events.UploadRefused, why=code)


async def _turn(tx: Tx, upload_id: UUID) -> Upload:
    """Return an upload of the acting institution, when it is its turn."""
    await tx.alone(tx.actor.institution_id, SUBJECT)
    return (await tables.lock(tx, upload_id)).upload


async def _go(
    tx: Tx, upload: Upload, verb: str, kind: type[events.UploadEvent], why: str = ""
) -> None:
    event = kind(upload.id, upload.institution_id, upload.kind, upload.visit_id)
    await advance(tx, UPLOAD, upload.id, verb, why=why, event=event)
