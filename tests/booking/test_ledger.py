"""Whatever people do in whatever order: free, held and taken numbers are all there are."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.journeys import book
from lianyi.kernel import timers
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import within
from tests.booking.make import START
from tests.drain import deliver

PEOPLE = 4
WORKER = system("worker", NOWHERE)
LATER = START + timedelta(minutes=30)
# What every number is at one instant, told by the numbers and by the appointments.
NUMBERS = """SELECT count(*) AS all_numbers,
    count(*) FILTER (WHERE s.added) AS added,
    count(*) FILTER (WHERE a.id IS NULL) AS without,
    count(*) FILTER (WHERE a.state = 'held') AS held,
    count(*) FILTER (WHERE a.state = 'confirmed') AS confirmed,
    count(*) FILTER (WHERE a.id IS NOT NULL AND s.free_from <= $2) AS sold_and_free,
    count(*) FILTER (WHERE a.id IS NOT NULL AND a.id <> s.holder_id) AS in_other_hands
  FROM booking.slot s LEFT JOIN booking.appointment a ON a.session_id = s.session_id
    AND a.number = s.number AND a.stands AND (a.state <> 'held' OR a.expires_at > $2)
  WHERE s.session_id = $1"""
ACTS = st.one_of(
    st.tuples(st.just("hold"), st.integers(0, PEOPLE - 1), st.sampled_from([START, LATER])),
    st.tuples(st.just("confirm"), st.integers(0, PEOPLE - 1), st.none()),
    st.tuples(st.just("rush"), st.none(), st.sampled_from([START, LATER])),
    st.tuples(st.just("rush_to_confirm"), st.none(), st.none()),
    st.tuples(st.just("cancel"), st.integers(0, PEOPLE - 1), st.none()),
    st.tuples(st.just("move"), st.integers(0, PEOPLE - 1), st.sampled_from([START, LATER])),
    st.tuples(st.just("wait"), st.integers(0, PEOPLE - 1), st.none()),
    st.tuples(st.just("pass"), st.sampled_from([1, 16, 40]), st.none()),
)


class Counter:
    """One small session and a few people who want it."""

    def __init__(self, clinic, session_id, people):
        self.clinic, self.session_id, self.people = clinic, session_id, people

    async def act(self, verb, who, when):
        if verb == "pass":
            await self.let_time_pass(who)
            return
        everybody = self.people if who is None else [self.people[who]]
        acts = (getattr(self, verb)(hat, when) for hat in everybody)
        for answer in await asyncio.gather(*acts, return_exceptions=True):
            if answer is not None and not isinstance(answer, Refused):
                raise answer

    async def hold(self, hat, when):
        await self.clinic.hold(hat, self.session_id, starts_at=when)

    async def confirm(self, hat, _):
        await self.clinic.place.do(hat, book.confirm, appointment_id=await self.latest(hat))

    async def rush(self, hat, when):
        await self.clinic.hold_in_a_rush(hat, self.session_id, starts_at=when)

    async def rush_to_confirm(self, hat, _):
        await self.clinic.confirm_in_a_rush(hat, await self.latest(hat))

    async def cancel(self, hat, _):
        await self.clinic.cancel(hat, await self.latest(hat))

    async def move(self, hat, when):
        await self.clinic.place.do(
            hat,
            book.reschedule,
            appointment_id=await self.latest(hat),
            session_id=self.session_id,
            starts_at=when,
        )

    async def wait(self, hat, _):
        await self.clinic.place.do(
            hat, book.join_waiting, session_id=self.session_id, person_id=hat.person_id
        )

    async def latest(self, hat):
        """The offers of the waiting list come without being asked for."""
        ids = await self.clinic.place.rows(
            "SELECT id FROM booking.appointment WHERE person_id = $1 AND session_id = $2"
            " ORDER BY stands DESC, id DESC LIMIT 1",
            hat.person_id,
            self.session_id,
        )
        return ids[0][0] if ids else self.session_id

    async def let_time_pass(self, minutes):
        app = self.clinic.app
        app.clock.forward(minutes=minutes)
        while await within(app, WORKER, timers.fire):
            pass
        await deliver(app)

    async def check(self):
        (
            (all_numbers, added, without, held, confirmed, sold_and_free, elsewhere),
        ) = await self.clinic.place.rows(NUMBERS, self.session_id, self.clinic.app.clock())
        assert without + held + confirmed == all_numbers == 4 + added
        assert (sold_and_free, elsewhere) == (0, 0)


async def play(clinic, acts):
    """Play one story with a session, a doctor and people of its own."""
    place = clinic.place
    clinic.app.clock.now = START - timedelta(days=1)
    doctor = await place.appoint("doctor")
    session_id = await clinic.publish(post_id=doctor.post_id)
    people = [await place.resident() for _ in range(PEOPLE)]
    counter = Counter(clinic, session_id, people)
    for act in acts:
        await counter.act(*act)
        await counter.check()


async def test_free_held_and_confirmed_are_always_the_capacity(clinic):
    """IDN-09. Hypothesis is not asynchronous: it runs beside the loop and hands stories over."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ACTS, min_size=4, max_size=14))
    def stories(acts):
        asyncio.run_coroutine_threadsafe(play(clinic, acts), loop).result()

    await asyncio.to_thread(stories)
