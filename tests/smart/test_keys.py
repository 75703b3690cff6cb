"""An app proves itself by keys that lie at its own address (jwks_uri), which the worker fetches."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
from joserfc.jwk import ECKey, KeySet

from lianyi.access.model import Purpose
from lianyi.fhir import routes as fhir
from lianyi.journeys.wiring import WIRING
from lianyi.kernel import live
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.listen import listen
from lianyi.kernel.live import Hub
from lianyi.links.hooks import Place
from lianyi.links.webhooks import WebHooks
from lianyi.smart import routes as smart
from lianyi.web import pages
from lianyi.web.site import READERS, site
from lianyi.worker.errands import Runner, run_due
from tests.drain import deliver
from tests.fhir.subscriptions.receiver import served
from tests.journeys.outside import only
from tests.smart.conftest import EC, KEYS, RSA

NEW = ECKey.generate_key("P-384", {"kid": "new"})
SYSTEM = (Purpose.TREAT, "system/*.rs")
OPEN = """SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""


def listed(*keys):
    return json.dumps(KeySet(list(keys)).as_dict(private=False))


@dataclass
class Shelf:
    """A company's own server, where its public keys lie."""

    app: object
    text: str = listed(EC)
    control: str = "max-age=3600"
    status: int = 200
    url: str = ""
    asked: list = field(default_factory=list)

    async def __call__(self, scope, _receive, send):
        self.asked.append((scope["path"], await self.app.pool.fetchval(OPEN)))
        headers = [(b"cache-control", self.control.encode())]
        headers += [(b"location", b"/elsewhere")] if self.status == 302 else []
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.text.encode()})


@pytest.fixture
async def shelf(app):
    shelf = Shelf(app)
    async with served(shelf) as address:
        shelf.url = f"http://{address}/jwks.json"
        yield shelf


@pytest.fixture
async def faces(app, dsn):
    """Serve the site as a web process does, which hears what the worker relays."""
    hub, routes = Hub(), (*pages.ROUTES, *smart.ROUTES, *fhir.ROUTES)
    faces, ready = site(app, hub, routes, sessions=(*READERS, *smart.READERS)), asyncio.Event()

    async def heard(_):
        ready.set()

    ear = asyncio.create_task(
        listen(lambda: asyncpg.connect(dsn), {live.CHANNEL: hub.heard}, heard)
    )
    await ready.wait()
    yield faces
    hub.close()
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)


@asynccontextmanager
async def working(app):
    """Let the worker's errands and events run meanwhile."""
    runner = Runner(app, only(hooks=WebHooks(at_home=True)), WIRING.hooks)

    async def work():
        while True:
            await run_due(runner)
            await deliver(app)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def firm(company, shelf):
    way = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": shelf.url}
    return await company(SYSTEM, **way)


async def tried(firm, key=EC, alg="ES384"):
    """Ask for a token with an assertion that a key has signed, and return the error, or nothing."""
    proof = firm.assertion(key=key, alg=alg)
    async with working(firm.ward.place.app):
        answer = await firm.serve("system/Observation.rs", proof)
    return answer.json().get("error", "")


async def test_a_service_proves_itself_by_a_key_that_lies_at_its_own_address(firm, shelf):
    """INT-03: fetched once, by no open transaction, and held as long as the answer says."""
    assert firm.told["jwks_uri"] == shelf.url
    assert await tried(firm) == ""
    assert await tried(firm) == ""
    assert shelf.asked == [("/jwks.json", 0)]


async def test_a_new_key_is_fetched_when_it_is_first_used_and_the_old_one_ends(firm, shelf, clock):
    """INT-03: SMART asks servers to look again for a key they don't know."""
    assert await tried(firm) == ""
    shelf.text = listed(NEW)
    clock.forward(minutes=2)
    assert await tried(firm, NEW) == ""
    assert await tried(firm, EC) == "invalid_client"
    assert len(shelf.asked) == 2


async def test_strange_keys_make_nobody_ask_again_and_again(firm, shelf, clock):
    """INT-03: an address is asked once a minute, whoever names whatever key."""
    assert await tried(firm) == ""
    strange = [ECKey.generate_key("P-384", {"kid": f"k{n}"}) for n in range(3)]
    for key in strange:
        assert await tried(firm, key) == "invalid_client"
    assert len(shelf.asked) == 1
    clock.forward(minutes=2)
    for key in strange:
        assert await tried(firm, key) == "invalid_client"
    assert len(shelf.asked) == 2


async def test_those_who_come_at_once_wait_for_one_fetch(firm, shelf):
    proofs = [firm.assertion() for _ in range(3)]
    async with working(firm.ward.place.app):
        answers = await asyncio.gather(
            *(firm.serve("system/Observation.rs", proof) for proof in proofs)
        )
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert len(shelf.asked) == 1


@pytest.mark.parametrize(
    ("control", "minutes", "asked"),
    [
        ("max-age=3600", 59, 1),
        ("", 61, 2),
        ("no-store", 2, 2),
        ("public, max-age=999999999999", 24 * 60 + 1, 2),  # a day at most, whatever it says
    ],
)
async def test_keys_hold_as_long_as_their_address_says_and_a_day_at_most(
    firm, shelf, clock, control, minutes, asked
):
    shelf.control = control
    assert await tried(firm) == ""
    clock.forward(minutes=minutes)
    assert await tried(firm) == ""
    assert len(shelf.asked) == asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 302},
        {"text": '{"keys": [7, {"kty": "oct", "k": "AA", "kid": "ec"}]}'},
        {"text": json.dumps({"keys": [EC.as_dict(private=True)]})},
        {"text": listed(EC) + " " * 70_000},
    ],
)
async def test_what_is_no_key_set_proves_nothing_and_old_keys_do_not_outlive_their_time(
    firm, shelf, clock, wrong
):
    """INT-03: closed, where nobody can say which keys hold. No redirect is followed (SSRF)."""
    assert await tried(firm) == ""
    clock.forward(minutes=61)
    for name, value in wrong.items():
        setattr(shelf, name, value)
    assert await tried(firm) == "invalid_client"
    assert [path for path, _ in shelf.asked] == ["/jwks.json"] * 2


async def test_of_a_set_those_keys_count_that_can_prove_anything(firm, shelf):
    """INT-15: a company lists there what others use, too."""
    strange = {"kty": "RSA", "use": "enc", "kid": "old", "n": "AQAB", "e": "AQAB"}
    shelf.text = json.dumps({"keys": [strange, {"kty": "oct"}, *KEYS["keys"]]})
    assert await tried(firm, RSA, "RS384") == ""
    assert await tried(firm, EC) == ""


async def test_no_address_is_asked_before_an_institution_has_seen_it(company, shelf):
    """CAP-39: anybody may register; nobody makes this server ask an address by that."""
    way = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": shelf.url}
    unseen = await company(**way)
    assert await tried(unseen) == "invalid_client"
    assert shelf.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
async def test_no_address_of_ours_is_asked_outside_a_demo(shelf, host):
    """SSRF: as no subscription is told there."""
    port = shelf.url.rpartition(":")[2]
    found = await WebHooks().fetch(Place(f"https://{host}:{port}"))
    assert (found, shelf.asked) == (Answer(Outcome.NO), [])
