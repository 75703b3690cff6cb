"""What machines ask: does the process live, may it be sent people, what has it counted."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lianyi.kernel import schema
from lianyi.kernel.work import GONE, App

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where all processes of an installation keep their counts
PATIENCE = 2.0  # seconds


async def healthz(_: Request) -> Response:
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Say whether the database answers and has the schema this program was written for."""
    trouble = await _trouble(request.app.state.lianyi)
    status = 503 if trouble else 200
    return JSONResponse({"ready": not trouble, "trouble": trouble}, status)


async def _trouble(app: App) -> str:
    try:
        async with app.pool.acquire(timeout=PATIENCE) as db:
            at_head = await schema.revision(db) == schema.head()
    except GONE:
        return "database away"
    return "" if at_head else "schema not at head"


async def metrics(_: Request) -> Response:
    registry = REGISTRY
    if SHARED in os.environ:  # prometheus_client itself is told by this variable, at its import
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


ROUTES = (
    Route("/healthz", healthz, name="healthz"),
    Route("/readyz", readyz, name="readyz"),
    Route("/metrics", metrics, name="metrics"),
)
