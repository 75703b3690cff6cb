"""Signing in as a browser does it, on the whole site."""

import asyncio

import httpx
import pytest

from lianyi.accounts import service as accounts
from lianyi.accounts.model import FAILURES
from lianyi.cli.tour import page as pages
from lianyi.journeys import demo
from lianyi.kernel.live import Hub
from lianyi.people.model import DOCTOR
from lianyi.web.pages import ROUTES
from lianyi.web.site import CODES, site
from tests import passwords
from tests.place import Place

HASH = passwords.kept(demo.PASSWORD)
SENT = "SELECT id FROM accounts.code WHERE phone_index = $1"


class Reader:
    """A browser in miniature: follows forms, keeps cookies, sees what a person sees."""

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


@pytest.fixture
async def reader(app):
    transport = httpx.ASGITransport(site(app, Hub(), ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="https://lianyi.test") as http:
        yield Reader(http)


@pytest.fixture
def phone(app):
    return f"138{app.ids.new(app.clock()).int % 10**8:08d}"


async def code_of(place, app, phone):
    id = await app.pool.fetchval(SENT, app.keys.digest(phone))
    _, code = await place.do(place.office, accounts.code_to_send, code_id=id)
    return code


@pytest.fixture
async def place(app):
    return await Place.found(app)


@pytest.fixture
async def login(place, app):
    """Return the login of a doctor with one post."""
    hat = await place.appoint(DOCTOR)
    name = f"d{hat.person_id.hex}"
    await place.do(
        place.office,
        accounts.add_staff,
        login=name,
        person_id=hat.person_id,
        password_hash=HASH,
        secret=demo.secret(name),
    )
    return name


async def with_password(reader, app, login, **wrong):
    page = await reader.get("/sign-in/staff")
    proof = {"name": login, "password": demo.PASSWORD, "code": demo.code(login, app.clock())}
    return await reader.submit(page, "/sign-in/staff", **{**proof, **wrong})


async def test_a_page_that_needs_a_hat_leads_to_the_door_and_back(reader):
    page = await reader.get("/desk")
    assert page.form("/sign-in/code").fields["back"] == "/desk"


async def test_a_phone_code_opens_a_session(reader, place, app, phone):
    page = await reader.submit(await reader.get("/sign-in"), "/sign-in/code", phone=phone)
    assert page.says("验证码已发送")
    code = await code_of(place, app, phone)
    wrong = await reader.submit(page, "/sign-in", code=f"{(int(code) + 1) % 10**6:06d}")
    assert (wrong.status, wrong.says("验证码不对或已失效")) == (422, True)
    await reader.submit(wrong, "/sign-in", code=code)
    assert "lianyi" in reader.http.cookies


async def test_one_address_sends_codes_to_only_so_many_phones_an_hour(app, reader, phone, clock):
    """Texts cost money and wake people: whoever asks for all phones does it from somewhere."""
    door = await reader.get("/sign-in")
    phones = [f"139{int(phone[3:]) // 1000:05d}{each:03d}" for each in range(CODES + 1)]
    said = [
        (await reader.submit(door, "/sign-in/code", phone=one)).status for one in phones[:CODES]
    ]
    assert set(said) == {200}
    page = await reader.submit(door, "/sign-in/code", phone=phones[-1])
    assert (page.status, page.says("换用手机流量", "没有发送")) == (429, True)
    assert page.form("/sign-in/code").fields["phone"] == phones[-1]
    assert await app.pool.fetchval(SENT, app.keys.digest(phones[-1])) is None
    elsewhere = httpx.ASGITransport(reader.http._transport.app, client=("192.0.2.7", 1))  # noqa: SLF001
    async with httpx.AsyncClient(transport=elsewhere, base_url="https://lianyi.test") as http:
        other = Reader(http)
        page = await other.submit(await other.get("/sign-in"), "/sign-in/code", phone=phones[-1])
        assert page.says("验证码已发送")
    clock.forward(hours=1)
    assert (await reader.submit(door, "/sign-in/code", phone=phone)).status == 200


@pytest.mark.parametrize("bad", ["12345678901", "1380013800", ""])
async def test_what_is_no_phone_is_said_at_the_field(reader, bad):
    page = await reader.submit(await reader.get("/sign-in"), "/sign-in/code", phone=bad)
    assert (page.status, page.says("手机号")) == (422, True)


async def test_the_way_back_never_leaves_this_site(reader):
    page = await reader.get("/sign-in?back=//elsewhere.test/")
    assert page.form("/sign-in/code").fields["back"] == "/"


async def test_staff_with_one_post_are_in_at_once_sec_02(reader, app, login):
    await with_password(reader, app, login)
    assert "lianyi" in reader.http.cookies


@pytest.mark.parametrize("wrong", [{"password": "not mine"}, {"code": "000000"}, {"name": "who"}])
async def test_one_wrong_part_is_refused_and_it_is_not_said_which(reader, app, login, wrong):
    page = await with_password(reader, app, login, **wrong)
    assert (page.status, page.says("用户名、密码或动态验证码不符")) == (422, True)
    assert "lianyi" not in reader.http.cookies


async def test_an_account_rests_after_five_failures_sec_03(reader, app, login):
    for _ in range(FAILURES):
        await with_password(reader, app, login, password="not mine")
    page = await with_password(reader, app, login)
    assert (page.status, page.says("账号暂停登录")) == (409, True)


async def test_signing_out_ends_the_session_on_the_server(reader, app, login):
    await with_password(reader, app, login)
    token = reader.http.cookies["lianyi"]
    page = await reader.get("/sign-in/post")
    key = page.forms[0].fields
    await reader.http.post("/sign-out", data=key)
    reader.http.cookies.set("lianyi", token)
    assert (await reader.get("/desk")).form("/sign-in/code")


async def test_a_form_of_another_site_does_nothing(reader, login):
    answer = await reader.http.post(
        "/sign-in/code", data={"phone": "13800138000", "once": "k" * 12}
    )
    assert answer.status_code == 403


async def test_twenty_sign_ins_at_once_share_no_session(app, login, reader):
    await with_password(reader, app, login)
    looks = await asyncio.gather(*(reader.get("/sign-in/post") for _ in range(20)))
    assert {look.status for look in looks} == {200}


@pytest.mark.parametrize(
    ("path", "door"),
    [("/bills", "/sign-in"), ("/cashier/day", "/sign-in/staff"), ("/clinic", "/sign-in/staff")],
)
async def test_who_is_signed_out_meets_the_door_they_came_in_by(reader, path, door):
    answer = await reader.http.get(path)
    assert answer.headers["location"] == f"{door}?back={path}"
