"""The worker's day: what it does again and again until it is told to stop."""

import asyncio

from lianyi.accounts import service as accounts
from lianyi.journeys import book, sign_in
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.once import BATCH, KEPT
from lianyi.worker import run
from lianyi.worker.errands import AT_ONCE
from tests.booking.make import Clinic
from tests.journeys.outside import only
from tests.place import Place

PATIENCE = 60  # seconds, for a machine with much else to do
TAKEN = """INSERT INTO kernel.once (post_id, key, fingerprint, at)
           SELECT gen_random_uuid(), 'long ago ' || n, '', $1 FROM generate_series(1, $2::int) n"""
LEFT = "SELECT count(*) FROM kernel.once WHERE key LIKE 'long ago %'"


async def test_what_nobody_needs_any_more_is_forgotten_batch_after_batch(app):
    """A batch an hour would never come to an end where many write."""
    await app.pool.execute(TAKEN, app.clock() - 2 * KEPT, 2 * BATCH + 1)
    stop = asyncio.Event()
    day = asyncio.create_task(run.run(app, None, stop))  # no neighbour is asked for anything
    async with asyncio.timeout(PATIENCE):
        while await app.pool.fetchval(LEFT):  # noqa: ASYNC110 - a database has no event
            await asyncio.sleep(0.02)
    stop.set()
    await day


class Carrier:
    """Takes a code at once; for all else it takes its time."""

    def __init__(self):
        self.code, self.free = asyncio.Event(), asyncio.Event()

    async def send(self, _, message):
        if message.template == "phone_code":
            self.code.set()
        else:
            await self.free.wait()
        return Answer(Outcome.YES, {})

    async def ask(self, *_):
        return None


async def test_a_code_waits_for_no_heap_of_other_texts(app):
    place, carrier, stop = await Place.found(app), Carrier(), asyncio.Event()
    clinic = await Clinic.open(place)
    hat, id = await clinic.booked(await clinic.publish())
    phone = f"138{hat.person_id.int % 10**8:08d}"
    await place.do(place.office, accounts.move_phone, person_id=hat.person_id, phone=phone)
    for _ in range(2 * AT_ONCE):
        await place.do(place.office, errand.plan, kind=book.TELL.kind, thing_id=id)
    day = asyncio.create_task(run.run(app, only(sms=carrier), stop))
    async with asyncio.timeout(PATIENCE):
        await place.do(place.office, sign_in.send_code, phone=phone)
        await carrier.code.wait()
    stop.set()
    carrier.free.set()
    await day
