"""An app whose keys lie at its own address proves itself once they were fetched, by the worker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from starlette.requests import Request

from lianyi.accounts.model.apps import Proof
from lianyi.journeys import app_keys
from lianyi.journeys.app_tokens import Denied
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.live import Hub
from lianyi.kernel.work import App, within

DOOR = system("smart", NOWHERE)
PATIENCE = 7.0  # seconds: a fetch takes five at most
UNPROVEN = Denied("invalid_client")
T = TypeVar("T")


async def proven(request: Request, proof: Proof, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and once more if a key that could prove the app was worth waiting for.

    Who isn't proven has changed nothing: their assertion is as good as before.
    """
    answer = await ask()
    return await ask() if answer == UNPROVEN and await _waited(request, proof) else answer


async def _waited(request: Request, proof: Proof) -> bool:
    """Wait until the keys have come, or long enough; nobody waits for what nobody fetches."""
    app: App = request.app.state.lianyi
    hub: Hub = request.app.state.live
    client_id = app_keys.claimed(proof)
    if client_id is None:
        return False
    with hub.subscribe([app_keys.topic(client_id)]) as names:
        asked = partial(app_keys.ask, client_id=client_id, proof=proof)
        if not await within(app, DOOR, asked):
            return False
        with suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(PATIENCE):
                await anext(names)
    return True
