import asyncio
from uuid import UUID

import pytest

from lianyi.kernel.actor import Actor, Role
from lianyi.kernel.live import Hub
from lianyi.web.live import may_follow, told


async def test_a_change_is_told_by_name_only():
    hub = Hub(lambda: 1000.5)
    lines = told(hub, ["queue:1"])
    assert await anext(lines) == "retry: 3000\n\n"
    hub.heard("queue:2\nqueue:1")
    assert await anext(lines) == "id: 1000.5\ndata: queue:1\n\n"
    await lines.aclose()
    assert len(hub) == 0


async def test_silence_is_broken_so_that_no_proxy_hangs_up():
    lines = told(Hub(), ["queue:1"], heartbeat=0.01)
    assert await anext(lines) == "retry: 3000\n\n"
    assert await anext(lines) == ":\n\n"
    assert await anext(lines) == ":\n\n"
    await lines.aclose()


async def test_a_name_heard_during_a_heartbeat_is_not_lost():
    hub = Hub(lambda: 1000.5)
    lines = told(hub, ["queue:1"], heartbeat=0.01)
    assert [await anext(lines), await anext(lines)] == ["retry: 3000\n\n", ":\n\n"]
    hub.heard("queue:1")
    assert await anext(lines) == "id: 1000.5\ndata: queue:1\n\n"
    await lines.aclose()


async def test_a_stream_ends_when_the_hub_closes():
    hub = Hub()
    lines = told(hub, ["queue:1"])
    await anext(lines)
    rest = asyncio.ensure_future(anext(lines, "end"))
    await asyncio.sleep(0)
    hub.close()
    assert await rest == "end"


ME, CHILD, PLACE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("topic", "may"),
    [
        (f"person/{ME}", True),
        (f"person/{CHILD}", True),
        (f"person/{UUID(int=9)}", False),
        (f"institution/{PLACE}/queue", True),
        (f"institution/{UUID(int=9)}/queue", False),
        ("session/7", True),
    ],
)
def test_nobody_hears_when_something_happens_to_somebody_else(topic, may):
    hat = Actor(ME, ME, PLACE, Role("resident"), for_person_id=CHILD)
    assert may_follow(hat, topic) is may


async def test_nobody_follows_without_signing_in(browser):
    answer = await browser.get("/live?topics=queue:1")
    assert 'data-code="web.NotSignedIn"' in answer.text
