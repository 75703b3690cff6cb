"""What online visits announce. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class VisitEvent:
    """`post_id` is the doctor's."""

    name: ClassVar[str]
    visit_id: UUID
    person_id: UUID
    institution_id: UUID
    post_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class VisitAsked(VisitEvent):
    """A doctor is to read the proof before anything is paid (CON-03)."""

    name: ClassVar[str] = "consult.visit_asked"


@dataclass(frozen=True, slots=True)
class VisitAdmitted(VisitEvent):
    """It waits for its fee."""

    name: ClassVar[str] = "consult.visit_admitted"


@dataclass(frozen=True, slots=True)
class VisitRefused(VisitEvent):
    name: ClassVar[str] = "consult.visit_refused"


@dataclass(frozen=True, slots=True)
class VisitPaid(VisitEvent):
    """It waits for the doctor; the promised time runs."""

    name: ClassVar[str] = "consult.visit_paid"


@dataclass(frozen=True, slots=True)
class VisitLapsed(VisitEvent):
    name: ClassVar[str] = "consult.visit_lapsed"


@dataclass(frozen=True, slots=True)
class VisitTaken(VisitEvent):
    name: ClassVar[str] = "consult.visit_taken"


@dataclass(frozen=True, slots=True)
class VisitDecided(VisitEvent):
    """CON-03: the doctor said that the condition of a follow-up is met."""

    name: ClassVar[str] = "consult.visit_decided"


@dataclass(frozen=True, slots=True)
class MessageSent(VisitEvent):
    name: ClassVar[str] = "consult.message_sent"


@dataclass(frozen=True, slots=True)
class VisitEnded(VisitEvent):
    name: ClassVar[str] = "consult.visit_ended"


@dataclass(frozen=True, slots=True)
class TurnedOffline(VisitEvent):
    """CON-04: no prescription can follow any more."""

    name: ClassVar[str] = "consult.turned_offline"


@dataclass(frozen=True, slots=True)
class AnswerDue(VisitEvent):
    """CON-27: the promised time is over."""

    name: ClassVar[str] = "consult.answer_due"


@dataclass(frozen=True, slots=True)
class VisitUnanswered(VisitEvent):
    name: ClassVar[str] = "consult.visit_unanswered"


@dataclass(frozen=True, slots=True)
class VisitStopped(VisitEvent):
    """CON-28: a sign of an emergency; the person was sent to one."""

    name: ClassVar[str] = "consult.visit_stopped"


@dataclass(frozen=True, slots=True)
class VisitWithdrawn(VisitEvent):
    name: ClassVar[str] = "consult.visit_withdrawn"


@dataclass(frozen=True, slots=True)
class VisitRated(VisitEvent):
    name: ClassVar[str] = "consult.visit_rated"
