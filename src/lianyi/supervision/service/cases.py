"""A case: an authority asks to know who was behind a visit, and a second person agrees (CON-18)."""

from datetime import timedelta
from uuid import UUID

from lianyi.kernel import profile
from lianyi.kernel.lifecycle import advance, check_role
from lianyi.kernel.work import Tx
from lianyi.supervision import rules
from lianyi.supervision.errors import CaseShut, NoSuchTrail, OwnCase, ReasonMissing
from lianyi.supervision.events import CaseMoved
from lianyi.supervision.model import Case, Opens
from lianyi.supervision.states import CASE
from lianyi.supervision.tables import cases, trails


async def ask(tx: Tx, *, visit_id: UUID, opens: Opens, reason: str) -> UUID:
    """Ask to know who was behind a visit; nothing opens before a second person has agreed.

    :raises NoSuchTrail, ReasonMissing, WrongRole:
    """
    check_role(tx, CASE, "ask")
    if not rules.is_reason(reason):
        raise ReasonMissing
    person_id = await trails.find_person(tx, visit_id)
    if person_id is None:
        raise NoSuchTrail(visit_id=visit_id)
    return await cases.insert(
        tx, visit_id=visit_id, person_id=person_id, opens=opens, reason=reason.strip()
    )


async def approve(tx: Tx, *, case_id: UUID) -> tuple[Case, UUID]:
    """Agree to what a colleague has asked; return the case and whom it is about.

    :raises NoSuchCase, OwnCase, WrongRole, WrongState:
    """
    case, person_id = await _other(tx, case_id, "approve")
    until = tx.now + timedelta(days=profile.at(tx.now)["CON-18"])
    await cases.mark_decided(tx, case_id, until=until)
    await _go(tx, case, "approve")
    return (await cases.load(tx, case_id))[0], person_id


async def reject(tx: Tx, *, case_id: UUID, reason: str) -> None:
    """Decline what a colleague has asked, who is told why.

    :raises NoSuchCase, OwnCase, ReasonMissing, WrongRole, WrongState:
    """
    case, _ = await _other(tx, case_id, "reject")
    if not rules.is_reason(reason):
        raise ReasonMissing
    await cases.mark_decided(tx, case_id, declined_for=reason.strip())
    await _go(tx, case, "reject", reason.strip())


async def close(tx: Tx, *, case_id: UUID) -> Case:
    """End a case before its time: it opens nothing any more.

    :raises NoSuchCase, WrongRole, WrongState:
    """
    check_role(tx, CASE, "close")
    case, _ = await cases.lock(tx, case_id)
    await _go(tx, case, "close")
    return case


async def look(tx: Tx, *, case_id: UUID) -> tuple[Case, UUID]:
    """Return an open case of the acting person's, and whom it is about.

    :raises CaseShut, NoSuchCase, WrongRole:
    """
    check_role(tx, CASE, "ask")
    case, person_id = await cases.load(tx, case_id)
    if not rules.may_look(case, tx.actor.person_id, tx.now):
        raise CaseShut
    return case, person_id


async def _other(tx: Tx, case_id: UUID, verb: str) -> tuple[Case, UUID]:
    check_role(tx, CASE, verb)
    case, person_id = await cases.lock(tx, case_id)
    if not rules.may_decide(case, tx.actor.person_id):
        raise OwnCase
    return case, person_id


async def _go(tx: Tx, case: Case, verb: str, why: str = "") -> None:
    event = CaseMoved(case.id, case.visit_id, case.institution_id)
    await advance(tx, CASE, case.id, verb, why=why, event=event)
