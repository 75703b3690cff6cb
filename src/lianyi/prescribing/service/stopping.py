"""What becomes of what was prescribed in a visit that did not end, and what its doctor decides.

A red flag stopped it (CON-28), or it was turned offline (CON-04).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import advance
from lianyi.kernel.work import Tx
from lianyi.prescribing import events, tables
from lianyi.prescribing.errors import NotHeld
from lianyi.prescribing.model import IN_FORCE, UNSOLD, Halt, Prescription, State
from lianyi.prescribing.service import steps
from lianyi.prescribing.service.writing import TIMER
from lianyi.prescribing.states import PRESCRIPTION

LEFT = "held_and_left"  # its seller, or its person, gave it up before its doctor had decided


async def stop(
    tx: Tx,
    chart: Chart,
    *,
    visit_id: UUID,
    halt: Halt,
    flags: Sequence[str] = (),
    leaving: Collection[UUID],
) -> list[Prescription]:
    """Stop all that was prescribed to the chart's person in a visit, and return what was.

    Also what this chart may not read: why it is stopped is about the person. `flags` are the signs
    of an emergency, `leaving` those whose medicines are used up on paper, and still on their way.

    :raises WrongRole:
    """
    ids = await tables.list_ids_of_visit(tx, visit_id, chart.person_id)
    found = [await tables.lock(tx, id) for id in ids]
    halted = [replace(each, halt=halt, flags=tuple(flags)) for each in found]
    stopped = [await _stop(tx, each, leaving=each.id in leaving) for each in halted]
    return [each for each in stopped if each is not None]


async def resume(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Let a held prescription be handed over after all: its doctor has spoken to the person.

    :raises NotHeld, ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole:
    """
    prescription = await _held(tx, chart, prescription_id, reason)
    await _stay(tx, prescription, "resume", events.PrescriptionResumed, reason.strip())
    await tables.mark_decided(tx, prescription_id)
    return replace(prescription, held_at=None)


async def withhold(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Take a held prescription back from its seller, who has handed nothing over.

    :raises NotHeld, ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    prescription = await _held(tx, chart, prescription_id, reason)
    return await _end(tx, prescription, reason.strip())


async def give_up(tx: Tx, prescription: Prescription) -> Prescription | None:
    """End a held prescription that its seller no longer has: nobody else may take it on.

    None for one whose parcel came back: it is used up, and nothing is left to decide.
    """
    if prescription.state is State.ACCEPTED:
        return await _end(tx, prescription, LEFT)
    await tables.mark_decided(tx, prescription.id)
    return None


async def _stop(tx: Tx, halted: Prescription, *, leaving: bool) -> Prescription | None:
    """Take back what no seller has, and hold what one has; None where nothing can be kept back."""
    why = str(halted.halt)
    if halted.state in UNSOLD:
        await tables.mark_halted(tx, halted)
        return await _end(tx, halted, why)
    at_seller = halted.state is State.ACCEPTED or leaving
    if halted.state not in IN_FORCE or not at_seller:
        return None
    held = replace(halted, held_at=tx.now)
    await tables.mark_halted(tx, held)
    await _stay(tx, held, "hold", events.PrescriptionHeld, why)
    return held


async def _held(tx: Tx, chart: Chart, id: UUID, reason: str) -> Prescription:
    prescription = await steps.authors(tx, chart, id)
    if not prescription.is_held:
        raise NotHeld(id=id)
    steps.check_reason(reason)
    return prescription


async def _end(tx: Tx, prescription: Prescription, why: str) -> Prescription:
    await steps.go(tx, prescription, "stop", events.PrescriptionRevoked, why=why)
    await tables.mark_decided(tx, prescription.id)
    await timers.clear(tx, thing_id=prescription.id, name=TIMER)
    return replace(prescription, state=State.REVOKED, held_at=None)


async def _stay(
    tx: Tx,
    prescription: Prescription,
    verb: str,
    kind: type[events.PrescriptionHeld | events.PrescriptionResumed],
    why: str,
) -> None:
    """Make a move that leaves it where it is; whoever has it is told."""
    seller_id = prescription.seller_id or prescription.institution_id
    event = kind(*steps.about(prescription), seller_id)
    await advance(tx, PRESCRIPTION, prescription.id, verb, why=why, event=event)
