"""Pages of those who run an institution or the platform: staff, departments, what runs below."""

from starlette.routing import BaseRoute

from lianyi.web.admin import (
    apps,
    compliance,
    departments,
    exports,
    glasses,
    health,
    looks,
    online,
    quality,
    reconciliation,
    reports,
    schedule,
    staff,
)

ROUTES: tuple[BaseRoute, ...] = (
    *staff.ROUTES,
    *departments.ROUTES,
    *schedule.ROUTES,
    *glasses.ROUTES,
    *looks.ROUTES,
    *apps.ROUTES,
    *exports.ROUTES,
    *compliance.ROUTES,
    *online.ROUTES,
    *reconciliation.ROUTES,
    *reports.ROUTES,
    *quality.ROUTES,
    *health.ROUTES,
)
