"""Hears what the payment provider tells unasked, and believes only what it has signed.

Any answer but a success makes the provider tell it again; booking it twice changes nothing.
"""

from asyncio import to_thread
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import pay
from lianyi.journeys.pay import Notice
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.refusal import Unavailable
from lianyi.kernel.work import within

PATH = "/notices/payment"
MOST = 64 * 1024  # bytes; a notification has about one and a half thousand
PROVIDER = system("payment_notice", NOWHERE)
Reader = Callable[[Mapping[str, str], bytes], Notice]


class NoPapers(Unavailable):
    """The provider's certificates aren't there, so nothing it says can be checked."""


async def hear(request: Request) -> Response:
    body = await _body(request)
    notice = await _checked(request, body)
    await within(request.app.state.lianyi, PROVIDER, lambda tx: pay.hear(tx, notice))
    return Response(status_code=204)


async def _checked(request: Request, body: bytes) -> Notice:
    read: Reader = request.app.state.payment_notices
    try:
        return await to_thread(read, dict(request.headers), body)
    except OSError as trouble:
        raise NoPapers from trouble


async def _body(request: Request) -> bytes:
    """Return the body, refused while it still arrives if it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            raise HTTPException(413)
    return bytes(body)


ROUTES = (Route(PATH, hear, methods=["POST"]),)
