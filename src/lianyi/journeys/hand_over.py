"""Medicines are reviewed, picked, handed over or brought to the door, and sometimes come back."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from lianyi.access.model import Chart, Purpose
from lianyi.journeys import fill, prescribe
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.errors import BadBirthDate, BadName, BadNumber
from lianyi.people.model import PHARMACIST
from lianyi.pharmacy import fhir, queries
from lianyi.pharmacy import service as pharmacy
from lianyi.pharmacy.errors import BadProxy, NotTheReceiver
from lianyi.pharmacy.model import Check, Defect, Line, Missed, Proof, Receiver, Refused, Sale
from lianyi.prescribing import service as prescribing
from lianyi.records import service as records


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever takes the medicines has shown: the patient's card or number, a proxy's paper."""

    card: str = ""
    number: str = ""
    proxy_name: str = ""
    proxy_number: str = ""


async def approve(tx: Tx, *, sale_id: UUID) -> None:
    """Review again at the store (DS-05), by a pharmacist licensed to (LIC-04).

    :raises MayNotPractise: further what `fill.check_staffed` and `pharmacy.approve` do.
    """
    chart = await _as_pharmacist(tx, sale_id)
    await fill.check_staffed(tx)
    await pharmacy.approve(tx, chart, sale_id=sale_id)


async def scan(tx: Tx, *, sale_id: UUID, text: str) -> Line:
    """Put a pack to a sale. Raises what `pharmacy.scan` does."""
    chart = await fill.at_counter(tx, sale_id)
    return await pharmacy.scan(tx, chart, sale_id=sale_id, text=text)


async def tick(tx: Tx, *, sale_id: UUID, checks: Collection[Check]) -> None:
    """PH-05: confirm comparisons. Raises what `pharmacy.tick` does."""
    chart = await fill.at_counter(tx, sale_id)
    await pharmacy.tick(tx, chart, sale_id=sale_id, checks=checks)


async def mark_short(tx: Tx, *, sale_id: UUID, number: int) -> None:
    """Leave out a line. Raises what `pharmacy.mark_short` does."""
    chart = await fill.at_counter(tx, sale_id)
    await pharmacy.mark_short(tx, chart, sale_id=sale_id, number=number)


async def hand_over(tx: Tx, *, sale_id: UUID, shown: Shown) -> None:
    """Give the medicines out over the counter; the prescription is used up (DS-06).

    :raises MayNotPractise, NotTheReceiver, BadProxy, BadCode, CodeExpired, CodeUsed:
    :raises Held: CON-28.
    Raises further what `fill.check_staffed`, `pharmacy.hand_over` and `prescribing.use_up` do.
    """
    chart = await _as_pharmacist(tx, sale_id)
    await fill.check_staffed(tx)
    receiver = await _receiver(tx, chart, shown)
    sale = await pharmacy.hand_over(tx, chart, sale_id=sale_id, receiver=receiver)
    await _use_up(tx, chart, sale)
    await _publish(tx, chart, sale)


async def send(tx: Tx, *, sale_id: UUID) -> None:
    """Take a parcel over as its courier: it has been dispensed (RX-01, CON-14).

    Raises what `pharmacy.send` and `prescribing.dispense` do.
    """
    chart = await fill.at_counter(tx, sale_id, Purpose.DELIVER)
    sale = await pharmacy.send(tx, chart, sale_id=sale_id)
    await _use_up(tx, chart, sale)


async def deliver(tx: Tx, *, sale_id: UUID, shown: Shown) -> None:
    """Hand a parcel over at the door (DS-16). Raises as `hand_over` does."""
    chart = await fill.at_counter(tx, sale_id, Purpose.DELIVER)
    receiver = await _receiver(tx, chart, shown)
    sale = await pharmacy.deliver(tx, chart, sale_id=sale_id, receiver=receiver)
    await prescribing.check_may_leave(tx, chart, prescription_id=sale.slip.prescription_id)
    await _publish(tx, chart, sale)


async def miss(tx: Tx, *, sale_id: UUID, reason: Missed) -> None:
    """Note that nobody took a parcel. Raises what `pharmacy.miss` does."""
    chart = await fill.at_counter(tx, sale_id, Purpose.DELIVER)
    await pharmacy.miss(tx, chart, sale_id=sale_id, reason=reason)


async def refuse(tx: Tx, *, sale_id: UUID, reason: Refused) -> None:
    """Note that a parcel wasn't taken; all money goes back. Raises what `pharmacy.refuse` does."""
    chart = await fill.at_counter(tx, sale_id, Purpose.DELIVER)
    sale = await pharmacy.refuse(tx, chart, sale_id=sale_id, reason=reason)
    await fill.undo(tx, chart, sale, reason)


async def take_back(tx: Tx, *, sale_id: UUID, reason: Defect) -> None:
    """Take medicines back for a defect; all money goes back, no pack does (DS-18).

    Raises what `pharmacy.take_back` does.
    """
    chart = await _as_pharmacist(tx, sale_id)
    sale = await pharmacy.take_back(tx, chart, sale_id=sale_id, reason=reason)
    await fill.undo(tx, chart, sale, reason)


async def _as_pharmacist(tx: Tx, sale_id: UUID) -> Chart:
    """Open the chart of a sale; a pharmacist must be licensed to practise here (LIC-04)."""
    chart = await fill.at_counter(tx, sale_id)
    if tx.actor.role == PHARMACIST:
        practice = await people.practice(
            tx,
            person_id=tx.actor.person_id,
            institution_id=tx.actor.institution_id,
            role=PHARMACIST,
        )
        registry.check_practice(tx, practice)
    return chart


async def _use_up(tx: Tx, chart: Chart, sale: Sale) -> None:
    """DS-06: once for the parcel's first way; a second try changes nothing."""
    used = await prescribing.use_up(
        tx, chart, prescription_id=sale.slip.prescription_id, whole=sale.is_whole
    )
    if used is not None:
        await prescribe.publish(tx, used)


async def _publish(tx: Tx, chart: Chart, sale: Sale) -> None:
    packs = await queries.packs_of(tx, chart, sale=sale)
    bodies = fhir.dispenses(sale, packs)
    await records.publish_all(tx, owner=sale.person_id, bodies=bodies)


async def _receiver(tx: Tx, chart: Chart, shown: Shown) -> Receiver:
    """INS-02, DS-16, DS-17: see who takes the medicines; a proxy shows both identities."""
    proof = await _proof(tx, chart, shown)
    if not (shown.proxy_name or shown.proxy_number):
        return Receiver(proof)
    try:
        proxy = registry.resident_identity(name=shown.proxy_name, number=shown.proxy_number)
    except (BadName, BadNumber, BadBirthDate) as wrong:
        raise BadProxy from wrong
    return Receiver(proof, proxy.name, proxy.number)


async def _proof(tx: Tx, chart: Chart, shown: Shown) -> Proof:
    if shown.card:
        scanned = await registry.scan(tx, code=shown.card)
        if scanned.person_id != chart.person_id:
            raise NotTheReceiver
        return Proof.CARD
    known = await people.identity(tx, chart)
    if shown.number.strip().upper() != known.number:
        raise NotTheReceiver
    return Proof.DOCUMENT
