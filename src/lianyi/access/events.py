"""What access announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AccessEvent:
    name: ClassVar[str]
    id: UUID
    person_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ConsentAsked(AccessEvent):
    name: ClassVar[str] = "access.consent_asked"


@dataclass(frozen=True, slots=True)
class ConsentGiven(AccessEvent):
    name: ClassVar[str] = "access.consent_given"


@dataclass(frozen=True, slots=True)
class ConsentRefused(AccessEvent):
    name: ClassVar[str] = "access.consent_refused"


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(AccessEvent):
    name: ClassVar[str] = "access.consent_withdrawn"


@dataclass(frozen=True, slots=True)
class GlassBroken(AccessEvent):
    """The person is told at once; `institution_id` is the reader's."""

    name: ClassVar[str] = "access.glass_broken"


@dataclass(frozen=True, slots=True)
class GlassReviewDue(AccessEvent):
    """A broken glass nobody has reviewed in time (EMR-17)."""

    name: ClassVar[str] = "access.glass_review_due"


@dataclass(frozen=True, slots=True)
class GlassReviewed(AccessEvent):
    name: ClassVar[str] = "access.glass_reviewed"


@dataclass(frozen=True, slots=True)
class ExportEvent:
    """What an app takes in bulk from an institution: of nobody alone, and so the institution's."""

    name: ClassVar[str]
    id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.institution_id


@dataclass(frozen=True, slots=True)
class ExportMoved(ExportEvent):
    name: ClassVar[str] = "access.export_moved"


@dataclass(frozen=True, slots=True)
class ExportDue(ExportEvent):
    """Nobody has agreed in time, or the files were kept long enough."""

    name: ClassVar[str] = "access.export_due"
