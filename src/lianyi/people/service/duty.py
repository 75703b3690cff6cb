"""Go on duty and off it; write down who was trained to review prescriptions."""

from datetime import timedelta
from uuid import UUID

from lianyi.kernel import history, profile
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import events, queries, rules
from lianyi.people.errors import MayNotPractise, NotOnDuty
from lianyi.people.model import Training
from lianyi.people.service.registry import today
from lianyi.people.tables import staff as tables


async def go_on_duty(tx: Tx) -> None:
    """Begin the acting pharmacist's duty, or let it last longer (LIC-04).

    :raises MayNotPractise: with all findings (PH-02).
    :raises NoSuchPost, WrongRole:
    """
    _check_role(tx, "go_on_duty")
    await _check_fit(tx)
    await tables.begin_duty(tx, tx.now + timedelta(hours=profile.at(tx.now)["LIC-04"]))
    await _tell(tx, "go_on_duty", before="off", after="on")


async def go_off_duty(tx: Tx) -> None:
    """End the acting pharmacist's duty; twice is the same as once.

    :raises WrongRole:
    """
    _check_role(tx, "go_off_duty")
    if await tables.end_duty(tx):
        await _tell(tx, "go_off_duty", before="on", after="off")


async def check_on_duty(tx: Tx) -> None:
    """Refuse an act that belongs to a duty the acting member of staff has not, or may not have.

    :raises NotOnDuty, MayNotPractise, NoSuchPost, WrongRole:
    """
    _check_role(tx, "on_duty")
    await _check_fit(tx)
    duties = await tables.list_duties(tx, tx.actor.institution_id, tx.actor.role)
    if all(duty.post.id != tx.actor.post_id for duty in duties):
        raise NotOnDuty


async def record_training(tx: Tx, *, person_id: UUID, training: Training) -> None:
    """Write down that somebody passed the training for reviewers (PH-02).

    :raises WrongRole:
    """
    if tx.actor.role not in rules.APPOINTERS:
        raise WrongRole(verb="record_training", role=tx.actor.role)
    await tables.insert_training(tx, person_id, training)
    await tx.emit(events.TrainingRecorded(person_id, tx.actor.institution_id))


def _check_role(tx: Tx, verb: str) -> None:
    if tx.actor.role not in rules.ON_DUTY:
        raise WrongRole(verb=verb, role=tx.actor.role)


async def _check_fit(tx: Tx) -> None:
    findings = rules.duty_findings(await queries.member(tx), today(tx), profile.at(tx.now))
    if findings:
        raise MayNotPractise(findings=findings)


async def _tell(tx: Tx, verb: str, *, before: str, after: str) -> None:
    post_id = tx.actor.post_id
    await history.note(tx, "people.duty", post_id, verb, before=before, after=after)
    await tx.emit(events.DutyChanged(tx.actor.institution_id, post_id))
