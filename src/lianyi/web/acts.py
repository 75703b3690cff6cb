"""One act of a page: its form read, its verb done once, and the answer.

What was wrong stands on the page the form came from, with what was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx, within
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user

F = TypeVar("F", bound=forms.Form)
Wrong = Mapping[str, str | Refused]


def beside(field: str) -> Callable[[Refused], Wrong]:
    """Say a refusal at a field, or above the form where its name is empty."""
    return lambda refused: {field: refused}


BESIDE = beside("act")  # where a page says what its acts were refused for


async def act(
    request: Request,
    struct: type[F],
    verb: Callable[[Tx, F], Awaitable[object]],
    *,
    page: Callable[[Request, Filled], Awaitable[Response]],
    said: tuple[type[Refused], ...],
    then: str | Callable[[F, Any], str],
    wrong: Callable[[Refused], Wrong] = BESIDE,
    kind: type[object] = NoneType,
) -> Response:
    """Do one act and go on to `then`, or draw `page` again.

    Refusals of the kinds `said` stand there, where `wrong` puts them; others answer by themselves.
    `kind` is what the verb answers, for a repeated form to get again. The form and that answer may
    decide on `then`.
    """
    try:
        form = await forms.read(request, struct)
        once = forms.once(request, form, kind)
        done = await within(app_of(request), user(request), lambda tx: verb(tx, form), once=once)
    except forms.BadForm as bad:
        return await page(request, bad.form)
    except said as refused:
        return await page(request, await forms.kept(request, **wrong(refused)))
    return answer.go(request, then if isinstance(then, str) else then(form, done))
