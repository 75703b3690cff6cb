"""The least that a server of resources can do: the stored bytes by id, or twenty of a person's.

No rights, no log, no version: what `bench fhir` compares the product with. Started as
`python -m bench.floor FD URL`.
"""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

READ = "SELECT body FROM records.resource WHERE type = $1 AND fhir_id = $2"
SEARCH = """SELECT body FROM records.resource WHERE owner = $1::text::uuid AND type = $2
            ORDER BY at DESC, fhir_id DESC LIMIT 20"""


async def read(request: Request) -> Response:
    row = await request.app.state.pool.fetchrow(READ, *request.path_params.values())
    return Response(row["body"], media_type="application/json")


async def search(request: Request) -> Response:
    person, type = request.query_params["patient"], request.path_params["type"]
    rows = await request.app.state.pool.fetch(SEARCH, person, type)
    entries = ",".join('{"resource":' + row["body"] + "}" for row in rows)
    return Response('{"resourceType":"Bundle","entry":[' + entries + "]}")


@asynccontextmanager
async def life(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(sys.argv[2], min_size=1, max_size=8, reset=_nothing) as pool:
        app.state.pool = pool
        yield


async def _nothing(_: object) -> None:
    """Leave a connection as it is."""


if __name__ == "__main__":
    routes = [Route("/{type}/{id}", read), Route("/{type}", search)]
    config = uvicorn.Config(
        Starlette(routes=routes, lifespan=life), loop="uvloop", http="httptools", log_config=None
    )
    with socket.socket(fileno=os.dup(int(sys.argv[1]))) as door:
        uvicorn.Server(config).run(sockets=[door])
