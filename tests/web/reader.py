"""A browser in miniature: follows forms, keeps cookies, sees what a person sees."""

from contextlib import asynccontextmanager

import httpx

from lianyi.accounts import service as accounts
from lianyi.accounts.model import Account
from lianyi.cli.tour import page as pages
from lianyi.journeys import sign_in
from lianyi.kernel.live import Hub
from lianyi.web.pages import ROUTES
from lianyi.web.session import COOKIE
from lianyi.web.site import site


class Reader:
    def __init__(self, http):
        self.http = http

    async def get(self, path):
        return self._page(await self.http.get(path, follow_redirects=True))

    async def submit(self, page, action, **values):
        form = page.form(action)
        answer = await self.http.post(form.action, data={**form.fields, **values})
        if answer.is_redirect:
            return await self.get(answer.headers["location"])
        return self._page(answer)

    @staticmethod
    def _page(answer):
        return pages.read(answer.status_code, str(answer.url), answer.text)


@asynccontextmanager
async def reading(app):
    transport = httpx.ASGITransport(site(app, Hub(), ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="https://lianyi.test") as http:
        yield Reader(http)


async def by_phone(reader, place, phone):
    """Sign in as whoever holds this phone."""
    place.app.clock.forward(seconds=1)  # only the newest code of a phone is good
    code_id = await place.do(place.office, accounts.new_code, phone=phone)
    _, code = await place.ask(place.office, accounts.code_to_send, code_id=code_id)
    opened = await place.do(place.office, sign_in.by_phone, phone=phone, code=code)
    reader.http.cookies.set(COOKIE, opened.token)
    return opened.account


async def wearing(reader, place, hat):
    """Sit down at a desk in the hat of a member of staff."""
    login = f"c{hat.post_id.hex}"
    account_id = await place.do(
        place.office,
        accounts.add_staff,
        login=login,
        person_id=hat.person_id,
        password_hash="-",
        secret="JBSWY3DPEHPK3PXP",
    )
    account = Account(account_id, hat.person_id, staff=True)

    async def sit_down(tx):
        return await accounts.open_session(tx, account=account, hat=hat)

    opened = await place.do(place.office, sit_down)
    reader.http.cookies.set(COOKIE, opened.token)
