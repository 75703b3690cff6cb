"""A browser is brought by an app, and led to the page on which its reader decides."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lianyi.accounts.errors import NoSuchClient
from lianyi.journeys import apps
from lianyi.journeys.apps import BadRedirect, NotApproved, Wanted
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.work import within
from lianyi.smart import answers, places

DOOR = system("smart", NOWHERE)


async def authorize(request: Request) -> Response:
    """Check what the app asks and lead on; who sits there is asked on our own page."""
    wanted = _wanted(request)
    server = places.server(request)
    try:
        token, trouble = await within(
            request.app.state.lianyi, DOOR, lambda tx: apps.ask(tx, wanted=wanted, server=server)
        )
    except (NoSuchClient, BadRedirect, NotApproved) as refused:  # INT-02: nobody is sent on
        return answers.refused(request, "invalid_request", refused)
    url = f"{places.CONSENT}/{token}" if token else apps.turned_away(wanted, trouble)
    return RedirectResponse(url, 303, headers=answers.PRIVATE)


def _wanted(request: Request) -> Wanted:
    given = request.query_params
    return Wanted(
        client_id=given.get("client_id", ""),
        redirect=given.get("redirect_uri", ""),
        response_type=given.get("response_type", ""),
        scope=given.get("scope", ""),
        state=given.get("state", ""),
        audience=given.get("aud", ""),
        challenge=given.get("code_challenge", ""),
        method=given.get("code_challenge_method", ""),
        nonce=given.get("nonce", ""),
        launch=given.get("launch", ""),
    )


ROUTES = (Route(places.AUTHORIZE, authorize, name="smart.authorize"),)
