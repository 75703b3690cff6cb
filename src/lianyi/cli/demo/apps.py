"""One small app that the demo's hospital lets residents use: that of examples/blood-pressure."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from lianyi.access import queries as approvals
from lianyi.access.model import ADMIN, Purpose
from lianyi.accounts.model.apps import ClientKind, Registration
from lianyi.journeys import apps
from lianyi.kernel.work import Tx
from lianyi.people import queries as people

HOSPITAL = "province"
HERE = "http://127.0.0.1:9000/"  # where docs/apps.md lets it be served
EXAMPLE = Registration(
    name="血压曲线（示例）",
    company="青山示例软件有限公司",
    credit_code="91370102MA3Q7A1B20",
    contact="privacy@example.com",
    kind=ClientKind.PUBLIC,
    redirects=(HERE,),
    scopes=("launch/patient", "openid", "fhirUser", "patient/Patient.r", "patient/Observation.rs"),
    about="把血压画成曲线。源代码在 examples/blood-pressure。",
)
DAYS = 365


async def bring_in(tx: Tx, places: Mapping[str, UUID]) -> None:
    """Register it and let the hospital's administrator approve it for residents' own use."""
    staff = await people.staff_of(tx, institution_id=places[HOSPITAL])
    post = next(one for one in staff if one.role == ADMIN)
    hat = await people.hat(tx, person_id=post.person_id, post_id=post.id)
    here = replace(tx, actor=hat)
    await apps.register(here, form=EXAMPLE, institutions=[hat.institution_id])
    (asked,) = await approvals.approvals(here)
    await apps.approve(
        here,
        approval_id=asked.id,
        purpose=Purpose.OWN,
        text=" ".join(EXAMPLE.scopes),
        assessment="演示 PIA-1",
        days=DAYS,
    )
