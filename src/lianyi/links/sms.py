"""Text messages (短信): what a carrier must offer. They are sent by registered template."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer


class Message(msgspec.Struct, frozen=True):
    """A registered template of ours, by name, with its variables."""

    phone: str
    template: str
    values: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Message({self.template!r})"


class Sms(Protocol):
    async def send(self, key: UUID, message: Message) -> Answer:
        """Hand a message to the carrier: yes if it took it, no with its `code` if it won't."""
        ...

    async def ask(self, key: UUID, message: Message) -> Answer | None:
        """Return what became of a key, or None if it never arrived."""
        ...
