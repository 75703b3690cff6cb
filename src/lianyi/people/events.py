"""What people announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class _OfPerson:
    name: ClassVar[str]
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class _OfCard:
    """An application: nobody knows yet whose. The applicant's open page hears of it."""

    name: ClassVar[str]
    card_id: UUID
    applicant_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.card_id


@dataclass(frozen=True, slots=True)
class _OfInstitution:
    name: ClassVar[str]
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.institution_id


@dataclass(frozen=True, slots=True)
class PersonRegistered(_OfPerson):
    name: ClassVar[str] = "people.person_registered"


@dataclass(frozen=True, slots=True)
class InstitutionRegistered(_OfInstitution):
    name: ClassVar[str] = "people.institution_registered"


@dataclass(frozen=True, slots=True)
class DepartmentRegistered(_OfInstitution):
    name: ClassVar[str] = "people.department_registered"
    department_id: UUID


@dataclass(frozen=True, slots=True)
class Appointed(_OfPerson):
    name: ClassVar[str] = "people.appointed"
    post_id: UUID


@dataclass(frozen=True, slots=True)
class PostEnded(_OfPerson):
    name: ClassVar[str] = "people.post_ended"
    post_id: UUID


@dataclass(frozen=True, slots=True)
class LicenceRecorded(_OfPerson):
    name: ClassVar[str] = "people.licence_recorded"


@dataclass(frozen=True, slots=True)
class PracticeFiled(_OfPerson):
    name: ClassVar[str] = "people.practice_filed"


@dataclass(frozen=True, slots=True)
class TrainingRecorded(_OfPerson):
    name: ClassVar[str] = "people.training_recorded"


@dataclass(frozen=True, slots=True)
class DutyChanged(_OfInstitution):
    """Somebody went on duty or off it."""

    name: ClassVar[str] = "people.duty_changed"
    post_id: UUID


@dataclass(frozen=True, slots=True)
class PersonDied(_OfPerson):
    name: ClassVar[str] = "people.person_died"


@dataclass(frozen=True, slots=True)
class CardApplied(_OfCard):
    name: ClassVar[str] = "people.card_applied"


@dataclass(frozen=True, slots=True)
class CardChecked(_OfCard):
    """The identity service has answered; whether it agreed is told by what happens next."""

    name: ClassVar[str] = "people.card_checked"


@dataclass(frozen=True, slots=True)
class CardLapsed(_OfCard):
    name: ClassVar[str] = "people.card_lapsed"


@dataclass(frozen=True, slots=True)
class CardClaimed(_OfPerson):
    """Somebody with another phone has applied in the name of a person who has a card."""

    name: ClassVar[str] = "people.card_claimed"
    card_id: UUID


@dataclass(frozen=True, slots=True)
class CardActivated(_OfPerson):
    name: ClassVar[str] = "people.card_activated"
    card_id: UUID
    applicant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CardFrozen(_OfPerson):
    name: ClassVar[str] = "people.card_frozen"
    card_id: UUID


@dataclass(frozen=True, slots=True)
class CardThawed(_OfPerson):
    name: ClassVar[str] = "people.card_thawed"
    card_id: UUID


@dataclass(frozen=True, slots=True)
class CardReplaced(_OfPerson):
    name: ClassVar[str] = "people.card_replaced"
    card_id: UUID


@dataclass(frozen=True, slots=True)
class CardClosed(_OfPerson):
    name: ClassVar[str] = "people.card_closed"
    card_id: UUID


@dataclass(frozen=True, slots=True)
class _OfKin(_OfPerson):
    """`person_id` is whose family it is: the one who acts, or asks to."""

    kin_id: UUID
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class ChildClaimed(_OfKin):
    name: ClassVar[str] = "people.child_claimed"


@dataclass(frozen=True, slots=True)
class ProxyInvited(_OfKin):
    name: ClassVar[str] = "people.proxy_invited"


@dataclass(frozen=True, slots=True)
class KinLive(_OfKin):
    name: ClassVar[str] = "people.kin_live"


@dataclass(frozen=True, slots=True)
class KinRefused(_OfKin):
    name: ClassVar[str] = "people.kin_refused"


@dataclass(frozen=True, slots=True)
class KinReviewDue(_OfKin):
    """A child turns fourteen: until a clerk has reviewed it, the guardian acts no more."""

    name: ClassVar[str] = "people.kin_review_due"


@dataclass(frozen=True, slots=True)
class KinComesOfAge(_OfKin):
    """A child turns eighteen, and the clock has already ended the guardian's mandate."""

    name: ClassVar[str] = "people.kin_comes_of_age"


@dataclass(frozen=True, slots=True)
class KinEnded(_OfKin):
    name: ClassVar[str] = "people.kin_ended"
