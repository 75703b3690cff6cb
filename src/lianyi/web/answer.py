"""The one place where a view becomes a page, and where refusals become HTTP.

A page answers whole, or, when htmx asks, with the one block that htmx will put into its target:
a block is named like the id of the element it draws, so there is one source for both.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from jinja2 import Environment, Template
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from lianyi.kernel.headers import header
from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from lianyi.kernel.text import words
from lianyi.web.forms import BadForm, Filled
from lianyi.web.i18n import _

STATUS = {Invalid: 422, NotAllowed: 403, NotFound: 404, Conflict: 409, Unavailable: 503}
MAIN = "main"  # the block that answers when the target's own name has none
NOTICE = {"hx-retarget": "#notice", "hx-reswap": "innerHTML"}
SAFE = ":/%#?=@[]!$&'()*+,;"  # what an address may hold as it is
PERSONAL = {"cache-control": "no-store", "vary": "HX-Request, Cookie, Accept-Language"}


def page(
    request: Request,
    template: str,
    view: object = None,
    status: int = 200,
    *,
    form: Filled | None = None,
    block: str = "",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Draw a template for this reader, whole or only the block that htmx asked for.

    The template knows `request`, `view`, and `form`, the answers to keep when a form comes back.
    """
    environment: Environment = request.app.state.templates
    found = environment.get_template(template)
    names = {"request": request, "view": view, "form": form or Filled()}
    block = block or wanted(request)
    text = _draw(found, block, names) if block else found.render(names)
    return HTMLResponse(text, status, headers={**PERSONAL, **(headers or {})})


def wanted(request: Request) -> str:
    """Return the name of the block to draw, or nothing for the whole page."""
    headers = request.headers
    whole = "hx-boosted" in headers or "hx-history-restore-request" in headers
    if "hx-request" not in headers or whole:
        return ""
    return headers.get("hx-target", "").rpartition("#")[2].replace("-", "_") or MAIN


def _draw(template: Template, block: str, names: dict[str, Any]) -> str:
    """Draw a block, or else `main`, its own or one it inherits; without either, the whole page."""
    context = template.new_context(names)
    next(template.root_render_func(context), None)  # each template above adds its blocks
    found = context.blocks.get(block) or context.blocks.get(MAIN)
    return "".join(found[0](context)) if found else template.render(names)


def go(request: Request, url: str) -> Response:
    """Lead on to another page after an act; htmx follows as a whole page, not into a target."""
    if header(request.scope, b"hx-request"):
        return Response(status_code=204, headers={"hx-redirect": url})
    return Response(status_code=303, headers={"location": quote(url, safe=SAFE)})


async def refuse(request: Request, refused: Exception) -> Response:
    """Say what happened and what to do, in the reader's language, with the support code."""
    if not isinstance(refused, Refused):
        raise refused
    status = next(code for kind, code in STATUS.items() if isinstance(refused, kind))
    what = words(refused.code, request.state.language, refused.details)
    fields = refused.form.errors if isinstance(refused, BadForm) else {}
    return _trouble(request, status, refused.code, what, fields)


async def turn_away(request: Request, trouble: Exception) -> Response:
    """Answer what the protocol itself forbids: no such page, no such method, too large."""
    if not isinstance(trouble, HTTPException):
        raise trouble
    said = {
        404: _("没有这个页面。请检查网址，或返回首页。"),
        405: _("这个页面不接受该操作。请返回上一页。"),
        413: _("内容过大，未能提交。请减少内容后重试。"),
        429: _("操作过于频繁。请稍后再试。"),
    }
    what = said.get(trouble.status_code, _("请求无法处理。请返回上一页重试。"))
    response = _trouble(request, trouble.status_code, f"http.{trouble.status_code}", what)
    response.headers.update(trouble.headers or {})
    return response


def broken(request: Request) -> Response:
    """Answer for a bug: nothing is known of it here but the code under which it was logged."""
    what = _("系统出现意外问题，未作任何更改。请稍后重试；若仍不行，请告知支持代码。")
    return _trouble(request, 500, "web.Broken", what)


def _trouble(
    request: Request, status: int, code: str, what: str, fields: Mapping[str, str] | None = None
) -> Response:
    support = request.state.request_id
    if wants_json(request):
        body = {"code": code, "message": what, "fields": fields or {}, "support": support}
        return Response(orjson.dumps(body), status, PERSONAL, "application/json")
    view = {"status": status, "code": code, "what": what, "fields": fields or {}}
    if "hx-request" in request.headers:
        return page(request, "error.html", view, status, block="notice", headers=NOTICE)
    return page(request, "error.html", view, status)


def wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept
