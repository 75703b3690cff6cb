"""The one place that builds things and joins them.

Whole floors are imported by the process that is made of them: a start is as fast as its imports.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec

from lianyi.kernel import demo, live, loop
from lianyi.kernel.config import Config
from lianyi.kernel.crypto import load_keys
from lianyi.kernel.db import Db
from lianyi.kernel.ids import Ids
from lianyi.kernel.listen import listen
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.links import Links

if TYPE_CHECKING:
    from asyncpg import Connection, Pool, Record
    from starlette.applications import Starlette

    from lianyi.web.demo import Message
    from lianyi.web.notify import Reader

ROLE = {
    "role": "lianyi_app",
    "timezone": "UTC",
    "standard_conforming_strings": "on",
    # To plan a booking anew each time costs more than to do it; and a plan that depends on no value
    # is one that can be tried.
    "plan_cache_mode": "force_generic_plan",
    # Such a plan may be made while a table is small, and then be kept until it no longer is.
    "enable_seqscan": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # there are more who ask than there are cores
}
PATIENCE = "30s"  # of who waits at a page or for an answer, for one statement
STATEMENTS = 200  # that a connection keeps, for good: most pages need less than ten


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def pool(config: Config, patience: str = "0") -> AsyncIterator["Pool[Record]"]:
    """Lend connections in the app's role. No state may be left on one: nothing resets it.

    A statement that goes beyond `patience` is broken off; "0" waits for ever.
    """
    async with asyncpg.create_pool(
        config.database_url,
        min_size=1,
        max_size=config.pool_size,
        server_settings={**ROLE, "statement_timeout": patience},
        statement_cache_size=STATEMENTS,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0,
        reset=_leave_as_it_is,
    ) as connections:
        yield connections


async def _leave_as_it_is(_: Db) -> None:
    """Save the round trip of a reset: state lives in transactions only."""


def app(config: Config, pool: "Pool[Record]", clock: Callable[[], datetime] = now) -> App:
    keys = load_keys(config.home / "keys")
    return App(pool, clock, Ids(), keys, Scribe(pool), config.home / "files", now)


@asynccontextmanager
async def running(config: Config, hub: Hub | None) -> AsyncIterator[App]:
    """Lend an app whose clock follows the demo's, and whose hub, if any, hears what changed.

    Only who has a hub is waited for by somebody; the worker's statements take their time.
    """
    clock = demo.Clock(now)
    patience = PATIENCE if hub is not None else "0"
    async with loop.watched(), pool(config, patience) as connections:
        async with connections.acquire() as db:
            await clock.read(db)
        ear = asyncio.create_task(_listen(config, clock, hub))
        try:
            yield app(config, connections, clock)
        finally:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear


async def _listen(config: Config, clock: demo.Clock, hub: Hub | None) -> None:
    async def connect() -> "Connection[Record]":
        return await asyncpg.connect(config.database_url, server_settings=ROLE)

    async def again(db: Db) -> None:
        await clock.read(db)
        if hub is not None:
            hub.again()

    heard = {demo.CHANNEL: clock.heard, **({} if hub is None else {live.CHANNEL: hub.heard})}
    await listen(connect, heard, again)


def web(config: Config) -> "Starlette":
    """Return the faces. The app comes to life with the server that runs them."""
    from lianyi.fhir import routes
    from lianyi.smart import routes as smart
    from lianyi.web import pages, site

    hub = Hub()

    @asynccontextmanager
    async def lifespan(starlette: "Starlette") -> AsyncIterator[None]:
        async with running(config, hub) as app:
            starlette.state.lianyi = app
            starlette.state.inbox = partial(_inbox, config)
            starlette.state.payer = partial(_pay, config)
            starlette.state.public_url = config.public_url
            starlette.state.payment_notices = _payment_notices(config)
            loop.settle()
            yield

    faces = (*pages.ROUTES, *smart.ROUTES, *routes.ROUTES)
    readers = (*site.READERS, *smart.READERS)
    return site.site(None, hub, faces, lifespan=lifespan, sessions=readers)


def _payment_notices(config: Config) -> "Reader":
    """Return what tells a notification of the payment provider from a forged one."""
    from lianyi.links.wechat_notices import Notices

    return Notices(config.home / "credentials" / "payment", now).read


async def _inbox(config: Config, phone: str) -> list["Message"]:
    """Ask the demo's carrier what it brought to a phone."""
    from lianyi.links import client as http
    from lianyi.web.demo import Message

    async with http.opened() as client:
        found = await client.get(f"{_url(config, 'sms')}/inbox", params={"phone": phone})
    return msgspec.json.decode(found.content, type=list[Message])


async def _pay(config: Config, code_url: str) -> bool:
    """Let the demo's payer scan a code and pay; return whether the provider took the money."""
    from lianyi.links import client as http
    from lianyi.links.wire import Unanswered

    code = parse_qs(urlsplit(code_url).query)["pr"][0]
    async with http.opened() as client:
        asked = client.build_request("POST", f"{_url(config, 'payment')}/demo/pay/{code}")
        try:
            return (await http.send(client, asked)).is_success
        except Unanswered:  # a payer's phone says so too: try again
            return False


@asynccontextmanager
async def links(config: Config, clock: Callable[[], datetime]) -> AsyncIterator[Links]:
    """Lend the neighbours. What each provider gave us lies in LIANYI_HOME/credentials/<name>."""
    from lianyi.links import client as http
    from lianyi.links.agency import Agency
    from lianyi.links.aliyun import AliyunSms
    from lianyi.links.authority import Authority
    from lianyi.links.inspectorate import Inspectorate
    from lianyi.links.province import IdentityProvider
    from lianyi.links.signed import SignedWire
    from lianyi.links.webhooks import WebHooks
    from lianyi.links.wechat import WechatPayments
    from lianyi.web.notify import PATH

    papers = config.home / "credentials"
    async with http.opened() as client:
        yield Links(
            sms=AliyunSms(client, _url(config, "sms"), papers / "sms", clock, now),
            identity=IdentityProvider(
                SignedWire(client, _url(config, "identity"), papers / "identity", now)
            ),
            payments=WechatPayments(
                _url(config, "payment"), papers / "payment", config.public_url + PATH
            ),
            ca=Authority(SignedWire(client, _url(config, "ca"), papers / "ca", now)),
            insurer=Agency(
                SignedWire(client, _url(config, "insurer"), papers / "insurer", now), clock
            ),
            supervision=Inspectorate(
                SignedWire(client, _url(config, "supervision"), papers / "supervision", now)
            ),
            hooks=WebHooks(at_home=config.demo),
        )


def _url(config: Config, name: str) -> str:
    """Return where a neighbour is; an errand to one that isn't set stays unknown."""
    return config.links[name].url if name in config.links else ""


async def worker(config: Config, stop: asyncio.Event) -> None:
    """Deliver, run errands and timers until told to stop; what has begun is ended."""
    from lianyi.worker import run as worker_run

    async with running(config, None) as app, links(config, app.clock) as neighbours:
        loop.settle()
        await worker_run.run(app, neighbours, stop)
