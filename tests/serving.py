"""An app on a socket in the loop of its test, and gone as soon as the test is.

`uvicorn.Server.serve` looks at its clock ten times a second to see whether it should end, and rests
as long again before it does; hundreds of tests would wait for that.
"""

import asyncio
from contextlib import asynccontextmanager

import uvicorn

LAST_WORDS = 0.1  # seconds for an answer that is on its way


@asynccontextmanager
async def served(asgi, door, **settings):
    """Answer whoever knocks at a listening socket."""
    config = uvicorn.Config(asgi, log_config=None, access_log=False, **settings)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[door])
    await server.on_tick(0)  # the headers of each answer
    try:
        yield
    finally:
        await _end(server)


async def _end(server):
    for each in server.servers:
        each.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    if answering := set(server.server_state.tasks):
        _, slow = await asyncio.wait(answering, timeout=LAST_WORDS)
        for task in slow:
            task.cancel()
    await server.lifespan.shutdown()
