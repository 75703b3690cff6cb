"""Pages of those who run an institution or the platform: staff, departments, what runs below."""

from starlette.routing import BaseRoute

from lianyi.web.admin import departments, health, reconciliation, schedule, staff

ROUTES: tuple[BaseRoute, ...] = (
    *staff.ROUTES,
    *departments.ROUTES,
    *schedule.ROUTES,
    *reconciliation.ROUTES,
    *health.ROUTES,
)
