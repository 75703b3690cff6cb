"""What somebody asks who looks for a number."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Where:
    """Where and when a number is looked for; None is anywhere."""

    first: date
    last: date
    institution_id: UUID | None = None
    department_id: UUID | None = None
    doctor_id: UUID | None = None
