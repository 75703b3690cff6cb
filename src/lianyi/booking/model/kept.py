"""What is kept with the key of a hold or a confirmation, for who sends it again."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Booked:
    """All that a page has to know of either."""

    appointment_id: UUID
    number: int
