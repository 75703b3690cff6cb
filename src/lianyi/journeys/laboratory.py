"""From the ward to the verified result: labels, tubes, readings, calls (采样、检验、危急值).

A tube is always found by its barcode. Everything is asked of the order's own patient's chart, so
each scan is in the log that the patient reads.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Desk, Purpose
from lianyi.journeys import visit
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.orders import events, fhir, queries, rules, service
from lianyi.orders.errors import NotTheirSpecimen
from lianyi.orders.model import About, Order, Reading, Rejection, Result, Specimen, State
from lianyi.people import queries as people
from lianyi.records import service as records


async def label(tx: Tx, *, order_id: UUID) -> Specimen:
    """Print the label of an order's next tube.

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    return await service.label(tx, await _chart(tx, order), order_id=order.id)


async def take(tx: Tx, *, barcode: str, person_id: UUID) -> None:
    """Fill a tube from the person whose card was read just before.

    :raises BadBarcode, NoSuchSpecimen, NoSuchPerson, NotTheirSpecimen, WrongRole, WrongState:
    """
    order = await queries.scanned(tx, await _desk(tx), barcode=barcode)
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT, what="specimen")
    specimen = await service.take(tx, chart, order_id=order.id)
    await _publish(tx, order, specimen)


async def take_from(tx: Tx, *, order_id: UUID, name: str, birth_date: date) -> None:
    """Fill a tube from who says the name and the day of birth that its order is for.

    :raises NoSuchOrder, NotTheirSpecimen, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    chart = await _chart(tx, order)
    person = await people.person(tx, chart)
    if (person.name, person.birth_date) != (name.strip(), birth_date):
        raise NotTheirSpecimen
    specimen = await service.take(tx, chart, order_id=order.id)
    await _publish(tx, order, specimen)


async def scan(tx: Tx, *, barcode: str) -> UUID:
    """Return the order of the tube in hand.

    :raises BadBarcode, NoSuchSpecimen, WrongRole:
    """
    order = await queries.scanned(tx, await _desk(tx), barcode=barcode)
    await _chart(tx, order)
    return order.id


async def receive(tx: Tx, *, order_id: UUID) -> None:
    """Take the specimen that was scanned in at the laboratory.

    :raises NoSuchOrder, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    specimen = await service.receive(tx, await _chart(tx, order), order_id=order.id)
    await _publish(tx, order, specimen)


async def reject(tx: Tx, *, order_id: UUID, reason: Rejection) -> None:
    """Refuse a specimen that can't be used. Raises as `receive` does."""
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    chart = await _chart(tx, order)
    specimen = await service.reject(tx, chart, order_id=order.id, reason=reason)
    await _publish(tx, order, specimen)


async def measure(tx: Tx, *, order_id: UUID, readings: Collection[Reading]) -> list[Result]:
    """Write down what was measured; sex and age of the person decide how it lies.

    :raises Incomplete, NoSuchOrder, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    chart = await _chart(tx, order)
    about = await _about(tx, chart)
    return await service.measure(tx, chart, order_id=order.id, readings=readings, about=about)


async def send_back(tx: Tx, *, order_id: UUID, reason: str) -> None:
    """Have something measured again.

    :raises OwnMeasurement, NoSuchOrder, ReasonMissing, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    await service.send_back(tx, await _chart(tx, order), order_id=order.id, reason=reason)


async def verify(tx: Tx, *, order_id: UUID) -> Order:
    """Answer for another's measurement; what is neither critical nor sensitive is released.

    Who treats the person finds the report in the record from now on, the person after release.

    :raises OwnMeasurement, NoSuchOrder, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    chart = await _chart(tx, order)
    verified, results = await service.verify(tx, chart, order_id=order.id)
    bodies = fhir.report(verified, results, at=tx.now)
    await records.publish_all(
        tx, owner=order.person_id, bodies=bodies, released=False, classes=order.classes
    )
    if verified.state is State.VERIFIED and rules.laboratory_may_release(verified, results):
        verified = await service.release(tx, chart, order_id=order.id)
        await visit.show(tx, verified)
    return verified


async def call(
    tx: Tx, *, order_id: UUID, receiver_id: UUID, read_back: Mapping[str, Decimal]
) -> None:
    """TEL-14: note who was told of a critical value and what they read back.

    :raises NotTreating, ReadBackDiffers, NoSuchOrder, WrongRole, WrongState:
    """
    order = await queries.order(tx, await _desk(tx), order_id=order_id)
    posts = await people.posts(tx, ids=[receiver_id])
    await service.answer(
        tx,
        await _chart(tx, order),
        order_id=order.id,
        receiver=posts.get(receiver_id),
        read_back=read_back,
    )


async def escalate(tx: Tx, event: events.CriticalDue) -> None:
    """TEL-14: nobody has read it back in time; every bench of the institution shows it."""
    await service.escalate(tx, order_id=event.order_id)


async def _publish(tx: Tx, order: Order, specimen: Specimen) -> None:
    body = fhir.specimen(order, specimen)
    await records.publish(tx, owner=order.person_id, body=body, classes=order.classes)


async def _desk(tx: Tx) -> Desk:
    return await access.open_desk(tx, purpose=Purpose.TREAT)


async def _chart(tx: Tx, order: Order) -> Chart:
    return await access.open_chart(
        tx, person_id=order.person_id, purpose=Purpose.TREAT, what="order"
    )


async def _about(tx: Tx, chart: Chart) -> About:
    person = await people.person(tx, chart)
    today = time.day(tx.now, profile.at(tx.now).zone)
    return About(rules.sex_of(person.sex), rules.age_on(person.birth_date, today))
