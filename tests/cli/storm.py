"""What every storm of deaths needs: people who press again, victims, and books to read after."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx

from lianyi.kernel.work import GONE

PATIENCE = 60.0  # seconds for one person, deaths included
PAUSE = 0.25  # between two presses: who asks more often takes the machine from what gets up again
WAITING = """SELECT 1 FROM kernel.outbox WHERE delivered_at IS NULL
             UNION ALL SELECT 1 FROM billing.refund WHERE state IN ('planned', 'sent') LIMIT 1"""
BALANCE = "SELECT sum(debit_fen)::int AS debit, sum(credit_fen)::int AS credit FROM billing.entry"


async def ask(press):
    """Press until there is an answer that is neither silence nor 'try again shortly'."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                page = await press()
            except httpx.TransportError:
                page = None
            if page is not None and page.status not in {500, 503}:
                return page
            await asyncio.sleep(PAUSE)


async def look(app, sql, *values):
    """Ask the database, which may just be getting up."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await app.pool.fetch(sql, *values)
            except GONE:
                await asyncio.sleep(0.1)


async def storm(running, acts, victims):
    done = asyncio.gather(*acts)
    for victim in victims:
        await asyncio.to_thread(running.kill, victim)
    await done


async def drained(app):
    """Return when every event has been handed on and all money on its way has arrived."""
    deadline = time.monotonic() + PATIENCE
    while await look(app, WAITING):
        assert time.monotonic() < deadline, "the outbox does not drain"
        await asyncio.sleep(0.1)


def received(home):
    """Return what the payment provider's own books say it took and gave back, in fen."""
    with closing(sqlite3.connect(Path(home) / "simulators/payment/books.sqlite")) as books:
        (taken,) = books.execute("SELECT total(total) FROM trade WHERE state = 'SUCCESS'")
        (returned,) = books.execute(
            "SELECT total(amount) FROM refund WHERE returned_at IS NOT NULL"
        )
    return taken[0], returned[0]


def settled(home):
    """Return how many settlements of the network's institutions stand in the agency's own books."""
    with closing(sqlite3.connect(Path(home) / "simulators/insurer/books.sqlite")) as books:
        (count,) = books.execute(
            "SELECT count(*) FROM settlement s WHERE institution <> '' AND cancels IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM settlement c WHERE c.cancels = s.id)"
        )
    return count[0]
