"""Browsers of members of staff, signed in without the door; the statements of a page."""

from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from lianyi.accounts import queries as accounts_queries
from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.journeys import demo
from lianyi.kernel.live import Hub
from lianyi.web.pages import ROUTES
from lianyi.web.session import COOKIE
from lianyi.web.site import site
from tests.web.test_sign_in import HASH, Reader


async def account_of(place, hat):
    """Give somebody a login and return it with its account."""
    login = f"s{hat.post_id.hex}"
    given = {"password_hash": HASH, "secret": demo.secret(login)}
    await place.do(place.office, accounts.add_staff, login=login, person_id=hat.person_id, **given)
    known = await place.ask(place.office, accounts_queries.credentials, login=login)
    return login, Account(known.account_id, hat.person_id, staff=True)


async def token_of(place, hat, account=None):
    """Open a session that wears this hat and return its token."""
    account = account or (await account_of(place, hat))[1]
    opened = await place.do(hat, lambda tx: accounts.open_session(tx, account=account, hat=hat))
    return opened.token


@asynccontextmanager
async def signed_in(place, hat, account=None):
    """Lend a browser that wears this hat."""
    token = await token_of(place, hat, account)
    transport = httpx.ASGITransport(site(place.app, Hub(), ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="https://lianyi.test") as http:
        http.cookies.set(COOKIE, token)
        yield Reader(http)


@asynccontextmanager
async def counted(app, pool):
    """Lend an app on a pool of one, and the list of statements it sends."""
    sent = []
    async with pool.acquire() as db:
        db.add_query_logger(lambda record: sent.append(record.query))
    yield replace(app, pool=pool), sent
