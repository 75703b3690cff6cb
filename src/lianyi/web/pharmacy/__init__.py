"""The pharmacy's terminal (药房): the counter, the shelves, the day."""

from starlette.routing import BaseRoute

from lianyi.web.pharmacy import counter, day, stock

ROUTES: tuple[BaseRoute, ...] = (*stock.ROUTES, *day.ROUTES, *counter.ROUTES)
