"""Finds a page by the form of its path: many pages then answer as quickly as few.

The framework asks every route in turn, which with a hundred pages costs more than some answers.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Mount, NoMatchFound, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

Found = tuple[Match, Scope]
Known = Route | Mount | WebSocketRoute
ANY = ""  # a last step that no route is called by


class Form(NamedTuple):
    """What of a path tells most routes apart: its first step, how many it has, its last."""

    first: str
    steps: int
    last: str


class Doors(BaseRoute):
    """All routes of a site as one. Among those of a form the order given decides, as always."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [_known(one) for one in routes]
        self._by_form: dict[Form, Sequence[Known]] = {}
        self._by_name: dict[str, Known] = {}
        for route in self._routes:
            self._by_name.setdefault(route.name or "", route)

    def matches(self, scope: Scope) -> Found:
        """Return the first full match, or else the first that only its method speaks against."""
        best: Found = (Match.NONE, {})
        for route in self._of(scope["path"]):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "door": route}
            if match is Match.PARTIAL and best[0] is Match.NONE:
                best = match, {**found, "door": route}
        return best

    def _of(self, path: str) -> Sequence[Known]:
        """Return the routes that a path might be of; there are only so many forms."""
        first, steps, last = _form(path)
        if first not in self._firsts:
            return ()
        form = Form(first, min(steps, self._most), last if last in self._lasts else ANY)
        if form not in self._by_form:
            self._by_form[form] = [one for one in self._routes if _fits(one, form)]
        return self._by_form[form]

    @cached_property
    def _firsts(self) -> frozenset[str]:
        return frozenset(_form(route.path).first for route in self._routes)

    @cached_property
    def _lasts(self) -> frozenset[str]:
        return frozenset(_form(route.path).last for route in self._routes)

    @cached_property
    def _most(self) -> int:
        return 1 + max(_form(route.path).steps for route in self._routes)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["door"].handle(scope, receive, send)

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


def _form(path: str) -> Form:
    steps = path.split("/")
    return Form(steps[1] if len(steps) > 1 else "", len(steps), steps[-1])


def _fits(route: Known, form: Form) -> bool:
    """Return whether a path of this form can be the route's; its own expression decides."""
    own = _form(route.path)
    if own.first != form.first:
        return False
    if isinstance(route, Mount) or ":path}" in route.path:
        return True
    return own.steps == form.steps and ("{" in own.last or own.last == form.last)
