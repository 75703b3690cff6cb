"""What every page of a resident does alike: let residents in, say whose affairs it is about."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from lianyi.access.errors import NoSuchPerson
from lianyi.journeys.resident_desk import Who
from lianyi.kernel.work import Tx, reading
from lianyi.people.model import GUEST, RESIDENT
from lianyi.web import answer
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

T = TypeVar("T")
V = TypeVar("V", bound="About")


class About(Protocol):
    """A view that says whose affairs it shows."""

    @property
    def who(self) -> Who: ...


async def show(
    request: Request,
    template: str,
    verb: Callable[[Tx], Awaitable[V]],
    *,
    form: Filled | None = None,
    headers: Callable[[V], Mapping[str, str]] | None = None,
) -> Response:
    """Read one view and draw it under the name of whoever it is about.

    `headers` gives those that only this view needs. Who acts for somebody who has ended it is led
    to the family, where they switch back.
    """
    elsewhere = lead_away(request)
    if elsewhere is not None:
        return elsewhere
    hat = user(request)
    try:
        view = await reading(app_of(request), hat, verb)
    except NoSuchPerson:
        if hat.for_person_id is None:
            raise
        return answer.go(request, "/family")
    request.state.person = view.who
    own = headers(view) if headers else None
    return answer.page(request, template, view, 422 if form else 200, form=form, headers=own)


def lead_away(request: Request) -> Response | None:
    """Lead guests to where a card is opened and staff to their desk; residents stay."""
    role = user(request).role
    if role == RESIDENT:
        return None
    return answer.go(request, "/" if role == GUEST else "/desk")


async def read(request: Request, verb: Callable[[Tx], Awaitable[T]]) -> T:
    return await reading(app_of(request), user(request), verb)
