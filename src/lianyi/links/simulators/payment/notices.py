"""Tells the merchant what has happened, and repeats it until the merchant has heard.

What is owed lies in the books, so a provider that was killed still tells it.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any

import httpx
import msgspec

from lianyi.links.client import trust
from lianyi.links.simulators.machine import Count, Faults, Machine
from lianyi.links.simulators.payment.seals import Seals

PAUSES = (1, 3, 10, 30, 180, 600, 1800, 3600)  # seconds; the real provider begins at 15
AT_ONCE = 20
PATIENCE = 5.0  # seconds, as the real provider has
MS = 1000
SUMMARY = {"transaction": "支付成功", "refund": "退款成功"}


class PaymentFaults(Faults):
    lose_notification: Count = 0  # not heard; it is repeated after a pause
    late_notification_ms: Count = 0  # of every first try
    refuse_payer: Count = 0  # the payer's bank says no
    slow_refund: Count = 0  # answered PROCESSING, the money arrives with /demo/refunds/finish


class Notices:
    def __init__(self, machine: Machine[PaymentFaults], seals: Seals) -> None:
        self._machine = machine
        self._books = machine.books
        self._seals = seals
        self._owed = asyncio.Event()

    def owe(self, url: str, event: str, resource: Mapping[str, Any]) -> None:
        """Write down what has to be told, in the transaction of what has happened."""
        if not url:
            return
        late = self._machine.faults.late_notification_ms / MS
        for _ in range(2 if self._machine.goes_wrong("duplicate") else 1):
            self._books.run(
                "INSERT INTO notice (id, url, event, resource, due) VALUES (?, ?, ?, ?, ?)",
                str(uuid.uuid4()),
                url,
                event,
                json.dumps(resource, ensure_ascii=False),
                time.time() + late,
            )
        self._owed.set()

    async def work(self) -> None:
        """Tell what is due, for as long as the provider lives."""
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=trust()) as client:
            while True:
                self._owed.clear()
                due = self._books.all(
                    "SELECT * FROM notice WHERE NOT heard AND due <= ? ORDER BY due LIMIT ?",
                    time.time(),
                    AT_ONCE,
                )
                await asyncio.gather(*(self._tell(client, notice) for notice in due))
                if not due:
                    await self._rest()

    async def _rest(self) -> None:
        """Wait for something new, or for the next try."""
        row = self._books.one("SELECT min(due) AS due FROM notice WHERE NOT heard")
        next_try = None if row is None or row["due"] is None else row["due"] - time.time()
        try:
            await asyncio.wait_for(self._owed.wait(), next_try and max(next_try, 0))
        except TimeoutError:
            return

    async def _tell(self, client: httpx.AsyncClient, notice: Row) -> None:
        if await self._is_heard(client, notice):
            self._books.run("UPDATE notice SET heard = 1 WHERE id = ?", notice["id"])
            return
        pause = PAUSES[min(notice["tries"], len(PAUSES) - 1)]
        self._books.run(
            "UPDATE notice SET tries = tries + 1, due = ? WHERE id = ?",
            time.time() + pause,
            notice["id"],
        )

    async def _is_heard(self, client: httpx.AsyncClient, notice: Row) -> bool:
        if self._machine.goes_wrong("lose_notification"):
            return False
        body = self._body(notice)
        headers = {"Content-Type": "application/json", **self._seals.headers(body)}
        try:
            answer = await client.post(notice["url"], content=body, headers=headers)
        except httpx.TransportError:
            return False
        return answer.is_success

    def _body(self, notice: Row) -> bytes:
        kind = "refund" if notice["event"].startswith("REFUND") else "transaction"
        sealed = self._seals.sealed(notice["resource"], kind)
        return msgspec.json.encode(
            {
                "id": notice["id"],
                "create_time": datetime.now(UTC).isoformat(timespec="seconds"),
                "event_type": notice["event"],
                "resource_type": "encrypt-resource",
                "summary": SUMMARY[kind],
                "resource": {**sealed, "original_type": kind},
            }
        )
