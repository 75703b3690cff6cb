"""The identity check of a province, over a wire that is signed both ways."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links.identity import CHECKS, Check, Claim, Request, Result
from lianyi.links.signed import SignedWire


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    wire: SignedWire

    async def check(self, key: UUID, claim: Claim) -> Answer:
        request = Request(key.hex, claim.name, claim.id_number, claim.phone)
        return _answer(*await self.wire.post(CHECKS, request, Check))

    async def ask(self, key: UUID) -> Answer | None:
        status, check = await self.wire.get(f"{CHECKS}/{key.hex}", Check)
        return None if status == HTTPStatus.NOT_FOUND else _answer(status, check)


def _answer(status: int, check: Check | None) -> Answer:
    if check is None:
        return Answer(Outcome.NO, {"code": str(status)})
    outcome = Outcome.YES if check.result is Result.MATCH else Outcome.NO
    return Answer(outcome, msgspec.to_builtins(check))
