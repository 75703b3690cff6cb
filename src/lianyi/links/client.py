"""The one way to speak HTTP to a neighbour; apart, because httpx is slow to import."""

import logging
import ssl
from functools import cache

import httpx

from lianyi.links.wire import Unanswered

PATIENCE = httpx.Timeout(10.0, connect=3.0)  # seconds


def opened(timeout: httpx.Timeout = PATIENCE) -> httpx.AsyncClient:
    """Return a client for all neighbours. Plain HTTP is loopback's and never goes by a proxy."""
    quiet()
    direct = {"http://": httpx.AsyncHTTPTransport(verify=trust())}
    return httpx.AsyncClient(timeout=timeout, mounts=direct, verify=trust())


@cache
def trust() -> ssl.SSLContext:
    """Return the authorities that vouch for names. They are read once: it takes 30 ms."""
    return httpx.create_ssl_context()


def quiet() -> None:
    """Keep whole addresses out of the log: one may hold a phone number."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Return what the neighbour said, a refusal included.

    :raises Unanswered: when it said nothing, or that it is in trouble itself.
    """
    try:
        answer = await client.send(request)
    except httpx.TransportError as trouble:
        raise Unanswered from trouble
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise Unanswered
    return answer
