"""Every page there is, by reader."""

from starlette.routing import BaseRoute

from lianyi.web import (
    account,
    admin,
    cashier,
    doctor,
    knowledge,
    laboratory,
    notify,
    papers,
    patient,
    pharmacist,
    reception,
    regulator,
    sign_in,
    signing,
    taking,
)

ROUTES: tuple[BaseRoute, ...] = (
    *sign_in.ROUTES,
    *taking.ROUTES,
    *signing.ROUTES,
    *notify.ROUTES,
    *papers.ROUTES,
    *account.ROUTES,
    *admin.ROUTES,
    *cashier.ROUTES,
    *doctor.ROUTES,
    *knowledge.ROUTES,
    *laboratory.ROUTES,
    *patient.ROUTES,
    *pharmacist.ROUTES,
    *reception.ROUTES,
    *regulator.ROUTES,
)
