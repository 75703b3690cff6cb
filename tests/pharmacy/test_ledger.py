"""Whatever a pharmacy and its patients do in whatever order: every pack is in one place."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.kernel.refusal import Refused
from lianyi.pharmacy import model, service
from tests.pharmacy.make import HOME, SELF, Counter, want

PEOPLE = 2
# What every pack is, told by the packs and by the sales.
PACKS = """SELECT count(*) AS packs,
    count(*) FILTER (WHERE s.id IS NULL) AS on_the_shelf,
    count(*) FILTER (WHERE x.state IN ('to_pick', 'billed', 'ready')) AS in_hand,
    count(*) FILTER (WHERE x.state IN ('on_the_way', 'missed')) AS on_the_way,
    count(*) FILTER (WHERE x.state IN ('handed_over', 'returned', 'refused')) AS gone,
    count(*) FILTER (WHERE x.state IN ('declined', 'withdrawn', 'lapsed')) AS lost,
    count(*) FILTER (WHERE s.id IS NULL AND r.trace_code IS NOT NULL) AS back_on_the_shelf
  FROM pharmacy.pack p JOIN pharmacy.batch b ON b.id = p.batch_id
  LEFT JOIN pharmacy.scan s ON s.trace_code = p.trace_code AND s.undone_at IS NULL
  LEFT JOIN pharmacy.sale x ON x.id = s.sale_id
  LEFT JOIN pharmacy.returned r ON r.trace_code = p.trace_code
  WHERE b.institution_id = $1"""
# Lines with more packs than prescribed, or sales that left with fewer.
WRONG = """SELECT count(*) FROM pharmacy.line l JOIN pharmacy.sale x ON x.id = l.sale_id,
    LATERAL (SELECT count(*) AS scanned FROM pharmacy.scan s WHERE s.sale_id = l.sale_id
             AND s.number = l.number AND s.undone_at IS NULL) AS s
  WHERE x.institution_id = $1 AND (s.scanned > l.packs OR s.scanned < l.packs
    AND x.state IN ('billed', 'ready', 'on_the_way', 'missed', 'handed_over', 'returned',
      'refused'))"""
PROMISED = """SELECT coalesce(sum(l.packs - (SELECT count(*) FROM pharmacy.scan s
      WHERE s.sale_id = l.sale_id AND s.undone_at IS NULL)), 0)::int
  FROM pharmacy.sale x JOIN pharmacy.line l ON l.sale_id = x.id
  WHERE x.institution_id = $1 AND x.state IN ('accepted', 'unpaid', 'to_pick')"""
WHO = st.integers(0, PEOPLE - 1)
ACTS = st.one_of(
    st.tuples(st.just("receive"), st.integers(1, 3)),
    st.tuples(st.just("choose"), WHO),
    st.tuples(st.just("deliverable"), WHO),
    st.tuples(st.just("take"), WHO),
    st.tuples(st.just("scan"), WHO),
    st.tuples(st.just("pick"), WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("come_back"), WHO),
    st.tuples(st.just("withdraw"), WHO),
    st.tuples(st.just("decline"), WHO),
    st.tuples(st.just("lapse"), st.sampled_from([30, 120, 3000])),
)


class Story:
    """One pharmacy, a few patients, and the newest sale of each."""

    def __init__(self, counter, people):
        self.counter, self.people = counter, people
        self.packs, self.sales, self.in_all = [], {}, 0

    async def act(self, verb, who):
        try:
            await getattr(self, verb)(who)
        except Refused:
            return

    async def do(self, hat, verb, who, **given):
        sale = self.sales.get(who)
        if sale is not None:
            person_id = self.people[who].person_id
            await self.counter.do(hat, verb, person_id=person_id, sale_id=sale.id, **given)

    async def receive(self, many):
        self.packs += await self.counter.receive(many=many)
        self.in_all += many

    async def choose(self, who, delivery=None):
        hat = self.people[who]
        wants = want(packs=who + 1)
        self.sales[who] = await self.counter.choose(wants, hat=hat, delivery=delivery)

    async def deliverable(self, who):
        await self.choose(who, HOME)

    async def accept(self, who):
        if who in self.sales and self.counter.kind is model.SellerKind.HOSPITAL:
            await self.counter.clear(self.sales[who])
            return
        await self.do(self.counter.assistant, service.accept, who)
        await self.do(self.counter.pharmacist, service.approve, who)

    async def take(self, who):
        """Ask, and have it accepted at once."""
        await self.choose(who, HOME if who else None)
        await self.accept(who)

    async def pick(self, who):
        await self.scan(who)
        await self.check(who)

    async def scan(self, who):
        for code in self.packs:
            try:
                await self.do(self.counter.assistant, service.scan, who, text=code)
            except Refused:
                continue

    async def check(self, who):
        if who in self.sales:
            hat, person_id = self.counter.pharmacist, self.people[who].person_id
            sale = self.sales[who]
            checks = frozenset(model.Check)
            await self.counter.do(
                hat, service.tick, person_id=person_id, sale_id=sale.id, checks=checks
            )
            await self.do(hat, service.check, who, others=True)
            await self.counter.clear(sale)

    async def leave(self, who):
        if who in self.sales and self.sales[who].delivers:
            await self.do(self.counter.courier, service.send, who)
            await self.do(self.counter.courier, service.deliver, who, receiver=SELF)
        else:
            await self.do(self.counter.pharmacist, service.hand_over, who, receiver=SELF)

    async def come_back(self, who):
        if who in self.sales and self.sales[who].delivers:
            await self.do(self.counter.courier, service.send, who)
            reason = model.Refused.DAMAGED
            await self.do(self.counter.courier, service.refuse, who, reason=reason)
        else:
            reason = model.Defect.RECALL
            await self.do(self.counter.pharmacist, service.take_back, who, reason=reason)

    async def withdraw(self, who):
        await self.do(self.people[who], service.withdraw, who)

    async def decline(self, who):
        reason = model.Declined.OUT_OF_STOCK
        await self.do(self.counter.assistant, service.decline, who, reason=reason)

    async def lapse(self, minutes):
        self.counter.app.clock.forward(minutes=minutes)
        for sale in self.sales.values():
            await self.counter.lapse(sale)

    async def check_packs(self):
        rows, here = self.counter.place.rows, self.counter.place.id
        ((packs, shelf, in_hand, on_the_way, gone, lost, back),) = await rows(PACKS, here)
        assert packs == self.in_all == shelf + in_hand + on_the_way + gone
        assert (lost, back) == (0, 0)
        assert await rows(WRONG, here) == [(0,)]
        ((promised,),) = await rows(PROMISED, here)
        assert promised <= shelf
        assert await self.counter.free() == shelf - promised


async def play(app, acts, *, hospital):
    counter = await Counter.open(app, hospital=hospital)
    people = [await counter.place.resident() for _ in range(PEOPLE)]
    story = Story(counter, people)
    await story.receive(4)
    for act in acts:
        await story.act(*act)
        await story.check_packs()


async def test_every_pack_is_on_the_shelf_in_hand_or_gone_and_none_is_promised_twice(app):
    """FR-20, DS-18. Hypothesis is not asynchronous: it runs beside the loop, handing stories over.

    The clock only goes on, so that what comes in later expires later too.
    """
    loop = asyncio.get_running_loop()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ACTS, min_size=6, max_size=16), st.booleans())
    def stories(acts, hospital):
        started = app.clock.now
        told = asyncio.run_coroutine_threadsafe(play(app, acts, hospital=hospital), loop)
        told.result()
        app.clock.now = started

    await asyncio.to_thread(stories)
