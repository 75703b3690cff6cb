"""Whoever signs, and the authority's simulator that holds their keys."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from lianyi.journeys import sign
from lianyi.kernel import timers
from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import within
from lianyi.links import Links
from lianyi.links.authority import Authority
from lianyi.links.signed import SignedWire
from lianyi.signatures import queries, service
from lianyi.worker.deliver import WORKER
from lianyi.worker.errands import Runner, run_due
from tests.drain import deliver
from tests.links import provider as providers
from tests.links.provider import now

PIN = "271828"
NOTE = "门诊病历：头晕 3 天"


def digest(text=NOTE):
    return sm3(text.encode()).hex()


@dataclass
class Hall:
    """One place, the authority, and a worker that goes to and fro."""

    place: object
    authority: object

    @property
    def app(self):
        return self.place.app

    @property
    def links(self):
        wire = SignedWire(self.authority.client, self.authority.url, self.authority.papers, now)
        nobody = dict.fromkeys(Links.__slots__)
        return Links(**{**nobody, "ca": Authority(wire)})

    async def work(self):
        """Hand on events and run the errands that are due, until there is nothing."""
        while await deliver(self.app) + await run_due(Runner(self.app, self.links)):
            pass

    async def later(self, **by):
        """Let time pass here, and do what it makes due."""
        self.app.clock.forward(**by)
        await set_clock(self.app, self.authority)
        while await within(self.app, WORKER, timers.fire):
            pass
        await self.work()

    async def certify(self, hat, pin=PIN):
        await self.place.do(hat, sign.ask_certificate, pin=pin)
        await self.work()
        return (await self.own(hat)).certificate

    async def unlock(self, hat, pin=PIN):
        self.app.clock.forward(seconds=1)
        await self.place.do(hat, sign.unlock, pin=pin)
        await self.work()
        return (await self.own(hat)).unlocking

    async def signer(self, role):
        """Return a hat with a certificate and an open key."""
        hat = await self.place.appoint(role)
        await self.certify(hat)
        await self.unlock(hat)
        return hat

    async def ask(self, hat, subject, text=NOTE):
        self.app.clock.forward(seconds=1)
        return await self.place.do(
            hat, service.ask, subject=subject, digest=digest(text), document=subject[1]
        )

    async def sign(self, hat, subject, text=NOTE):
        await self.ask(hat, subject, text)
        await self.work()
        return await self.newest(subject)

    async def own(self, hat):
        return await self.place.ask(hat, queries.own)

    async def newest(self, subject):
        found = await self.place.ask(self.place.office, queries.of, subject=subject)
        return found[-1] if found else None

    async def check(self, subject, text=NOTE):
        found = await self.place.ask(
            self.place.office,
            queries.checked,
            subjects=[subject],
            digests={subject[1]: digest(text)},
        )
        return found[subject[1]]

    def subject(self, type="note"):
        return type, self.app.ids.new(self.app.clock())

    async def kept(self, hat):
        """Return everything that is kept sealed about a post's key and errands, opened."""
        rows = await self.place.rows(
            """WITH things AS (
                 SELECT id, pin AS kept FROM signatures.certificate WHERE post_id = $1
                 UNION ALL SELECT id, pin FROM signatures.unlocking WHERE post_id = $1
                 UNION ALL SELECT id, token FROM signatures.unlocking WHERE post_id = $1
                 UNION ALL SELECT id, NULL FROM signatures.signature WHERE post_id = $1)
               SELECT kept FROM things WHERE kept IS NOT NULL
               UNION ALL SELECT request FROM kernel.errand
               WHERE thing_id IN (SELECT id FROM things) AND request IS NOT NULL""",
            hat.post_id,
        )
        return [self.app.keys.open_text(sealed) for (sealed,) in rows]


async def set_clock(app, authority):
    """Bring the authority to the time it is here; while it is away, that changes nothing."""
    ahead = (app.clock() - now()) // timedelta(milliseconds=1)
    await authority.post("/clock", {"ahead_ms": ahead})


@asynccontextmanager
async def hall(place, home):
    async with providers.running(home, "ca") as authority:
        await set_clock(place.app, authority)
        yield Hall(place, authority)
