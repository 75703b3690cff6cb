"""Browsers of residents, signed in without the door."""

from contextlib import asynccontextmanager

import httpx

from lianyi.accounts import queries
from lianyi.accounts import service as accounts
from lianyi.journeys import sign_in
from lianyi.kernel.live import Hub
from lianyi.web.pages import ROUTES
from lianyi.web.session import COOKIE
from lianyi.web.site import site
from tests.web.test_sign_in import Reader


async def opened(place, hat):
    """Open the session of a resident with a phone of their own and return its token."""
    phone = f"138{hat.person_id.int % 10**8:08d}"
    await place.do(place.office, accounts.move_phone, person_id=hat.person_id, phone=phone)
    code_id = await place.do(place.office, accounts.new_code, phone=phone)
    _, code = await place.ask(place.office, accounts.code_to_send, code_id=code_id)
    return (await place.do(place.office, sign_in.by_phone, phone=phone, code=code)).token


async def act_for(place, token, person_id):
    """Switch a session to somebody else's affairs."""
    session = (await place.ask(place.office, queries.sessions, tokens=[token]))[token]
    await place.do(session.hat, sign_in.act_for, session=session, person_id=person_id)


@asynccontextmanager
async def browsing(app, token, faces=None):
    """Lend a browser with this session, on the given site or one of its own."""
    transport = httpx.ASGITransport(faces or site(app, Hub(), ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="https://lianyi.test") as http:
        http.cookies.set(COOKIE, token)
        yield Reader(http)
