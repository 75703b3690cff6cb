"""How many open pages one process keeps, and what each costs while nothing happens."""

import asyncio
import os

import uvloop

from bench import crowd, running
from bench.figures import say
from bench.http import Client
from bench.running import Running
from lianyi.kernel import live
from lianyi.kernel.work import App

OPEN = 2000  # streams
AT_ONCE = 100
SETTLE = 2.0  # seconds
PATIENCE = 30.0  # seconds until a stream has not heard
KIB = 1024


def run() -> None:
    with running.home() as home, running.demo(home) as site:
        uvloop.run(measure(site))


async def measure(site: Running) -> None:
    async with crowd.app_of(site) as app:
        people = await crowd.residents(app, OPEN)
        clients = [Client(site.address, one.token) for one in people]
        paths = [f"/live?topics=person/{one.person_id}" for one in people]
        await _follow(clients[:AT_ONCE], paths[:AT_ONCE])  # what the first ones load is no stream's
        before = site.memory("web 0")
        for begin in range(AT_ONCE, OPEN, AT_ONCE):
            await _follow(clients[begin : begin + AT_ONCE], paths[begin : begin + AT_ONCE])
        await asyncio.sleep(SETTLE)
        each = (site.memory("web 0") - before) / (OPEN - AT_ONCE) / KIB
        heard = await _heard(app, clients, [f"person/{one.person_id}" for one in people])
        plain = await _plain()
        say("live connections of one process", heard, "streams", limit=OPEN, of="load")
        say("live connection", each, "KiB", limit=plain, of="bare asyncio streams")
        await asyncio.gather(*(client.close() for client in clients))


async def _heard(app: App, clients: list[Client], names: list[str]) -> int:
    """Say each one's own name, as the relay does, and return how many have heard it."""
    hearing = asyncio.gather(*map(_hears, clients, names))
    async with app.pool.acquire() as db:
        await live.relay(db, names)
    return sum(await hearing)


async def _hears(client: Client, name: str) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await client.hear(name)
    except (TimeoutError, ConnectionError):
        return False
    return True


async def _follow(clients: list[Client], paths: list[str]) -> None:
    await asyncio.gather(*(c.follow(path) for c, path in zip(clients, paths, strict=True)))


async def _plain() -> float:
    """Return the KiB that a connection costs a process that does nothing with it."""
    held: list[object] = []
    server = await asyncio.start_server(lambda r, w: held.append((r, w)), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    before = running.proportional(os.getpid())
    held += [await asyncio.open_connection(*address) for _ in range(OPEN)]
    await asyncio.sleep(SETTLE)
    both = running.proportional(os.getpid()) - before
    server.close()
    return both / 2 / OPEN / KIB
