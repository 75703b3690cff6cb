"""The doctor's workbench (医生工作台): the queue, and the visits it leads to."""

from starlette.routing import BaseRoute

from lianyi.web.doctor import clinic, launching, online, prescription, visit, withheld

ROUTES: tuple[BaseRoute, ...] = (
    *prescription.ROUTES,
    *visit.ROUTES,
    *launching.ROUTES,
    *online.ROUTES,
    *withheld.ROUTES,
    *clinic.ROUTES,
)
