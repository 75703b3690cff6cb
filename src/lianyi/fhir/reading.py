"""Resources by id and by version."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, shorter
from lianyi.fhir.answers import Turned
from lianyi.journeys import fhir_desk, fhir_live
from lianyi.kernel.db import Statement
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.presumed import PRESUMED, PresumedHat
from lianyi.kernel.work import App, Tx, looking, reading
from lianyi.records.errors import Deleted, NoSuchResource
from lianyi.records.fhir.index import parameters
from lianyi.records.fhir.terms import Changes

T = TypeVar("T")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Further(Generic[T]):
    """What a look has found needs another one, through what it has opened."""

    complete: Callable[[Tx], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Glance(Generic[T]):
    """A shorter way to an answer: the look that may have it, and how one learns to look so.

    `over`: what asks more than one look can, and still less than the verb.
    """

    look: Callable[[Moment, Sequence[Statement]], Look[T | Further[T]] | None]
    learn: Callable[[Tx], Awaitable[None]]
    over: Callable[[Tx, Sequence[Statement]], Awaitable[T | None]] | None = None


async def read(request: Request) -> Response:
    type, fhir_id = named(request)
    form = shorter.asked(request)
    found = await ask(
        request,
        lambda tx: fhir_desk.read(tx, type=type, fhir_id=fhir_id),
        Glance(partial(fhir_desk.glance, type=type, fhir_id=fhir_id), fhir_desk.learn),
    )
    return _answer(request, form, found.body, found.version, found.recorded_at)


async def vread(request: Request) -> Response:
    type, fhir_id = named(request)
    check_kept(type, "vread")
    number = request.path_params["version"]
    if not number.isdecimal():
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    asked, form = Changes(type, fhir_id, version=int(number)), shorter.asked(request)
    version, *_ = await ask(request, lambda tx: fhir_desk.changes(tx, asked=asked, limit=1))
    if not version.body:
        raise Deleted(type=type, fhir_id=fhir_id)
    return _answer(request, form, version.body, version.version, version.at)


def _answer(
    request: Request, form: shorter.Form, body: str, version: int, at: datetime
) -> Response:
    tell = partial(shorter.stamped, body, version, at, form)
    return answers.resource(request, tell, version, at)


async def ask(
    request: Request, verb: Callable[[Tx], Awaitable[T]], glance: Glance[T] | None = None
) -> T:
    """Run what only reads, as whoever asks.

    `glance` may have the answer in one statement, which also asks what is given to it: whether who
    is presumed to ask still does. Otherwise the verb has the answer.

    :raises SignedOut:
    """
    app: App = request.app.state.lianyi
    presumed: PresumedHat | None = request.scope.get(PRESUMED)
    if glance is None:
        await answers.prove(request)
        return await reading(app, request.scope["user"], verb)
    if presumed:
        found = await _glanced(app, presumed, glance)
        if found is not None:
            return found
    await answers.prove(request)
    return await reading(app, request.scope["user"], lambda tx: _learning(tx, verb, glance))


async def _glanced(app: App, presumed: PresumedHat, glance: Glance[T]) -> T | None:
    hat, over = presumed.actor, glance.over
    found = await looking(app, hat, lambda at: glance.look(at, (presumed.still(at),)))
    if isinstance(found, Further):
        return await reading(app, hat, found.complete)
    if found is not None or over is None:
        return found
    return await reading(app, hat, lambda tx: over(tx, (presumed.still(tx),)))


async def _learning(tx: Tx, verb: Callable[[Tx], Awaitable[T]], glance: Glance[T]) -> T:
    answer = await verb(tx)
    await glance.learn(tx)
    return answer


def check_kept(type: str, interaction: str) -> None:
    """Refuse the history of what its domain tells as it is now.

    :raises Turned:
    """
    if not fhir_live.keeps(type, interaction):
        raise Turned(405, "not-supported", "fhir.no_history", {"type": type})


def named(request: Request) -> tuple[str, str]:
    """Return the type and the id an address names.

    :raises NoSuchResource: nothing can be called so.
    """
    type, fhir_id = request.path_params["type"], request.path_params["id"]
    if type not in parameters() or not ID.fullmatch(fhir_id):
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return type, fhir_id


def typed(request: Request) -> str:
    """Return the type an address names.

    :raises NoSuchResource: there is no such type.
    """
    type: str = request.path_params["type"]
    if type not in parameters():
        raise NoSuchResource(type=type, fhir_id="")
    return type
