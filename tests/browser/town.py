"""The whole site with the demo's town in it, and sessions of some who live and work there."""

from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from lianyi import main
from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose, Scope, Share
from lianyi.accounts import queries as sessions
from lianyi.accounts import service as accounts
from lianyi.cli.demo import seed
from lianyi.journeys import card, demo, family, sign_in
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.config import Config
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App, reading, within
from lianyi.people import queries
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, Kind
from lianyi.records import service as records
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.browser import bench, dispensary, store
from tests.conftest import KEYS
from tests.records import make

NOW = datetime(2026, 11, 23, 6, 32, tzinfo=UTC)
DOOR = system("town", NOWHERE)
HEROINE, FATHER, INVITED = "19905311001", "19905311003", "19905311006"
STRANGERS = {"guest": "19905319001", "waiting": "19905319002", "counter": "19905319003"}


def town(dsn, files):
    """Return the site; `state.tokens` fills as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            app = App(pool, lambda: NOW, Ids(), KEYS, Scribe(pool), files)
            await seed.seed(app)
            starlette.state.lianyi = app
            starlette.state.tokens = await _tokens(app)
            starlette.state.ids = await _ids(app, starlette.state.tokens)
            await _story(app, starlette.state)
            await _measure(app, starlette.state.ids["heroine"])
            await _fill_bench(app, starlette.state)
            await _fill_queue(app, starlette.state)
            await _fill_store(app, starlette.state)
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


async def _tokens(app):
    phones = {"heroine": HEROINE, "father": FATHER, **STRANGERS}
    tokens = {name: (await _by_phone(app, phone)).token for name, phone in phones.items()}
    for name in ("waiting", "counter"):
        await _apply(app, tokens[name], STRANGERS[name])
    tokens["clerk"] = await _by_login(app, "c01")
    tokens["p02"] = await _by_login(app, "p02")
    await _choose(app, tokens["p02"], "省一院互联网医院")
    return tokens


async def _ids(app, tokens):
    """Return the persons behind the phones."""
    ids = {}
    for name in ("heroine", "father"):
        token = tokens[name]
        session = await _session(app, token)
        ids[name] = session.account.person_id
    return ids


async def _story(app, state):
    """Let the heroine be looked at, asked and invited, so that her pages have something to show."""
    heroine = state.ids["heroine"]
    clerk = await _hat(app, state.tokens["clerk"])
    holder = await _hat(app, state.tokens["heroine"])
    code = await reading(app, holder, card.show_code)
    await within(app, clerk, lambda tx: card.scan_card(tx, code=code))
    doctor = await reading(app, DOOR, lambda tx: _doctor(tx, clerk.institution_id))
    with suppress(NoSuchPerson):
        await reading(app, doctor, lambda tx: _look(tx, heroine))
    await within(app, DOOR, lambda tx: _relate(tx, doctor, heroine))
    await within(app, doctor, lambda tx: _ask(tx, heroine, clerk.institution_id))
    father = await _hat(app, state.tokens["father"])
    scopes = frozenset({Scope.BOOK, Scope.PAY})
    name, number = "王静", "370102197906016265"
    await within(app, father, lambda tx: family.invite(tx, name=name, number=number, scopes=scopes))
    state.tokens["invited"] = (await _by_phone(app, INVITED)).token


async def _doctor(tx, institution_id):
    staff = await queries.staff_of(tx, institution_id=institution_id)
    post = next(one for one in staff if one.role == DOCTOR)
    return await queries.hat(tx, person_id=post.person_id, post_id=post.id)


def _look(tx, person_id):
    return access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT)


def _relate(tx, hat, person_id):
    return access.open_relation(
        tx,
        person_id=person_id,
        institution_id=hat.institution_id,
        roles=frozenset({hat.role}),
        cause_id=tx.new_id(person_id),
        until=tx.now + timedelta(days=1),
    )


async def _ask(tx, person_id, holder_id):
    chart = await _look(tx, person_id)
    places = await queries.institutions_of(tx, kinds=list(Kind))
    elsewhere = next(one for one in places if one.id not in {holder_id, tx.actor.institution_id})
    for expires in (30, 90):
        share = Share(
            holder_id=elsewhere.id,
            receiver_id=tx.actor.institution_id,
            purpose=Purpose.TREAT,
            expires_at=tx.now + timedelta(days=expires),
        )
        await access.ask_consent(tx, chart, share=share)


async def _hat(app, token):
    session = await _session(app, token)
    return session.hat


async def _fill_bench(app, state):
    technicians = []
    for login in ("t01", "t02"):
        state.tokens[login] = await _by_login(app, login)
        technicians.append(await _hat(app, state.tokens[login]))
    here = technicians[0].institution_id
    doctor = await reading(app, DOOR, lambda tx: _doctor(tx, here))
    state.ids |= await bench.fill(app, doctor, technicians, state.ids["heroine"])


async def _fill_queue(app, state):
    pharmacist = await _hat(app, state.tokens["p02"])
    here = pharmacist.institution_id
    doctor = await reading(app, DOOR, lambda tx: _doctor(tx, here))
    posts = await reading(app, DOOR, lambda tx: queries.posts(tx, ids=[doctor.post_id]))
    state.ids |= await dispensary.fill(
        app,
        doctor,
        pharmacist,
        state.ids["heroine"],
        department_id=posts[doctor.post_id].department_id,
    )


async def _fill_store(app, state):
    state.tokens["office"] = await _by_login(app, "a01")
    admin, holder = [await _hat(app, state.tokens[name]) for name in ("office", "heroine")]
    state.ids["ask"] = await store.fill(app, DOOR, admin, holder)


async def _measure(app, person_id):
    """Let a hospital have released some results, with an older one to compare."""
    city = await reading(
        app, DOOR, lambda tx: queries.institutions_of(tx, kinds=[Kind.TERTIARY_HOSPITAL])
    )
    results = (
        ("2823-3", "钾", "6.8", "mmol/L", "HH", "2026-11-20"),
        ("14647-2", "总胆固醇", "6.1", "mmol/L", "H", "2026-11-20"),
        ("14647-2", "总胆固醇", "5.6", "mmol/L", "H", "2026-08-02"),
        ("718-7", "血红蛋白", "128", "g/L", "N", "2026-11-20"),
        ("1742-6", "丙氨酸氨基转移酶", "31", "U/L", "", "2026-11-20"),
    )
    bodies = [_observation(person_id, *each) for each in results]
    await within(
        app,
        system("town", city[0].id),
        lambda tx: records.publish_all(tx, owner=person_id, bodies=bodies),
    )


def _observation(person_id, code, text, value, unit, level, day):
    said = {"interpretation": [{"coding": [{"code": level}]}]} if level else {}
    return make.body(
        "Observation",
        person_id,
        status="final",
        code=make.concept(make.LOINC, code, text),
        effectiveDateTime=f"{day}T09:00:00+08:00",
        valueQuantity={"value": Decimal(value), "unit": unit},
        **said,
    )


async def _by_login(app, login):
    known = await reading(app, DOOR, lambda tx: sessions.credentials(tx, login=login))
    code = demo.code(login, app.clock())
    opened = await within(
        app,
        DOOR,
        lambda tx: sign_in.by_password(tx, account_id=known.account_id, password=True, code=code),
    )
    return opened.token


async def _choose(app, token, place):
    """Let somebody who works at several places sit down at one of them."""
    session = await _session(app, token)
    posts = await reading(app, session.hat, lambda tx: sign_in.posts(tx, session=session))
    (post,) = (one for one in posts if one.institution_name == place)
    await within(app, session.hat, lambda tx: sign_in.choose(tx, session=session, post_id=post.id))


async def _by_phone(app, phone):
    code_id = await within(app, DOOR, lambda tx: accounts.new_code(tx, phone=phone))
    _, code = await reading(app, DOOR, lambda tx: accounts.code_to_send(tx, code_id=code_id))
    return await within(app, DOOR, lambda tx: sign_in.by_phone(tx, phone=phone, code=code))


async def _session(app, token):
    found = await reading(app, DOOR, lambda tx: sessions.sessions(tx, tokens=[token]))
    return found[token]


async def _apply(app, token, phone):
    session = await _session(app, token)
    card_id = await within(
        app,
        session.hat,
        lambda tx: card.open_card(
            tx, name="赵明月", number="370102199201037559", phone=phone, notice=card.NOTICE
        ),
    )
    if phone == STRANGERS["counter"]:
        await within(
            app, DOOR, lambda tx: people.check_came_back(tx, card_id=card_id, matched=False)
        )
