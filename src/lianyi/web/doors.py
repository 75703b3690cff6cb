"""Finds a page by the form of its path: many pages then answer as quickly as few.

The framework asks every route in turn, which with a hundred pages costs more than some answers.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from inspect import iscoroutinefunction

from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

Found = tuple[Match, Scope]
Known = Route | Mount | WebSocketRoute
ANY = ""  # a step that a route holds open, or that no route is called by
FORMS = 4096  # remembered: there are only so many, and a stranger may make up more
Form = tuple[str, ...]
Page = Callable[[Request], Awaitable[Response]]


class Doors(BaseRoute):
    """All routes of a site as one. Among those of a form the order given decides, as always."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [_known(one) for one in routes]
        self._by_name: dict[str, Known] = {}
        for route in self._routes:
            self._by_name.setdefault(route.name or "", route)
        self._pages: dict[int, Page] = {
            id(one): one.endpoint
            for one in self._routes
            if isinstance(one, Route) and iscoroutinefunction(one.endpoint)
        }
        self._of = lru_cache(FORMS)(self._of_form)

    def matches(self, scope: Scope) -> Found:
        """Return the first full match, or else the first that only its method speaks against."""
        best: Found = (Match.NONE, {})
        for route in self._of(self._form(scope["path"]), scope.get("method", "")):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "door": route}
            if match is Match.PARTIAL and best[0] is Match.NONE:
                best = match, {**found, "door": route}
        return best

    def _form(self, path: str) -> Form:
        """Return the steps of a path, of those alone that some route is called by there."""
        called = self._called
        steps = path.split("/", len(called))
        return tuple(
            [step if step in here else ANY for step, here in zip(steps, called, strict=False)]
        )

    def _of_form(self, form: Form, method: str) -> Sequence[Known]:
        """Return the routes that a path of a form might be of; their own expressions decide.

        Those that take the method come first: one of the others answers only if none of these does.
        """
        fitting = [one for one in self._routes if _fits(one, form)]
        return sorted(fitting, key=lambda one: not _takes(one, method))

    @cached_property
    def _called(self) -> Sequence[frozenset[str]]:
        """Return by which words some route is called at each step."""
        steps = [_steps(route) for route in self._routes]
        longest = 1 + max(len(each) for each in steps)
        return [
            frozenset(each[n] for each in steps if n < len(each) and each[n])
            for n in range(longest)
        ]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page answer. Its troubles are told around all pages, not around each again."""
        door: Known = scope["door"]
        page = self._pages.get(id(door))
        if page is None or not _takes(door, scope["method"]):
            await door.handle(scope, receive, send)
            return
        response = await page(Request(scope, receive, send))
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Return where the page of a name is: how one face learns where another one's door is.

        :raises NoMatchFound: this site has no such page.
        """
        route = self._by_name.get(name)
        if route is None:
            raise NoMatchFound(name, path_params)
        return route.url_path_for(name, **path_params)


def address(request: Request, name: str, **path_params: object) -> str:
    """Return the whole address of a named page, as whoever asks has reached us or as it is set."""
    public: str = getattr(request.app.state, "public_url", "") or str(request.base_url)
    path: str = request.app.url_path_for(name, **path_params)
    return public.rstrip("/") + path


def _known(route: BaseRoute) -> Known:
    if not isinstance(route, Known):
        raise TypeError(route)
    return route


def _steps(route: Known) -> Form:
    """Return what a route is called by, step by step."""
    return tuple(ANY if "{" in step else step for step in route.path.split("/"))


def _takes(route: Known, method: str) -> bool:
    return not isinstance(route, Route) or route.methods is None or method in route.methods


def _fits(route: Known, form: Form) -> bool:
    own = _steps(route)
    if isinstance(route, Mount) or ":path}" in route.path:
        return all(mine in {ANY, step} for mine, step in zip(own, form, strict=False))
    return len(own) == len(form) and all(
        mine in {ANY, step} for mine, step in zip(own, form, strict=True)
    )
