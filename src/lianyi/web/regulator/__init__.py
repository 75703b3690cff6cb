"""Pages of the authorities (监管): what each of them is there for, and nothing of the others'."""

from starlette.routing import BaseRoute

from lianyi.web.regulator import oversight, trace, trails

ROUTES: tuple[BaseRoute, ...] = (*oversight.ROUTES, *trails.ROUTES, *trace.ROUTES)
