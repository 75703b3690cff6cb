"""One act of a page: its form read, its verb done once, and the answer.

What was wrong stands on the page the form came from, with what was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.named import Part
from lianyi.kernel.once import Once
from lianyi.kernel.presumed import prove
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import Tx, at_once, within
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.session import app_of, user, worn

F = TypeVar("F", bound=forms.Form)
T = TypeVar("T")
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


async def rush(
    request: Request,
    struct: type[F],
    kind: type[T],
    act: Callable[[Moment, F, Once[T], Part], Statement],
    verb: Callable[[Tx, F], Awaitable[T]],
) -> T:
    """Do an act of rush hours by the statement that it shares, or else by the verb.

    Who asks may be presumed: the statement asks it itself, by the part that it is handed.

    :raises BadForm, Forged: and what the verb raises.
    """
    try:
        form = await forms.read(request, struct)
    except (Refused, HTTPException):
        await prove(request.scope)  # the page that says so is theirs
        raise
    once = forms.once(request, form, kind)
    hat, still = worn(request)
    done = await at_once(app_of(request), hat, lambda at: act(at, form, once, still(at)), once=once)
    if done is not None:
        return done
    await prove(request.scope)
    return await within(app_of(request), user(request), lambda tx: verb(tx, form), once=once)
