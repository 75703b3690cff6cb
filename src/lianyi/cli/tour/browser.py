"""One person's browser: cookies, redirects, forms.

It keeps its own cookies, since on this machine a browser sends a Secure cookie over plain HTTP and
the client library does not.
"""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

from lianyi.cli.tour import page as pages
from lianyi.cli.tour.page import Form, Page
from lianyi.links.client import trust

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
TIMEOUT = 20.0  # seconds
# A server closes what was idle for 5 seconds; whoever is nearly as patient speaks into the closing.
IDLE = httpx.Limits(keepalive_expiry=2.0)

Files = Mapping[str, tuple[str, bytes, str]]


def _said(value: object) -> str | list[str]:
    return [str(one) for one in value] if isinstance(value, list) else str(value)


class Browser:
    """Asks as a browser on the site itself would; says who it is in `name`."""

    def __init__(self, base_url: str, name: str = "") -> None:
        self.name = name
        self.cookies: dict[str, str] = {}
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(base_url))
        headers = {"sec-fetch-site": "same-origin", "origin": origin, "accept-language": "zh-CN"}
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=TIMEOUT, limits=IDLE, verify=trust()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        trouble: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: str) -> Page:
        return await self._follow(await self._ask("GET", path, params=query or None))

    async def file(self, path: str) -> httpx.Response:
        """Open what is no page."""
        return await self._ask("GET", path)

    async def submit(
        self, page: Page, action: str, files: Files | None = None, **values: object
    ) -> Page:
        """Fill in the form with this action and send it."""
        form = page.form(action)
        return await self.send(page, form, files, **values)

    async def send(
        self, page: Page, form: Form, files: Files | None = None, **values: object
    ) -> Page:
        sent: dict[str, Any] = {**form.fields, **{n: _said(v) for n, v in values.items()}}
        where = urljoin(page.url, form.action) if form.action else page.url
        if form.method == "get":
            return await self.get(where, **sent)
        return await self._follow(await self._ask("POST", where, data=sent, files=files))

    async def listen(self, path: str) -> httpx.Response:
        """Open a live stream; whoever called closes it."""
        request = self._http.build_request("GET", path, headers=self._headers())
        return await self._http.send(request, stream=True)

    async def _ask(self, method: str, path: str, **options: object) -> httpx.Response:
        answer = await self._http.request(method, path, headers=self._headers(), **options)  # type: ignore[arg-type]
        for header in answer.headers.get_list("set-cookie"):
            self._keep(header)
        return answer

    async def _follow(self, answer: httpx.Response) -> Page:
        for _ in range(MAX_REDIRECTS):
            if answer.status_code not in REDIRECTS:
                return pages.read(answer.status_code, str(answer.url), answer.text)
            answer = await self._ask("GET", urljoin(str(answer.url), answer.headers["location"]))
        raise httpx.TooManyRedirects(str(answer.url))

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
