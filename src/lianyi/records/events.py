"""What the record announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A visit has its outpatient record, the first or an amended one: the visit is closed."""

    name: ClassVar[str] = "records.note_written"
    visit_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ResultReleased:
    """A result that an institution's software brought and withheld: the person sees it now."""

    name: ClassVar[str] = "records.result_released"
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class SubscriptionDue:
    """The time of a subscription is over."""

    name: ClassVar[str] = "records.subscription_due"
    subscription_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.subscription_id
