"""Apps in the hands of people, approved and permitted through the doors real ones come through."""

from dataclasses import replace
from datetime import timedelta

from lianyi.access import queries
from lianyi.access import service as access
from lianyi.access.model import APP, Purpose
from lianyi.access.model.apps import Terms
from lianyi.access.service import apps
from lianyi.kernel.actor import Actor


class Program:
    """One app of a company, by its id, and what an institution has approved of it."""

    def __init__(self, place, app_id=None):
        self.place = place
        self.app_id = app_id or place.app.ids.new(place.app.clock())

    async def approved(self, scopes, purpose=Purpose.TREAT, *, days=90, assessment="PIA-2030-07"):
        """Return the id of the place's approval."""
        admin = await self.place.admin()
        given = {"app_id": self.app_id, "institution_id": self.place.id}
        id = await self.place.do(admin, apps.ask_approval, **given)
        until = self.place.app.clock() + timedelta(days=days)
        terms = Terms(purpose, tuple(scopes.split()), assessment, until)
        await self.place.do(admin, apps.approve, approval_id=id, terms=terms)
        return id

    async def permitted(self, resident, scopes, classes=frozenset(), *, days=30):
        """Let a resident agree to all of what is asked; return the permission's id."""
        until = self.place.app.clock() + timedelta(days=days)

        async def permit(tx):
            chart = await access.open_chart(
                tx, person_id=resident.subject_id, purpose=Purpose.CONSENT
            )
            found = await queries.live_approvals(tx, app_ids=[self.app_id])
            (approval,) = (a for a in found[self.app_id] if a.terms.purpose is Purpose.OWN)
            given = {"scopes": scopes.split(), "classes": frozenset(classes), "until": until}
            return await apps.permit(tx, chart, approval=approval, **given)

        return await self.place.do(resident, permit)

    async def take_back(self, resident, permission_id):
        async def withdraw(tx):
            chart = await access.open_chart(
                tx, person_id=resident.subject_id, purpose=Purpose.CONSENT
            )
            return await apps.withdraw_permission(tx, chart, permission_id=permission_id)

        await self.place.do(resident, withdraw)

    def hat(self, user, scopes, patient=None):
        """Return a user's hat as this app wears it."""
        patient_id = patient.person_id if patient else user.for_person_id
        given = {"app_id": self.app_id, "scopes": tuple(scopes.split())}
        return replace(user, for_person_id=patient_id, **given)

    def service(self, approval_id, scopes):
        """Return the hat of the app as a backend service of the place."""
        given = tuple(scopes.split())
        here = self.place.id
        return Actor(self.app_id, approval_id, here, APP, app_id=self.app_id, scopes=given)
