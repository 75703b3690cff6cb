"""How OAuth answers: JSON that nobody keeps, and errors in the standard's own words."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lianyi.kernel.refusal import Refused
from lianyi.kernel.text import words

PRIVATE = {"cache-control": "no-store", "pragma": "no-cache"}


def said(body: Mapping[str, object], status: int = 200) -> Response:
    return JSONResponse(dict(body), status, headers=PRIVATE)


def error(code: str, why: str = "") -> Response:
    """Answer an error. An app that has not proven itself is asked to (RFC 6749, 5.2)."""
    status = 401 if code == "invalid_client" else 400
    response = said({"error": code, **({"error_description": why} if why else {})}, status)
    if status == 401:  # noqa: PLR2004 - the one status that asks back
        response.headers["www-authenticate"] = 'Basic realm="lianyi"'
    return response


def refused(request: Request, code: str, trouble: Refused) -> Response:
    return error(code, words(trouble.code, request.state.language, trouble.details))
