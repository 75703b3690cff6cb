"""A provincial supervision platform over a wire that is signed both ways."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links.signed import SignedWire
from lianyi.links.supervision import Report, Tally

REPORTS = "/v1/reports"
TALLIES = "/v1/tallies"


class Sent(msgspec.Struct, frozen=True):
    key: str
    report: Report


class Said(msgspec.Struct, frozen=True):
    outcome: Outcome
    body: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Inspectorate:
    wire: SignedWire

    async def report(self, key: UUID, report: Report) -> Answer:
        return _answer(*await self.wire.post(REPORTS, Sent(key.hex, report), Said))

    async def ask(self, key: UUID) -> Answer | None:
        status, said = await self.wire.get(f"{REPORTS}/{key.hex}", Said)
        return None if status == HTTPStatus.NOT_FOUND else _answer(status, said)

    async def tally(self, institution: str, day: date) -> Answer:
        path = f"{TALLIES}/{institution}/{day.isoformat()}"
        status, tally = await self.wire.get(path, Tally)
        if tally is None:
            return Answer(Outcome.NO, {"code": str(status)})
        return Answer(Outcome.YES, msgspec.to_builtins(tally))


def _answer(status: int, said: Said | None) -> Answer:
    if said is None:
        return Answer(Outcome.NO, {"code": str(status)})
    return Answer(said.outcome, said.body)
