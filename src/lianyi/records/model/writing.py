"""What stands in the record already, for who writes over it, and what has been written."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access.model import Sensitive
from lianyi.records.model import Key


@dataclass(frozen=True, slots=True)
class Held:
    """What is there under an id, whoever may see it, kept still. A tombstone has no body.

    `said` is what it said last, also of what is gone.
    """

    type: str
    fhir_id: str
    owner: UUID
    holder_id: UUID
    app_id: UUID | None
    version: int
    at: datetime
    recorded_at: datetime
    released: bool
    classes: frozenset[Sensitive]
    body: str
    said: str

    @property
    def key(self) -> Key:
        return self.type, self.fhir_id

    @property
    def is_gone(self) -> bool:
        return not self.body


@dataclass(frozen=True, slots=True)
class Change:
    """One version of whatever resource; one without a body says that it was taken back."""

    seq: int
    type: str
    fhir_id: str
    version: int
    at: datetime
    owner: UUID
    body: str
