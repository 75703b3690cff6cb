"""A clinic with a doctor's session, and people who want its numbers."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from lianyi.booking import queries
from lianyi.booking.model import Half, Kind, Payment, Plan, Wish
from lianyi.booking.model.kept import Booked
from lianyi.journeys import book, queue
from lianyi.kernel.named import ALWAYS
from lianyi.kernel.once import Once
from lianyi.kernel.work import at_once, within
from lianyi.people.model import DOCTOR, NURSE

RELEASE = datetime(2030, 1, 7, 0, tzinfo=UTC)
START = datetime(2030, 1, 9, 0, tzinfo=UTC)  # 8 o'clock in Shanghai, two days ahead


async def rush(app, hat, verb, once, act):
    """Do as a page does for who is proven: together with others, or else by the verb."""
    return await at_once(app, hat, act, once=once) or await within(app, hat, verb, once=once)


def plan(place, post_id, **given):
    starts_at = given.pop("starts_at", START)
    whole = Plan(
        department_id=place.department_id,
        post_id=post_id,
        day=(starts_at + timedelta(hours=8)).date(),
        half=Half.MORNING,
        kind=Kind.ORDINARY,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        slot_minutes=30,
        numbers_per_slot=2,
        fee_code="110200001",
        fee_label="普通门诊诊查费",
        fee_fen=2500,
        payment=Payment.AT_VISIT,
        releases_at=RELEASE,
        room="3 诊室",
    )
    return replace(whole, **given)


@dataclass
class Clinic:
    """A place whose doctor sits."""

    place: object
    doctor: object

    @classmethod
    async def open(cls, place):
        return cls(place, await place.hat(DOCTOR))

    @property
    def app(self):
        return self.place.app

    async def publish(self, **given):
        post_id = given.pop("post_id", self.doctor.post_id)
        admin = await self.place.admin()
        (id,) = await self.place.do(admin, book.publish, plans=[plan(self.place, post_id, **given)])
        return id

    async def nurse(self):
        return await self.place.hat(NURSE)

    async def hold(self, hat, session_id, *, starts_at=START, once=None, person_id=None):
        return await self.place.do(
            hat,
            book.hold,
            once=once,
            session_id=session_id,
            starts_at=starts_at,
            person_id=person_id or hat.subject_id,
        )

    async def confirm(self, hat, got):
        return await self.place.do(hat, book.confirm, appointment_id=got.appointment_id)

    async def hold_in_a_rush(self, hat, session_id, *, starts_at=START):
        """Hold as the page does: in one statement with others, if that will do."""
        wish, once = Wish(session_id, starts_at, hat.subject_id), self._key()
        return await rush(
            self.app,
            hat,
            lambda tx: book.hold(
                tx, session_id=session_id, starts_at=starts_at, person_id=hat.subject_id
            ),
            once,
            partial(book.hold_at_once, once=once, still=ALWAYS, wish=wish),
        )

    async def confirm_in_a_rush(self, hat, appointment_id):
        once = self._key()
        return await rush(
            self.app,
            hat,
            lambda tx: book.confirm(tx, appointment_id=appointment_id),
            once,
            partial(book.confirm_at_once, once=once, still=ALWAYS, appointment_id=appointment_id),
        )

    def _key(self):
        return Once(self.app.ids.new(self.app.clock()).hex, "body", Booked)

    async def booked(self, session_id, hat=None, *, starts_at=START):
        """Return the hat and the confirmed appointment of somebody, new unless given."""
        hat = hat or await self.place.resident()
        got = await self.confirm(hat, await self.hold(hat, session_id, starts_at=starts_at))
        return hat, got.appointment_id

    async def cancel(self, hat, appointment_id):
        return await self.place.do(hat, book.cancel, appointment_id=appointment_id)

    async def arrived(self, session_id, hat=None, **given):
        hat, id = await self.booked(session_id, hat, **given)
        await self.place.do(hat, queue.check_in, appointment_id=id)
        return hat, id

    async def remaining(self, session_id):
        times = await self.place.ask(self.place.office, queries.times, session_id=session_id)
        return [time.remaining for time in times]

    async def state(self, appointment_id):
        return await self.app.pool.fetchval(
            "SELECT state FROM booking.appointment WHERE id = $1", appointment_id
        )
