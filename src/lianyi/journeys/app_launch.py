"""An app is started from a doctor's visit, and is told its patient and encounter (EHR launch).

Source: SMART App Launch 2.2, "Launch App: EHR Launch".
"""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access import queries as approvals
from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.access.model.apps import Approval
from lianyi.access.rules import scopes
from lianyi.accounts import queries as accounts
from lianyi.accounts.errors import NoSuchClient
from lianyi.accounts.model.apps import Client
from lianyi.accounts.service import apps as opening
from lianyi.consult import queries as talks
from lianyi.consult.model import State
from lianyi.consult.states import VISIT
from lianyi.journeys import app_patients, apps, visit
from lianyi.journeys.apps import LAUNCH
from lianyi.kernel.lifecycle import WrongState, check_role
from lianyi.kernel.refusal import Conflict
from lianyi.kernel.work import Tx

OF_USERS = ("patient/", "user/")  # scopes that mean something in somebody's hands


@dataclass(eq=False)
class NotStartable(Conflict):
    """The app has told no address at which it is started."""


async def startable(tx: Tx) -> tuple[Client, ...]:
    """Return the apps that the acting institution lets a doctor start at their desk.

    :raises WrongRole:
    """
    check_role(tx, VISIT, "take")
    found = await approvals.approved_here(tx, purpose=Purpose.TREAT)
    ids = [one.app_id for one in found if _is_for_users(one)]
    known = await accounts.clients(tx, ids=ids) if ids else {}
    return tuple(known[id] for id in ids if known[id].launch_url)


async def from_visit(tx: Tx, *, visit_id: UUID, client_id: UUID, server: str) -> str:
    """Return the address at which an app begins for a visit in person.

    :raises NoSuchAppointment, NoSuchClient, NoSuchPerson, NotApproved, NotStartable:
    :raises WrongRole, WrongState: it has not begun.
    """
    here, _ = await visit.under_way(tx, visit_id, LAUNCH)
    return await _start(tx, client_id, here.person_id, here.id, server)


async def from_talk(tx: Tx, *, visit_id: UUID, client_id: UUID, server: str) -> str:
    """Return the address at which an app begins for an online visit.

    :raises NoSuchVisit, NoSuchClient, NoSuchPerson, NotApproved, NotStartable:
    :raises WrongRole, WrongState: it has not begun, or is over.
    """
    check_role(tx, VISIT, "take")
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    here = await talks.own_visit(tx, desk, visit_id=visit_id)
    if here.state is not State.WITH_DOCTOR:
        raise WrongState(table=VISIT.table, id=visit_id, verb=LAUNCH, state=here.state)
    return await _start(tx, client_id, here.person_id, here.id, server)


async def launch(tx: Tx, *, client_id: UUID, patient_id: UUID, encounter: str = "") -> str:
    """Start an app from a desk, for a patient (EHR launch); return the launch's token.

    :raises NoSuchClient, NotApproved, WrongRole:
    :raises NoSuchPerson: also of whom the app may know nothing (PRI-04).
    """
    if not await accounts.clients(tx, ids=[client_id]):
        raise NoSuchClient
    await apps.approval_of(tx, client_id=client_id)
    context = await app_patients.started_for(
        tx, client_id=client_id, person_id=patient_id, encounter=encounter
    )
    return await opening.open_launch(tx, client_id=client_id, context=context)


async def _start(tx: Tx, client_id: UUID, person_id: UUID, visit_id: UUID, server: str) -> str:
    token = await launch(tx, client_id=client_id, patient_id=person_id, encounter=str(visit_id))
    client = (await accounts.clients(tx, ids=[client_id]))[client_id]
    if not client.launch_url:
        raise NotStartable
    return apps.joined(client.launch_url, {"iss": server, LAUNCH: token})


def _is_for_users(approval: Approval) -> bool:
    listed = approval.terms.scopes if approval.terms else ()
    return any(one.startswith(OF_USERS) for one in filter(scopes.read, listed))
