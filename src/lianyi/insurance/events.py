"""What insurance announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CoverChanged:
    """Bound, refused or unbound."""

    name: ClassVar[str] = "insurance.cover_changed"
    cover_id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ClaimEvent:
    """`institution_id` is who charges; the subject is what the bill is for."""

    name: ClassVar[str]
    claim_id: UUID
    bill_id: UUID
    person_id: UUID
    institution_id: UUID
    subject_type: str
    subject_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ClaimMoved(ClaimEvent):
    """One step towards the person's part being known, or from there to the settlement."""

    name: ClassVar[str] = "insurance.claim_moved"


@dataclass(frozen=True, slots=True)
class ClaimRefused(ClaimEvent):
    """Before anything was paid: the person may pay alone."""

    name: ClassVar[str] = "insurance.claim_refused"


@dataclass(frozen=True, slots=True)
class SettlementDoubtful(ClaimEvent):
    """The agency should have answered by now."""

    name: ClassVar[str] = "insurance.settlement_doubtful"


@dataclass(frozen=True, slots=True)
class SettlementOverdue(ClaimEvent):
    """Nobody waits for the agency's answer any longer."""

    name: ClassVar[str] = "insurance.settlement_overdue"


@dataclass(frozen=True, slots=True)
class SettlementFailed(ClaimEvent):
    """Nothing is settled; what the person had paid goes back whole."""

    name: ClassVar[str] = "insurance.settlement_failed"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reversed(ClaimEvent):
    """A settlement was taken back whole, and what the person had paid goes back."""

    name: ClassVar[str] = "insurance.reversed"


@dataclass(frozen=True, slots=True)
class ReversalRefused(ClaimEvent):
    """The agency keeps a settlement that we wanted to take back: people have to act."""

    name: ClassVar[str] = "insurance.reversal_refused"


@dataclass(frozen=True, slots=True)
class Settled:
    """All that a bill needs is final: paid, and settled with the agency where it was claimed."""

    name: ClassVar[str] = "insurance.settled"
    bill_id: UUID
    person_id: UUID
    institution_id: UUID
    subject_type: str
    subject_id: UUID
    claim_id: UUID | None = None

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class DifferencesFound:
    name: ClassVar[str] = "insurance.differences_found"
    institution_id: UUID
    day: str

    @property
    def owner(self) -> UUID:
        return self.institution_id
