"""Whether a name, an identity number and a phone belong to one person (三要素核验).

The providers differ from province to province; this is the form they share. A check is kept
under our key: the same key never costs, or tells, twice.
"""

from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer

CHECKS = "/v1/checks"


class Claim(msgspec.Struct, frozen=True):
    """Who somebody says to be."""

    name: str
    id_number: str
    phone: str

    def __repr__(self) -> str:
        return "Claim(…)"


class Result(StrEnum):
    MATCH = "match"
    MISMATCH = "mismatch"
    ABSENT = "absent"


class Check(msgspec.Struct, frozen=True):
    """What the provider answers. `serial` is its own number, kept as evidence."""

    result: Result
    serial: str


class Request(msgspec.Struct, frozen=True):
    key: str
    name: str
    id_number: str
    phone: str


class Identity(Protocol):
    async def check(self, key: UUID, claim: Claim) -> Answer:
        """Answer yes for a match, else no; the body is a `Check`, or the `code` of a refusal."""
        ...

    async def ask(self, key: UUID) -> Answer | None:
        """Return what was answered to a key, or None if it never arrived."""
        ...
