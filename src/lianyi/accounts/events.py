"""What accounts announce. Ids and codes only; fields are added, never renamed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.actor import NOWHERE


@dataclass(frozen=True, slots=True)
class KeysAsked:
    """An app's public keys were asked for at its own address, and it has answered or not."""

    name: ClassVar[str] = "accounts.keys_asked"
    client_id: UUID
    institution_id: UUID = NOWHERE

    @property
    def owner(self) -> UUID:
        return self.client_id
