"""Operations that change something: read first, done in one transaction, told afterwards.

By itself or as an entry of a batch one is a transaction of its own; in a transaction it is done
with the rest or not at all.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, asking, writing
from lianyi.fhir.answers import Body, Handler
from lianyi.fhir.asking import Given
from lianyi.journeys.fhir_booking import Kept
from lianyi.kernel.work import Tx, within


@dataclass(frozen=True, slots=True)
class Did:
    """What came of it; an appointment, where there is one to tell of."""

    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done: `verb` does it, `tell` says what came of it."""

    verb: Callable[[Tx], Awaitable[Did]]
    tell: Callable[[Request, Did], Body]


Reader: TypeAlias = Callable[[str, Given], Deed]  # of the id in the address, if one is there


def doing(read: Reader) -> Handler:
    """Return what answers an operation that `read` understands."""

    async def handle(request: Request) -> Response:
        given = await asking.read(request)
        deed = read(request.path_params.get("id", ""), given)
        hat = request.scope["user"]
        did = await within(
            request.app.state.lianyi,
            hat,
            deed.verb,
            once=writing.once_of(request, (hat.subject_id, given.pairs), Did),
        )
        return answers.written(request, deed.tell(request, did))

    return handle
