"""What a provincial supervision platform (互联网诊疗监管平台) takes, and how it answers.

The provinces differ in form; this is what they share: an institution reports things of some kinds
under its own numbers, a correction comes as a higher edition of the same number, and each report
is answered with a receipt or refused with a code of the platform's own list.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

from lianyi.kernel.crypto import sm3
from lianyi.kernel.errand import Answer

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]  # SM3, in hexadecimal


class Report(msgspec.Struct, frozen=True):
    """One thing as it stands. `institution` is the unified social credit code of who reports."""

    institution: str
    kind: str
    number: str
    edition: Annotated[int, Meta(ge=1)]
    day: date
    content: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True):
    """The platform's word that it has what has this digest."""

    number: str
    at: datetime
    digest: Digest


class Tally(msgspec.Struct, frozen=True):
    """What the platform holds of an institution's day: how many of each kind, and which."""

    counts: dict[str, int]
    digest: Digest


def digest(content: object) -> str:
    """Return the SM3 of a content, the same at both ends whatever the order of its names."""
    return sm3(msgspec.json.encode(content, order="sorted")).hex()


def tally_digest(held: Iterable[tuple[str, str, str]]) -> str:
    """Return the SM3 over kind, number and receipt of everything held, in order."""
    return sm3("\n".join(" ".join(each) for each in sorted(held)).encode()).hex()


class Supervision(Protocol):
    async def report(self, key: UUID, report: Report) -> Answer:
        """Report one thing, once a key.

        The body of a yes is a `Receipt`. A no has a `code`: UNKNOWN_INSTITUTION,
        LICENCE_EXPIRED, UNKNOWN_PRACTITIONER, INCOMPLETE, OLD_EDITION or NOT_ACCEPTED, and
        `about`, the part of the report that it means.
        """
        ...

    async def ask(self, key: UUID) -> Answer | None:
        """Return what was answered to a key, or None if it never arrived."""
        ...

    async def tally(self, institution: str, day: date) -> Answer:
        """Return what the platform holds of a day; the body of a yes is a `Tally`."""
        ...
