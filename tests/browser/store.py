"""An app that the town's hospital has approved, a person has permitted, and asks again."""

from lianyi.access import queries
from lianyi.access.model import Purpose, Sensitive
from lianyi.accounts.model.apps import ClientKind, Registration
from lianyi.journeys import apps
from lianyi.journeys.apps import Agreed, Wanted
from lianyi.kernel.work import reading, within
from tests.identity import credit_code

BACK, SERVER = "https://diary.test/callback", "https://lianyi.test/fhir/R4"
SCOPES = (
    "patient/Patient.r",
    "patient/Observation.rs",
    "patient/Condition.rs",
    "patient/MedicationRequest.rs",
    "patient/Observation.c",
    "offline_access",
)
DIARY = Registration(
    name="血压日记",
    company="青山数字健康科技有限公司",
    credit_code=credit_code(),
    contact="0531-88880000，privacy@diary.test",
    kind=ClientKind.PUBLIC,
    redirects=(BACK,),
    scopes=SCOPES,
    about="把家里量的血压和医院的结果放在一起看，按时提醒服药。",
)


async def fill(app, door, admin, holder):
    """Return the token of what the app asks of the resident now."""
    given = {"form": DIARY, "institutions": [admin.institution_id]}
    diary = await within(app, door, lambda tx: apps.register(tx, **given))
    await within(app, door, lambda tx: apps.register(tx, **given))  # another one waits
    found = await reading(app, admin, queries.approvals)
    (approval,) = (one.id for one in found if one.app_id == diary.id)
    terms = {"purpose": Purpose.OWN, "text": " ".join(SCOPES), "assessment": "PIA-2026-017"}
    await within(app, admin, lambda tx: apps.approve(tx, approval_id=approval, days=180, **terms))
    agreed = Agreed(frozenset({Sensitive.PSYCHIATRY}), 90)
    first = await ask(app, door, diary.id)
    await within(app, holder, lambda tx: apps.agree(tx, token=first, agreed=agreed, session=b""))
    return await ask(app, door, diary.id)


async def ask(app, door, client_id):
    wanted = Wanted(
        client_id=str(client_id),
        redirect=BACK,
        response_type="code",
        scope=" ".join(SCOPES),
        state="s" * 22,
        audience=SERVER,
        challenge="c" * 43,
        method="S256",
    )
    token, _ = await within(app, door, lambda tx: apps.ask(tx, wanted=wanted, server=SERVER))
    return token
