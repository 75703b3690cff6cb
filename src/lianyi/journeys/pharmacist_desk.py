"""What a pharmacist sees who is to review prescriptions (审方工作台)."""

from dataclasses import dataclass

from lianyi.kernel import profile
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import rules
from lianyi.people import service as registry
from lianyi.people.model import PHARMACIST, Duty, Finding, Member, Post


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """`findings` are what keeps this pharmacist from being on duty; `duties` who is (LIC-04)."""

    me: Member
    findings: tuple[Finding, ...]
    duties: tuple[Duty, ...]

    @property
    def post(self) -> Post:
        return self.me.post

    @property
    def mine(self) -> Duty | None:
        return next((duty for duty in self.duties if duty.post.id == self.post.id), None)

    @property
    def others(self) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.duties if duty.post.id != self.post.id)


async def desk(tx: Tx) -> ReviewDesk:
    """Return the acting pharmacist with the duty at their institution.

    :raises NoSuchPost, WrongRole:
    """
    if tx.actor.role != PHARMACIST:
        raise WrongRole(verb="desk", role=tx.actor.role)
    me = await people.member(tx)
    return ReviewDesk(
        me=me,
        findings=rules.duty_findings(me, registry.today(tx), profile.at(tx.now)),
        duties=tuple(await people.on_duty(tx, institution_id=me.post.institution_id)),
    )
