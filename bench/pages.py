"""What a resident waits for: the home page, and a health card from its form to its opening."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import uuid4

import httpx
import uvloop
from stdnum.cn import ric

from bench import crowd, running
from bench.figures import percentiles, say
from bench.http import Client
from bench.running import Running
from lianyi.cli import addresses
from lianyi.journeys.card import NOTICE
from lianyi.kernel.work import App

AT_ONCE, EACH = 50, 20
SLOWEST = 250.0  # milliseconds at p99
CARD_SECONDS = 15.0  # IDN-02
PATIENCE, LOOK = 60.0, 0.1
NAME = "江若水"
NEIGHBOURS = """SELECT DISTINCT a.person_id FROM accounts.account a
                JOIN people.card c ON c.person_id = a.person_id
                WHERE a.login IS NULL AND c.state = 'active' LIMIT 1"""
OPENED = """SELECT extract(epoch FROM o.at - a.at)::float AS s FROM kernel.history a
            JOIN kernel.history o ON o.thing = a.thing AND o.thing_id = a.thing_id
              AND o.after = 'active'
            WHERE a.thing = 'people.card' AND a.before IS NULL AND a.at > $1"""


def run() -> None:
    with running.home() as home, running.demo(home) as site:
        uvloop.run(measure(site))


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app:
        await _home(site, app)
        await _cards(site, app)


async def _home(site: Running, app: App) -> None:
    """Ask for one resident's home page, as browsers in one family do."""
    (row,) = await app.pool.fetch(NEIGHBOURS)
    token = await crowd.session_of(app, row["person_id"])
    clients = [Client(site.address, token) for _ in range(AT_ONCE)]
    await _asked(clients, "/", 3)
    (middle, slow) = percentiles(await _asked(clients, "/", EACH))
    (_, floor) = percentiles(await _asked(clients, "/healthz", EACH))
    say(f"home page p50 at {AT_ONCE} at once", middle, "ms", limit=floor, of="/healthz p99")
    say(f"home page p99 at {AT_ONCE} at once", slow, "ms", limit=SLOWEST, of="law")
    await asyncio.gather(*(client.close() for client in clients))


async def _asked(clients: list[Client], path: str, times: int) -> list[float]:
    async def one(client: Client) -> list[float]:
        return [await _timed(lambda: client.get(path)) for _ in range(times)]

    took = await asyncio.gather(*map(one, clients))
    return [each for some in took for each in some]


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await ask()
    return time.perf_counter() - begun


async def _cards(site: Running, app: App) -> None:
    """Open cards all at once; the identity service is the demo's, with a wire of its own."""
    since = app.clock()
    newcomers = [_newcomer(n) for n in range(AT_ONCE)]
    known = addresses.read(site.config)
    async with httpx.AsyncClient(base_url=known.links["identity"]) as http:
        (await http.post("/people", json=newcomers)).raise_for_status()
    guests = await crowd.guests(app, [one["phone"] for one in newcomers])
    await asyncio.gather(*(_apply(site, g, n) for g, n in zip(guests, newcomers, strict=True)))
    took = await _all_opened(app, since)
    _, slow = percentiles(took)
    say(f"card opened p99 at {AT_ONCE} at once", slow, "ms", limit=CARD_SECONDS * 1000, of="IDN-02")


async def _all_opened(app: App, since: datetime) -> list[float]:
    """Wait until the worker has opened every card; return the seconds each took."""
    async with asyncio.timeout(PATIENCE):
        # Another process opens them: there is no event to wait for here.
        while len(rows := await app.pool.fetch(OPENED, since)) < AT_ONCE:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
    return [row["s"] for row in rows]


async def _apply(site: Running, guest: crowd.SignedIn, who: dict[str, str]) -> None:
    client = Client(site.address, guest.token)
    about = {"name": who["name"], "number": who["id_number"], "agreed": "1", "notice": NOTICE}
    answer = await client.post("/card/open", once=uuid4().hex, **about)
    if not answer.location:
        raise RuntimeError(f"{answer.status}: no card was applied for")
    await client.close()


def _newcomer(n: int) -> dict[str, str]:
    body = f"37010219800101{n:03d}"
    number = body + ric.calc_check_digit(body + "0")
    return {"name": NAME, "id_number": number, "phone": f"1990534{n:04d}"}
