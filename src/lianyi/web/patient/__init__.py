"""The resident's phone (居民端): home, health card, bills, family, record, results, oneself."""

from starlette.routing import BaseRoute

from lianyi.web.patient import (
    bills,
    booking,
    card,
    family,
    follow_up,
    home,
    me,
    medicine,
    purchases,
    record,
    results,
)

ROUTES: tuple[BaseRoute, ...] = (
    *home.ROUTES,
    *card.ROUTES,
    *booking.ROUTES,
    *bills.ROUTES,
    *follow_up.ROUTES,
    *family.ROUTES,
    *record.ROUTES,
    *results.ROUTES,
    *medicine.ROUTES,
    *purchases.ROUTES,
    *me.ROUTES,
)
