"""Language, 长辈版 and theme: kept in cookies, so that they hold before anyone signs in."""

from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lianyi.web import forms

KEPT = 365 * 24 * 3600  # seconds


class Preferences(msgspec.Struct):
    """What is given changes, the rest stays. `back` never leaves this site."""

    language: Literal["zh", "en"] | None = None
    elder: Literal["0", "1"] | None = None
    theme: Literal["auto", "light", "dark"] | None = None
    back: Annotated[str, msgspec.Meta(pattern=r"^/(?![/\\])[\x21-\x7e]*$")] = "/"


async def change(request: Request) -> Response:
    wish = await forms.read(request, Preferences)
    response = RedirectResponse(wish.back, status_code=303)
    for name in ("language", "elder", "theme"):
        value = getattr(wish, name)
        if value is not None:
            response.set_cookie(
                name, value, max_age=KEPT, secure=True, httponly=True, samesite="lax"
            )
    return response


ROUTE = Route("/preferences", change, methods=["POST"])
