"""Acts on a row of an administrator's list: refusals stand above it, and all lead back to it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx
from lianyi.web import acts, forms
from lianyi.web.forms import Filled

F = TypeVar("F", bound=forms.Form)
ABOVE = acts.beside("")


class Reasoned(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


def on_row(
    struct: type[F],
    verb: Callable[[Tx, UUID, F], Awaitable[None]],
    *,
    page: Callable[[Request, Filled], Awaitable[Response]],
    said: tuple[type[Refused], ...],
    then: str,
) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of one act; the row is the `id` in its address."""

    async def act(request: Request) -> Response:
        id: UUID = request.path_params["id"]

        async def done(tx: Tx, form: F) -> None:
            await verb(tx, id, form)

        return await acts.act(request, struct, done, page=page, said=said, then=then, wrong=ABOVE)

    return act
