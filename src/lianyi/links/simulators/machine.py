"""What every simulator has: a home, books, a clock one can move, and faults one can order.

GET, POST /faults   how many of the next requests go wrong, and how
POST /clock         {"ahead_ms": n}: how far this machine is ahead of real time
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.kernel.config import Config
from lianyi.links.simulators.books import Books
from lianyi.links.wire import PAPERS

Count = Annotated[int, Meta(ge=0)]
T = TypeVar("T")


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """How many of the next requests go wrong, and how; what isn't named goes right."""

    lose_request: Count = 0  # never heard
    lose_answer: Count = 0  # heard and acted upon, but the answer never arrives
    refuse: Count = 0  # answered with a refusal of the provider's own
    duplicate: Count = 0  # done twice
    delay_ms: Count = 0  # of every request


F = TypeVar("F", bound=Faults)


class BadForm(Exception):
    """A request of whoever runs the demo can't be read."""


class Machine(Generic[F]):
    def __init__(self, config: Config, name: str, schema: str, faults: F) -> None:
        self.home = config.home / "simulators" / name
        self.customer = config.home / "credentials" / name
        self.books = Books(self.home / "books.sqlite", schema)
        self.faults = faults

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(milliseconds=int(self.books.setting("ahead_ms", "0")))

    def goes_wrong(self, fault: str) -> bool:
        """Return whether this time is one of those ordered to go wrong."""
        left: int = getattr(self.faults, fault)
        setattr(self.faults, fault, max(left - 1, 0))
        return left > 0

    def give(self, papers: object) -> None:
        """Hand a customer the papers it needs."""
        self.give_file(PAPERS, msgspec.json.encode(papers))

    def give_file(self, name: str, content: bytes) -> None:
        """Hand a customer a file, whole or not at all."""
        self.customer.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.customer / (name + ".draft")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.rename(self.customer / name)

    def app(
        self,
        *,
        signed: list[BaseRoute],
        demo: list[BaseRoute],
        work: Callable[[], Coroutine[None, None, None]] | None = None,
    ) -> Starlette:
        """Return the provider's own interface, unreliable on demand, beside that of the demo.

        `work` is what it does unasked, for as long as it lives.
        """
        controls = [
            Route("/faults", self._faults, methods=["GET", "POST"]),
            Route("/clock", self._clock, methods=["POST"]),
        ]
        provider = Mount("/", app=Unreliable(Router(signed), self))
        return Starlette(
            routes=[*controls, *demo, provider],
            lifespan=lambda _: self._life(work),
            exception_handlers={BadForm: _bad_form},
        )

    @asynccontextmanager
    async def _life(
        self, work: Callable[[], Coroutine[None, None, None]] | None
    ) -> AsyncIterator[None]:
        working = asyncio.create_task(work()) if work else None
        yield
        if working:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        self.books.close()

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            self.faults = await form(request, type(self.faults))
        return answer(self.faults)

    async def _clock(self, request: Request) -> Response:
        self.books.set("ahead_ms", str((await form(request, Ahead)).ahead_ms))
        return answer({})


class Ahead(msgspec.Struct):
    ahead_ms: Count


class Unreliable:
    """Stands between the wire and a provider, and loses what it was told to lose."""

    def __init__(self, app: ASGIApp, machine: Machine[F]) -> None:
        self._app = app
        self._machine = machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._machine.faults.delay_ms / 1000)
        if self._machine.goes_wrong("lose_request"):
            await _gone(receive)
        elif self._machine.goes_wrong("lose_answer"):
            await self._app(scope, receive, _unsent)
            await _gone(receive)
        else:
            await self._app(scope, receive, send)


async def _gone(receive: Receive) -> None:
    """Wait until the caller has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unsent(_: Message) -> None:
    """Say nothing."""


async def form(request: Request, kind: type[T]) -> T:
    """Return what whoever runs the demo asks for.

    :raises BadForm:
    """
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as trouble:
        raise BadForm(str(trouble)) from trouble


def answer(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


async def _bad_form(_: Request, trouble: Exception) -> Response:
    return answer({"message": str(trouble)}, 422)
