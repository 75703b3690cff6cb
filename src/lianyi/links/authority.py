"""A certification authority over a wire that is signed both ways."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links.ca import ROOT, Act
from lianyi.links.signed import SignedWire

ACTS = "/v1/acts"


class Asked(msgspec.Struct, frozen=True):
    key: str
    act: Act


class Said(msgspec.Struct, frozen=True):
    outcome: Outcome
    body: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Authority:
    wire: SignedWire

    async def act(self, key: UUID, act: Act) -> Answer:
        return _answer(*await self.wire.post(ACTS, Asked(key.hex, act), Said))

    async def ask(self, key: UUID) -> Answer | None:
        status, said = await self.wire.get(f"{ACTS}/{key.hex}", Said)
        return None if status == HTTPStatus.NOT_FOUND else _answer(status, said)

    def root(self) -> str:
        return (self.wire.papers / ROOT).read_text()


def _answer(status: int, said: Said | None) -> Answer:
    if said is None:
        return Answer(Outcome.NO, {"code": str(status)})
    return Answer(said.outcome, said.body)
