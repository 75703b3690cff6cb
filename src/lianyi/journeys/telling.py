"""Word to a person's phone of what became of something of theirs (短信告知).

It names the place and what to do next, never a disease or a drug: phones are read by others too.
"""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.events import GlassBroken
from lianyi.access.model import Chart, Purpose
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.sms import Message
from lianyi.orders.events import ResultsReleased
from lianyi.people import queries as people
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.events import SaleEnded, SaleReady
from lianyi.pharmacy.model import SaleState
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing.events import (
    PrescriptionApproved,
    PrescriptionHeld,
    PrescriptionResumed,
    PrescriptionRevoked,
)
from lianyi.records.events import ResultReleased


@dataclass(frozen=True, slots=True)
class Word:
    """A message. `what` is how the look at the phone number stands among the person's readings."""

    kind: str
    template: str
    what: str

    async def chart(self, tx: Tx, person_id: UUID) -> Chart:
        return await access.open_chart(
            tx, person_id=person_id, purpose=Purpose.TELL, what=self.what
        )

    async def prepare(self, tx: Tx, person_id: UUID) -> Message:
        """Name the place that acted: the errand's own institution."""
        here = tx.actor.institution_id
        places = await people.institutions(tx, ids=[here])
        phone = await people.phone_of(tx, await self.chart(tx, person_id))
        return Message(phone or "", self.template, {"institution": places[here].short_name})


OPENED = Word("sharing.tell_opened", "chart_opened", "glass.tell")
APPROVED = Word("review.tell_approved", "prescription_approved", "prescription.tell")
STOPPED = Word("red_flag.tell_stopped", "prescription_stopped", "prescription.tell")
RESUMED = Word("red_flag.tell_resumed", "prescription_resumed", "prescription.tell")
READY = Word("fill.tell_ready", "medicines_ready", "pharmacy.tell")
RELEASED = Word("results.tell_released", "results_released", "results.tell")
UNSOLD = Word("fill.tell_unsold", "medicines_unsold", "pharmacy.tell")


async def opened(tx: Tx, event: GlassBroken) -> None:
    """Tell whose chart was opened in an emergency (EMR-05)."""
    await _tell(tx, OPENED, event.person_id)


async def approved(tx: Tx, event: PrescriptionApproved) -> None:
    """Tell whose prescription is in force: they may choose a seller now."""
    await _tell(tx, APPROVED, event.person_id)


async def stopped(tx: Tx, event: PrescriptionRevoked | PrescriptionHeld) -> None:
    """Tell whose visit did not end not to take what was prescribed in it (CON-28, CON-04)."""
    chart = await STOPPED.chart(tx, event.person_id)
    found = await prescriptions.prescription(tx, chart, prescription_id=event.prescription_id)
    if found.halt and found.signed_at is not None:  # of a draft nobody had told them
        await _tell(tx, STOPPED, event.person_id)


async def resumed(tx: Tx, event: PrescriptionResumed) -> None:
    """Tell whose doctor has decided that it is taken nevertheless."""
    await _tell(tx, RESUMED, event.person_id)


async def released(tx: Tx, event: ResultsReleased | ResultReleased) -> None:
    """Tell whose results can be seen now (IDN-11)."""
    await _tell(tx, RELEASED, event.person_id)


async def ready(tx: Tx, event: SaleReady) -> None:
    """Tell whose medicines are ready to be fetched or brought."""
    await _tell(tx, READY, event.person_id)


async def unsold(tx: Tx, event: SaleEnded) -> None:
    """Tell whose medicines will not come from this seller; who left it themselves knows."""
    chart = await UNSOLD.chart(tx, event.person_id)
    sale = await pharmacy.sale_of(tx, chart, sale_id=event.sale_id)
    if sale.state is not SaleState.WITHDRAWN:
        await _tell(tx, UNSOLD, event.person_id)


async def _tell(tx: Tx, word: Word, person_id: UUID) -> None:
    """Send word, if there is such a person and they have a phone."""
    try:
        phone = await people.phone_of(tx, await word.chart(tx, person_id))
    except NoSuchPerson:
        return
    if phone is not None:
        await errand.plan(tx, word.kind, thing_id=person_id)


async def send(links: Links, key: UUID, message: Message) -> Answer:
    """Send any message by SMS; with `ask`, what every such errand does."""
    return await links.sms.send(key, message)


async def ask(links: Links, key: UUID, message: Message) -> Answer | None:
    return await links.sms.ask(key, message)


async def _told(tx: Tx, person_id: UUID, answer: Answer) -> None:
    """Leave it at that: the errand says what became of it, and the person's page has the line."""


ERRANDS: tuple[Errand[Links, Message], ...] = tuple(
    Errand(word.kind, Message, word.prepare, send, ask, _told)
    for word in (OPENED, APPROVED, STOPPED, RESUMED, RELEASED, READY, UNSOLD)
)
