"""Websockets by which an app is told: `bind`, then `ping`, or the Bundles of the Backport.

Source: FHIR R4, http://hl7.org/fhir/R4/subscription.html (websocket). Nobody answers a ping; what
was sent counts as heard once the line has outlived a round of the protocol's own pings, so whoever
loses the line before is told again when it binds anew.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lianyi.fhir.subscriptions import SOCKET
from lianyi.journeys import fhir_notices, fhir_subscriptions
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.live import Told
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import within
from lianyi.records.fhir import subscriptions as mapping
from lianyi.records.model.subscriptions import Notice, Subscription

TELLER = system("fhir.socket", NOWHERE)
PATIENCE = 30  # seconds until somebody who came must have said what for
MOST = 50  # subscriptions of one socket
LONGEST = 300  # letters of a message
BIND, BIND_BY_TOKEN = "bind", "bind-with-token"
NOT_ALLOWED, TROUBLE, STOPPING = 1008, 1011, 1012  # RFC 6455, section 7.4; its registry


async def serve(socket: WebSocket) -> None:
    """Tell a program what it has bound, until either side goes."""
    await socket.accept()
    async with asyncio.TaskGroup() as tellers:
        await _receive(socket, tellers)


async def _receive(socket: WebSocket, tellers: asyncio.TaskGroup) -> None:
    told: dict[UUID, asyncio.Task[None]] = {}
    try:
        while len(told) < MOST:
            async with asyncio.timeout(None if told else PATIENCE):
                text = await socket.receive_text()
            id = await _bound(socket, text)
            if id is None:
                break
            await socket.send_text(f"bound {id}")
            if id not in told:
                told[id] = tellers.create_task(_teller(socket, id))
    except WebSocketDisconnect:
        return
    except (TimeoutError, KeyError):  # nobody said anything, or bytes, which nobody agreed on
        pass
    finally:
        for task in told.values():
            task.cancel()
    await _leave(socket, NOT_ALLOWED)


async def _bound(socket: WebSocket, text: str) -> UUID | None:
    """Return which subscription a message binds. None: it may bind none."""
    verb, _, named = text[:LONGEST].strip().partition(" ")
    app, hat = socket.app.state.lianyi, socket.scope.get("user")
    try:
        if verb == BIND_BY_TOKEN:
            return await within(app, TELLER, partial(fhir_subscriptions.bind_by_token, token=named))
        if verb == BIND and isinstance(hat, Actor):
            one = await within(app, hat, partial(fhir_subscriptions.read, fhir_id=named))
            return one.id
    except Refused:
        return None
    return None


async def _teller(socket: WebSocket, id: UUID) -> None:
    try:
        with socket.app.state.live.subscribe([fhir_notices.topic(id)]) as names:
            why = await _tell(socket, id, names)
    except (WebSocketDisconnect, RuntimeError):  # it has gone, and was perhaps told so
        return
    except Refused:
        why = TROUBLE
    await _leave(socket, why)


async def _tell(socket: WebSocket, id: UUID, names: AsyncIterator[Told]) -> int:
    """Tell one subscription's notices in their order, as they come; return why it ends."""
    app, clock, last = socket.app.state.lianyi, asyncio.get_running_loop().time, 0
    proven: float = socket.app.state.proven.total_seconds()
    sent: deque[tuple[int, float]] = deque()
    heard = _next(names)
    while True:
        take = partial(fhir_notices.take, subscription_id=id, after=last)
        one, notices = await within(app, TELLER, take)
        if one is None:
            return NOT_ALLOWED
        if notices:
            await _send(socket, one, notices)
            last = notices[-1].n
            sent.append((last, clock() + proven))
            continue
        pause = max(sent[0][1] - clock(), 0) if sent else None
        done, _ = await asyncio.wait({heard}, timeout=pause)
        if done:
            if heard.result() is None:
                return STOPPING
            heard = _next(names)
        through = [sent.popleft()[0] for _ in range(sum(at <= clock() for _, at in sent))]
        if through:
            took = partial(fhir_notices.took, subscription_id=id, through=through[-1])
            await within(app, TELLER, took)


async def _send(socket: WebSocket, one: Subscription, notices: Sequence[Notice]) -> None:
    if mapping.is_pinged(one):
        await socket.send_text(mapping.ping(one.id))
        return
    for notice in notices:
        await socket.send_text(mapping.bundle(one, notice))


async def _leave(socket: WebSocket, why: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(why)


def _next(names: AsyncIterator[Told]) -> asyncio.Task[Told | None]:
    async def name() -> Told | None:
        return await anext(names, None)

    return asyncio.ensure_future(name())


ROUTE = WebSocketRoute(SOCKET, serve)
