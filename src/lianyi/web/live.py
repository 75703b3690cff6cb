"""One stream per page that says which of its topics changed, never what changed.

The page then fetches its fragment through the normal door, which checks the reader's right anew;
so the stream itself carries nothing worth protecting.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lianyi.journeys import follow_up
from lianyi.kernel.actor import Actor
from lianyi.kernel.live import Hub, Told
from lianyi.kernel.refusal import Invalid, NotAllowed
from lianyi.kernel.work import reading
from lianyi.web.session import app_of, user

HEARTBEAT = 20  # seconds; below the patience of any proxy on the way
TOPIC = re.compile(r"[a-z_.]{2,30}([:/][0-9A-Za-z-]{1,40}){0,2}")
ROOM = "consult"  # a conversation between two
MOST = 20  # topics of one page
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class BadTopic(Invalid):
    """A page asked to follow something that has no such name."""


class NotSignedIn(NotAllowed):
    """Only a signed-in reader may follow anything."""


async def stream(request: Request) -> Response:
    if not isinstance(request.scope.get("user"), Actor):
        raise NotSignedIn
    topics = request.query_params.get("topics", "").split(",")
    if len(topics) > MOST or not all(TOPIC.fullmatch(topic) for topic in topics):
        raise BadTopic
    if not all([await _may_follow(request, topic) for topic in topics]):
        raise BadTopic
    lines = told(request.app.state.live, topics, _since(request))
    return StreamingResponse(lines, media_type="text/event-stream", headers=HEADERS)


def _since(request: Request) -> float | None:
    """Return until when the page knows everything: what it heard last, else when it was read."""
    told = request.headers.get("last-event-id") or request.query_params.get("since", "")
    try:
        return float(told)
    except ValueError:
        return None


async def _may_follow(request: Request, topic: str) -> bool:
    """Ask the door as well where a topic's own name doesn't tell whom it concerns."""
    kind, _, rest = topic.partition("/")
    if kind != ROOM:
        return may_follow(request.scope["user"], topic)
    try:
        visit_id = UUID(rest)
    except ValueError:
        return False
    app, hat = app_of(request), user(request)
    return await reading(app, hat, lambda tx: follow_up.may_follow(tx, visit_id=visit_id))


def may_follow(hat: Actor, topic: str) -> bool:
    """Return whether this hat may know *when* something happens to a person or at a place.

    What happened is nobody's to hear here; but that it did already says something of a patient.
    """
    kind, _, rest = topic.partition("/")
    own = {
        "person": {str(hat.person_id), str(hat.subject_id)},
        "institution": {str(hat.institution_id)},
        "post": {str(hat.post_id)},
    }
    return kind not in own or rest.partition("/")[0] in own[kind]


async def told(
    hub: Hub, topics: Collection[str], since: float | None = None, heartbeat: float = HEARTBEAT
) -> AsyncIterator[str]:
    """Write each name as an event, and a comment whenever it was silent for a while.

    The id of an event is its time, so that a browser whose line broke says what it missed.
    """
    with hub.subscribe(topics, since) as names:
        yield "retry: 3000\n\n"
        waiting = _next(names)
        try:
            while True:
                done, _pending = await asyncio.wait({waiting}, timeout=heartbeat)
                if not done:
                    yield ":\n\n"
                    continue
                if (one := waiting.result()) is None:
                    return
                yield f"id: {one.at}\ndata: {one.topic}\n\n"
                waiting = _next(names)
        finally:
            waiting.cancel()


def _next(names: AsyncIterator[Told]) -> asyncio.Task[Told | None]:
    async def name() -> Told | None:
        return await anext(names, None)

    return asyncio.ensure_future(name())


ROUTE = Route("/live", stream)
