import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from lianyi import main
from lianyi.accounts import queries, rules, service
from lianyi.accounts.errors import BadPhone, Resting, TooManyCodes, WeakPassword
from lianyi.accounts.model import FAILURES, IDLE_RESIDENT, IDLE_STAFF, SESSION_LIFE
from lianyi.kernel import demo
from lianyi.kernel.actor import NOWHERE, Actor, system
from lianyi.kernel.config import Config
from lianyi.kernel.demo import NotADemo
from lianyi.kernel.live import Hub
from lianyi.kernel.migrate import migrate
from lianyi.kernel.work import reading, within
from lianyi.people.model import DOCTOR, GUEST
from tests import passwords

DOOR = system("test", NOWHERE)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct-horse-7"
HASH = passwords.kept(PASSWORD)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def do(app):
    return lambda verb: within(app, DOOR, verb)


@pytest.fixture(scope="module")
def born(cluster, worker_id):
    """Lend a database that was born as a demo."""
    with cluster.clone(f"{worker_id}_demo_sessions", template="template0") as url:
        asyncio.run(migrate(url, demo=True))
        yield url


@pytest.fixture
def phone(app):
    return f"139{app.ids.new(app.clock()).int % 10**8:08d}"


async def sent(do, phone):
    """Ask for a code and return it, as the carrier would be given it."""
    id = await do(lambda tx: service.new_code(tx, phone=phone))
    _, code = await do(lambda tx: service.code_to_send(tx, code_id=id))
    return code


async def prove(do, phone, code):
    return await do(lambda tx: service.prove_phone(tx, phone=phone, code=code))


async def opened(do, account):
    hat = Actor(account.id, account.id, NOWHERE, GUEST)
    return (await do(lambda tx: service.open_session(tx, account=account, hat=hat))).token


async def find(app, token):
    found = await reading(app, DOOR, lambda tx: queries.sessions(tx, tokens=[token]))
    return found.get(token)


@pytest.fixture
async def staff(app, do):
    person_id = app.ids.new(app.clock())
    login = f"doctor{person_id.hex}"
    await do(
        lambda tx: service.add_staff(
            tx, login=login, person_id=person_id, password_hash=HASH, secret=SECRET
        )
    )
    return await do(lambda tx: queries.credentials(tx, login=f" {login.upper()} "))


async def sign_in(do, staff, app, *, password=PASSWORD, code=None):
    code = code or rules.totp(SECRET, rules.step_at(app.clock()))
    right = service.is_password(staff.password_hash, password)
    return await do(
        lambda tx: service.prove_staff(tx, account_id=staff.account_id, password=right, code=code)
    )


async def test_a_code_typed_back_proves_the_phone_and_only_the_phone(do, phone):
    account = await prove(do, phone, await sent(do, phone))
    assert (account.person_id, account.staff) == (None, False)


async def test_the_same_phone_is_the_same_account(do, phone, clock):
    first = await prove(do, phone, await sent(do, phone))
    clock.forward(seconds=1)  # of two codes of one instant nobody could say which is the newer
    assert await prove(do, f"+86 {phone}", await sent(do, phone)) == first


async def test_a_code_works_once(do, phone):
    code = await sent(do, phone)
    assert await prove(do, phone, code)
    assert await prove(do, phone, code) is None


async def test_a_code_ends_after_five_minutes(do, phone, clock):
    code = await sent(do, phone)
    clock.forward(minutes=5)
    assert await prove(do, phone, code) is None


async def test_only_the_newest_code_counts(do, phone, clock):
    old = await sent(do, phone)
    clock.forward(seconds=1)
    new = await sent(do, phone)
    if old != new:
        assert await prove(do, phone, old) is None
    assert await prove(do, phone, new)


async def test_a_hundred_guesses_at_once_are_five_tries(do, phone):
    code = await sent(do, phone)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert not any(await asyncio.gather(*(prove(do, phone, wrong) for _ in range(100))))
    assert await prove(do, phone, code) is None


async def test_a_phone_gets_five_codes_an_hour(do, phone, clock):
    for _ in range(5):
        await sent(do, phone)
    with pytest.raises(TooManyCodes):
        await sent(do, phone)
    clock.forward(hours=1, seconds=1)
    assert await sent(do, phone)


async def test_what_is_no_phone_gets_no_code(do):
    with pytest.raises(BadPhone):
        await sent(do, "110")


async def test_staff_prove_password_and_one_time_code_sec_02(do, staff, app):
    assert (await sign_in(do, staff, app)).staff
    assert await sign_in(do, staff, app, password="wrong") is None
    assert await sign_in(do, staff, app, code="000000") is None


async def test_a_one_time_code_works_once(do, staff, app, clock):
    assert await sign_in(do, staff, app)
    assert await sign_in(do, staff, app) is None
    clock.forward(seconds=30)
    assert await sign_in(do, staff, app)


async def test_five_failures_put_an_account_to_rest_sec_03(do, staff, app, clock):
    for _ in range(FAILURES):
        assert await sign_in(do, staff, app, password="wrong") is None
    with pytest.raises(Resting):
        await sign_in(do, staff, app)
    clock.forward(minutes=16)
    assert await sign_in(do, staff, app)


async def test_twenty_wrong_passwords_at_once_are_all_counted(do, staff, app):
    tries = [sign_in(do, staff, app, password="wrong") for _ in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert answers.count(None) == FAILURES
    assert sum(isinstance(a, Resting) for a in answers) == 20 - FAILURES


def test_an_unknown_login_has_no_right_password():
    assert service.is_password(None, "nobody has this password") is False


def test_an_unknown_login_takes_as_long_as_a_known_one():
    assert not service.HASHER.check_needs_rehash(service.NOBODY)


def test_a_password_is_known_by_what_is_kept_of_it_and_another_one_is_not():
    kept = service.hash_password(PASSWORD)
    assert service.is_password(kept, PASSWORD)
    assert not service.is_password(kept, PASSWORD.upper())
    assert not service.HASHER.check_needs_rehash(kept)


def test_a_weak_password_is_not_taken():
    with pytest.raises(WeakPassword):
        service.hash_password("123456")


async def test_a_session_is_found_by_its_token_until_it_is_ended(do, app, phone):
    token = await opened(do, await prove(do, phone, await sent(do, phone)))
    session = await find(app, token)
    assert session.hat.role == GUEST
    assert await find(app, "another token") is None
    await do(lambda tx: service.sign_out(tx, digest=session.digest))
    assert await find(app, token) is None


async def test_an_idle_resident_is_out_after_half_an_hour_sec_03(do, app, phone, clock):
    token = await opened(do, await prove(do, phone, await sent(do, phone)))
    clock.forward(minutes=29)
    assert await find(app, token)
    clock.forward(seconds=IDLE_RESIDENT.total_seconds())
    assert await find(app, token) is None


async def test_idle_staff_are_out_after_a_quarter_of_an_hour_sec_03(do, staff, app, clock):
    token = await opened(do, await sign_in(do, staff, app))
    clock.forward(seconds=IDLE_STAFF.total_seconds())
    assert await find(app, token) is None


async def test_who_is_never_idle_proves_again_after_twelve_hours_con_09(do, staff, app, clock):
    token = await opened(do, await sign_in(do, staff, app))
    rounds = SESSION_LIFE // timedelta(minutes=10)
    for _ in range(rounds - 1):
        clock.forward(minutes=10)
        assert await find(app, token)
    clock.forward(minutes=10)
    assert await find(app, token) is None


async def test_changing_the_hat_is_on_paper(do, app, phone):
    token = await opened(do, await prove(do, phone, await sent(do, phone)))
    session = await find(app, token)
    hat = replace(session.hat, role=DOCTOR)
    await do(lambda tx: service.wear(tx, digest=session.digest, hat=hat))
    assert (await find(app, token)).hat.role == DOCTOR
    worn = await app.pool.fetch(
        "SELECT role FROM accounts.hat WHERE digest = $1 ORDER BY seq", session.digest
    )
    assert [row["role"] for row in worn] == [GUEST, DOCTOR]


async def test_signing_out_everywhere_ends_every_browser(do, app, phone):
    account = await prove(do, phone, await sent(do, phone))
    tokens = [await opened(do, account) for _ in range(2)]
    await do(lambda tx: service.sign_out_everywhere(tx, person_id=account.id))
    assert [await find(app, token) for token in tokens] == [None, None]


async def change(do, app, session, *, password=PASSWORD, new="another-horse-8"):
    right = service.is_password(HASH, password)
    code = rules.totp(SECRET, rules.step_at(app.clock()))
    return await do(
        lambda tx: service.change_password(
            tx, session=session, password=right, code=code, password_hash=passwords.kept(new)
        )
    )


async def test_a_password_changes_with_the_old_one_and_a_one_time_code_and_others_are_out(
    do, staff, app, clock
):
    account = await sign_in(do, staff, app)
    mine, other = await opened(do, account), await opened(do, account)
    clock.forward(seconds=30)
    assert await change(do, app, await find(app, mine))
    assert await find(app, mine)
    assert await find(app, other) is None
    own = await do(lambda tx: queries.own(tx, account_id=account.id))
    assert own.sessions == 1
    assert service.is_password(own.password_hash, "another-horse-8")


async def test_a_wrong_old_password_changes_nothing_and_is_counted_sec_03(do, staff, app, clock):
    account = await sign_in(do, staff, app)
    session = await find(app, await opened(do, account))
    clock.forward(seconds=30)
    for _ in range(FAILURES):
        assert await change(do, app, session, password="wrong") is False
    with pytest.raises(Resting):
        await change(do, app, session)
    own = await do(lambda tx: queries.own(tx, account_id=account.id))
    assert service.is_password(own.password_hash, PASSWORD)


async def test_a_time_that_a_demo_skips_is_nobodys_absence(born, tmp_path):
    """SEC-03: who is signed in stays so over a jump; who was away too long before it does not."""
    config = Config(home=Path(tmp_path), database_url=born, pool_size=2)
    async with main.running(config, Hub()) as app:
        jump = partial(within, app, DOOR)
        gone, here = await guest(app), await guest(app)
        async with app.pool.acquire() as db:
            await demo.forward(db, app.clock, by=IDLE_RESIDENT - MINUTE)
            assert await find(app, here)
            await demo.forward(db, app.clock, by=2 * MINUTE)
        await jump(lambda tx: service.skip(tx, by=SESSION_LIFE))
        async with app.pool.acquire() as db:
            await demo.forward(db, app.clock, by=SESSION_LIFE)
        assert await find(app, here)
        assert not await find(app, gone)


async def guest(app):
    """Sign somebody in by their phone and return the token."""
    phone = f"139{app.ids.new(app.clock()).int % 10**8:08d}"
    do = partial(within, app, DOOR)
    return await opened(do, await prove(do, phone, await sent(do, phone)))


async def test_where_real_people_live_no_session_is_prolonged(do):
    with pytest.raises(NotADemo):
        await do(lambda tx: service.skip(tx, by=SESSION_LIFE))
