"""What can be done about an order. Callers open the transaction; nothing here commits.

Every verb locks its order first. A chart says whose order it must be; another institution's is
not found.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart, Sensitive
from lianyi.kernel import profile, timers
from lianyi.kernel.actor import SYSTEM
from lianyi.kernel.lifecycle import WrongRole, WrongState, advance
from lianyi.kernel.work import Tx
from lianyi.orders import events, rules, tables
from lianyi.orders.errors import (
    AlreadyExecuted,
    DoctorReleases,
    Incomplete,
    NoSuchOrder,
    NotTheirSpecimen,
    NotTreating,
    OwnMeasurement,
    ReadBackDiffers,
    ReasonMissing,
    UnknownObservations,
)
from lianyi.orders.model import (
    About,
    Call,
    Item,
    Order,
    Reading,
    Rejection,
    Result,
    Specimen,
    State,
)
from lianyi.orders.states import ORDER
from lianyi.people.model import ADMIN, DOCTOR, Post
from lianyi.terminology import queries as terminology

TIMER = "critical"
NOTHING: frozenset[Sensitive] = frozenset()


async def set_item(
    tx: Tx,
    *,
    code: str,
    label: str,
    specimen: str,
    observations: Sequence[str],
    mediated: bool = False,
) -> Item:
    """Offer something, or change what is offered; orders already placed stay as they were.

    :raises UnknownObservations, WrongRole:
    """
    if tx.actor.role not in {ADMIN, SYSTEM}:
        raise WrongRole(verb="set_item", role=tx.actor.role)
    unknown = sorted(set(observations) - terminology.snapshot().observations.keys())
    if unknown or not observations:
        raise UnknownObservations(codes=", ".join(unknown))
    here = tx.actor.institution_id
    item = Item(here, code, label, specimen, tuple(observations), mediated)
    await tables.upsert_item(tx, item)
    return item


async def place(
    tx: Tx, chart: Chart, *, encounter_id: UUID, item: Item, classes: frozenset[Sensitive] = NOTHING
) -> Order:
    """Order something for the chart's person in the acting doctor's visit.

    :raises WrongRole:
    """
    order = Order(
        id=tx.new_id(chart.person_id),
        institution_id=item.institution_id,
        person_id=chart.person_id,
        encounter_id=encounter_id,
        state=State.ORDERED,
        code=item.code,
        label=item.label,
        specimen=item.specimen,
        observations=item.observations,
        mediated=item.mediated,
        classes=classes,
        ordered_by=tx.actor.post_id,
        at=tx.now,
        deferred="",
        measured_by=None,
        measured_at=None,
        verified_by=None,
        verified_at=None,
        barcode=None,
    )
    await tables.insert(tx, order)
    return order


async def item(tx: Tx, *, code: str) -> Item:
    """Return what the acting institution offers under a code.

    :raises NoSuchItem:
    """
    return await tables.load_item(tx, tx.actor.institution_id, code)


async def clear(tx: Tx, *, order_id: UUID) -> None:
    """Let a paid order be carried out; one that was to be paid later is under way already."""
    order = await tables.lock(tx, order_id)
    if order.state is State.ORDERED:
        await _go(tx, order, "clear", events.OrderCleared)


async def defer(tx: Tx, chart: Chart, *, order_id: UUID, reason: str) -> None:
    """Carry an order out before it is paid: an emergency does not wait for money.

    :raises NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    _check_reason(reason)
    await _go(tx, order, "defer", events.OrderCleared, why=reason.strip())
    await tables.defer(tx, order_id, reason.strip())


async def label(tx: Tx, chart: Chart, *, order_id: UUID) -> Specimen:
    """Print the label of the next tube. After a rejection it is a new one.

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    await _go(tx, order, "label", events.OrderMoved)
    barcode = rules.barcode(await tables.next_number(tx))
    specimen = Specimen(tx.new_id(order.person_id), order.id, barcode, tx.now)
    await tables.insert_specimen(tx, specimen)
    return specimen


async def take(tx: Tx, chart: Chart, *, order_id: UUID) -> Specimen:
    """Fill the tube from the person whose chart is open: the one whose card was read.

    :raises NotTheirSpecimen: the label names somebody else.
    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await _here(tx, order_id)
    if order.person_id != chart.person_id:
        raise NotTheirSpecimen
    await _go(tx, order, "take", events.OrderMoved)
    specimen = await tables.load_specimen(tx, order_id)
    await tables.mark_taken(tx, specimen.id)
    return replace(specimen, taken_at=tx.now, taken_by=tx.actor.post_id)


async def receive(tx: Tx, chart: Chart, *, order_id: UUID) -> Specimen:
    """Take a specimen in at the laboratory.

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    await _go(tx, order, "receive", events.OrderMoved)
    specimen = await tables.load_specimen(tx, order_id)
    await tables.mark_received(tx, specimen.id)
    return replace(specimen, received_at=tx.now)


async def reject(tx: Tx, chart: Chart, *, order_id: UUID, reason: Rejection) -> Specimen:
    """Refuse a specimen; another is taken under a label of its own, at no further fee.

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    await _go(tx, order, "reject", events.SpecimenRejected, why=reason)
    specimen = await tables.load_specimen(tx, order_id)
    await tables.mark_rejected(tx, specimen.id, reason)
    return replace(specimen, rejected_at=tx.now, rejection=reason)


async def measure(
    tx: Tx, chart: Chart, *, order_id: UUID, readings: Collection[Reading], about: About
) -> list[Result]:
    """Write down what was measured, each reading held against the ranges of this person.

    :raises Incomplete: an ordered observation is missing, doubled, or one was never ordered.
    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    await _go(tx, order, "measure", events.OrderMoved)
    if wrong := rules.misread(order.observations, readings):
        raise Incomplete(codes=", ".join(wrong))
    by_code = {reading.observation: reading for reading in readings}
    results = [_interpreted(by_code[code], about) for code in order.observations]
    await tables.insert_results(tx, order_id, results)
    await tables.mark_measured(tx, order_id)
    return results


async def send_back(tx: Tx, chart: Chart, *, order_id: UUID, reason: str) -> None:
    """Have something measured again; the first round stays readable.

    :raises OwnMeasurement, NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order = await _as_second(tx, chart, order_id, "send_back")
    _check_reason(reason)
    await _go(tx, order, "send_back", events.OrderMoved, why=reason.strip())


async def verify(tx: Tx, chart: Chart, *, order_id: UUID) -> tuple[Order, list[Result]]:
    """Answer for what somebody else has measured. A critical value is to be called from now on.

    :raises OwnMeasurement, NoSuchOrder, WrongRole, WrongState:
    """
    order = await _as_second(tx, chart, order_id, "verify")
    results = (await tables.list_results(tx, [order_id]))[order_id]
    await tables.mark_verified(tx, order_id)
    if rules.has_critical(results):
        await _alert(tx, order)
        state = State.CRITICAL
    else:
        await _go(tx, order, "verify", events.ResultsVerified)
        state = State.VERIFIED
    by, at = tx.actor.person_id, tx.now
    return replace(order, state=state, verified_by=by, verified_at=at), results


async def answer(
    tx: Tx, chart: Chart, *, order_id: UUID, receiver: Post | None, read_back: Mapping[str, Decimal]
) -> None:
    """TEL-14: note that a critical value was told and read back; the call stays either way.

    :raises NotTreating, ReadBackDiffers, NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    if receiver is None or not rules.may_receive_call(receiver, order.institution_id):
        raise NotTreating
    await _go(tx, order, "answer", events.ResultsVerified)
    results = (await tables.list_results(tx, [order_id]))[order_id]
    agreed = rules.agrees(read_back, results)
    said = rules.as_text(read_back)
    call = Call(order_id, tx.actor.post_id, receiver.id, tx.now, said, agreed)
    tables.witness_call(tx, tx.new_id(order.person_id), call)
    if not agreed:
        raise ReadBackDiffers
    await timers.clear(tx, thing_id=order_id, name=TIMER)


async def escalate(tx: Tx, *, order_id: UUID) -> None:
    """TEL-14: tell others that nobody has read a critical value back in time."""
    order = await tables.lock(tx, order_id)
    if order.state is State.CRITICAL:
        await _go(tx, order, "escalate", events.CriticalEscalated)


async def release(tx: Tx, chart: Chart, *, order_id: UUID) -> Order:
    """Let the person see the results (IDN-11).

    :raises DoctorReleases, NoSuchOrder, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    results = (await tables.list_results(tx, [order_id]))[order_id]
    if tx.actor.role != DOCTOR and not rules.laboratory_may_release(order, results):
        raise DoctorReleases
    await _go(tx, order, "release", events.ResultsReleased)
    return replace(order, state=State.RELEASED)


async def cancel(tx: Tx, chart: Chart, *, order_id: UUID, reason: str) -> Order:
    """Take an order back that has not been carried out.

    :raises AlreadyExecuted, NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order = await _own(tx, chart, order_id)
    _check_reason(reason)
    if not rules.may_be_cancelled(order):
        raise AlreadyExecuted(id=order_id, state=order.state)
    await _go(tx, order, "cancel", events.OrderCancelled, why=reason.strip())
    return replace(order, state=State.CANCELLED)


async def _alert(tx: Tx, order: Order) -> None:
    await _go(tx, order, "alert", events.CriticalFound)
    due_at = tx.now + timedelta(minutes=profile.at(tx.now)["TEL-14"])
    due = events.CriticalDue(*_about(order))
    await timers.set(tx, thing_id=order.id, name=TIMER, due_at=due_at, event=due)


def _interpreted(reading: Reading, about: About) -> Result:
    """Hold a number against the ranges of the newest release; words are never judged."""
    observation = terminology.observation(reading.observation)
    flag = None
    if reading.value is not None:
        flag = terminology.flag(reading.value, observation.code, sex=about.sex, age=about.age)
    return rules.result(reading, observation, flag, terminology.release().version)


async def _as_second(tx: Tx, chart: Chart, order_id: UUID, verb: str) -> Order:
    order = await _own(tx, chart, order_id)
    if order.state is not State.MEASURED:
        raise WrongState(table=ORDER.table, id=order_id, verb=verb, state=order.state)
    if not rules.may_verify(order, tx.actor.person_id):
        raise OwnMeasurement
    return order


async def _own(tx: Tx, chart: Chart, order_id: UUID) -> Order:
    """Lock an order of the chart's person at the acting institution."""
    order = await _here(tx, order_id)
    if order.person_id != chart.person_id:
        raise NoSuchOrder(id=order_id)
    return order


async def _here(tx: Tx, order_id: UUID) -> Order:
    order = await tables.lock(tx, order_id)
    if order.institution_id != tx.actor.institution_id:
        raise NoSuchOrder(id=order_id)
    return order


async def standing(tx: Tx, *, order_id: UUID) -> Order | None:
    """Return an order, locked, unless it was taken back."""
    order = await tables.lock(tx, order_id)
    return None if order.state is State.CANCELLED else order


async def _go(
    tx: Tx, order: Order, verb: str, kind: type[events.OrderEvent], *, why: str = ""
) -> None:
    await advance(tx, ORDER, order.id, verb, why=why, event=kind(*_about(order)))


def _about(order: Order) -> tuple[UUID, UUID, UUID]:
    return order.id, order.person_id, order.institution_id


def _check_reason(text: str) -> None:
    if not rules.is_reason(text):
        raise ReasonMissing
