"""Who asks, and when: all that a statement is made of, and nothing that could send it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.kernel.actor import Actor
from lianyi.kernel.crypto import Keys
from lianyi.kernel.ids import Ids


@dataclass(frozen=True, slots=True)
class Moment:
    actor: Actor
    now: datetime
    ids: Ids
    keys: Keys

    def new_id(self, owner: UUID | None = None) -> UUID:
        return self.ids.new(self.now, owner)
