"""What supervision announces. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """`visit_id` is None for what belongs to no visit."""

    name: ClassVar[str]
    upload_id: UUID
    institution_id: UUID
    kind: str
    visit_id: UUID | None

    @property
    def owner(self) -> UUID:
        return self.institution_id


@dataclass(frozen=True, slots=True)
class UploadDue(UploadEvent):
    name: ClassVar[str] = "supervision.upload_due"


@dataclass(frozen=True, slots=True)
class UploadSent(UploadEvent):
    name: ClassVar[str] = "supervision.upload_sent"


@dataclass(frozen=True, slots=True)
class UploadReceipted(UploadEvent):
    name: ClassVar[str] = "supervision.upload_receipted"


@dataclass(frozen=True, slots=True)
class UploadRefused(UploadEvent):
    name: ClassVar[str] = "supervision.upload_refused"


@dataclass(frozen=True, slots=True)
class _TallyEvent:
    name: ClassVar[str]
    institution_id: UUID
    day: str

    @property
    def owner(self) -> UUID:
        return self.institution_id


@dataclass(frozen=True, slots=True)
class TallyDue(_TallyEvent):
    """A day is over: its counts are compared with the platform's (LIC-11)."""

    name: ClassVar[str] = "supervision.tally_due"


@dataclass(frozen=True, slots=True)
class TallyTaken(_TallyEvent):
    name: ClassVar[str] = "supervision.tally_taken"


@dataclass(frozen=True, slots=True)
class CaseMoved:
    """Somebody asked to know who was behind a visit, agreed, declined or is done with it."""

    name: ClassVar[str] = "supervision.case_moved"
    case_id: UUID
    visit_id: UUID
    institution_id: UUID

    @property
    def owner(self) -> UUID:
        return self.visit_id
