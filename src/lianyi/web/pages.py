"""Every page there is, by reader."""

from starlette.routing import BaseRoute

from lianyi.web import (
    account,
    admin,
    apps,
    cashier,
    companies,
    courier,
    doctor,
    insurer,
    knowledge,
    laboratory,
    notify,
    papers,
    patient,
    pharmacist,
    pharmacy,
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
    *apps.ROUTES,
    *cashier.ROUTES,
    *companies.ROUTES,
    *courier.ROUTES,
    *doctor.ROUTES,
    *knowledge.ROUTES,
    *insurer.ROUTES,
    *laboratory.ROUTES,
    *patient.ROUTES,
    *pharmacist.ROUTES,
    *pharmacy.ROUTES,
    *reception.ROUTES,
    *regulator.ROUTES,
)
