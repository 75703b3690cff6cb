"""What other software may ask of the record: one act, the resource it means, what became of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from lianyi.access.model.parts import Right
from lianyi.kernel.refusal import Invalid, Refused
from lianyi.records.fhir.marks import Marks
from lianyi.records.fhir.patches import Operation
from lianyi.records.model import Hit, Key

Body: TypeAlias = Mapping[str, Any]
Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    MARK = "mark"
    DELETE = "delete"


RIGHTS = {Verb.CREATE: Right.CREATE, Verb.UPDATE: Right.UPDATE, Verb.DELETE: Right.DELETE}
RIGHTS |= {Verb.PATCH: Right.UPDATE, Verb.MARK: Right.UPDATE}
MADE = (Verb.PATCH, Verb.MARK)  # of what is there, which they tell of as well


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"  # it was there to the letter, or somebody had created it
    DELETED = "deleted"


class Act(msgspec.Struct, frozen=True):
    """One thing that is asked. `place` is where it stands in a bundle, as FHIRPath has it.

    `criteria` find the resource that is meant, in place of an id. `address` is what the others in a
    bundle call it by. A patch has operations, from which its body is made when it is done.
    """

    verb: Verb
    type: str
    fhir_id: str = ""
    body: Body | None = None
    patch: tuple[Operation, ...] | Marks = ()
    criteria: Pairs | None = None
    match: int | None = None  # the version it must be in
    only_new: bool = False
    address: str = ""
    place: str = ""

    @property
    def read(self) -> int | None:
        """Return the version that is to be changed: as said, or as the body still says it."""
        meta = (self.body or {}).get("meta")
        stated = meta.get("versionId") if isinstance(meta, dict) else None
        if self.match is None and isinstance(stated, str) and stated.isdecimal():
            return int(stated)
        return self.match


class Done(msgspec.Struct, frozen=True):
    """What became of an act. `body` is as stored; empty where there is none any more."""

    outcome: Outcome
    type: str
    fhir_id: str
    version: int
    at: datetime
    body: str


class Meant(msgspec.Struct, frozen=True):
    """An act and the resource that is meant by it; `found` is there and stays as it is."""

    act: Act
    fhir_id: str
    is_drawn: bool = False
    found: Hit | None = None

    @property
    def key(self) -> Key:
        return self.act.type, self.fhir_id


@dataclass(eq=False)
class EntryRefused(Invalid):
    """One entry of a bundle is refused, and with it all of them."""

    place: str
    trouble: Refused


@contextmanager
def placed(act: Act) -> Iterator[None]:
    """Say of a refusal which entry of a bundle it is about."""
    try:
        yield
    except Refused as trouble:
        if not act.place:
            raise
        raise EntryRefused(place=act.place, trouble=trouble) from trouble
