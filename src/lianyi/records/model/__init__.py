"""What the record holds, as it is written and as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from lianyi.access.model import Sensitive
from lianyi.kernel.actor import NOWHERE

PUBLIC = NOWHERE  # the owner of what belongs to nobody
LIVE = 0  # the version of what has none: its domain tells it as it is now

Key: TypeAlias = tuple[str, str]  # of a resource: its type and its id
Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a resource, and where: `where` is a FHIRPath expression."""

    rule: str  # structure, unknown, required, choice, binding, target, value, invariant, profile
    where: str
    about: str = ""
    severity: Severity = "error"  # a warning keeps nothing out

    @property
    def code(self) -> str:
        return f"records.{self.rule}"


class Token(msgspec.Struct, frozen=True):
    """A value the resource is found by: a search parameter's name, and `system|code`."""

    name: str
    value: str
    part: int = 0


class Word(msgspec.Struct, frozen=True):
    """A text as it is compared, without case and accents, and as it is written."""

    name: str
    value: str
    exact: str
    part: int = 0


class Moment(msgspec.Struct, frozen=True):
    """From when until when something may have been; `high` is no part of it."""

    name: str
    low: datetime
    high: datetime
    part: int = 0


class Amount(msgspec.Struct, frozen=True):
    """A number or a quantity with its unit; a range from `low` to `high`."""

    name: str
    low: Decimal
    high: Decimal
    system: str = ""
    code: str = ""
    unit: str = ""
    part: int = 0


class Link(msgspec.Struct, frozen=True):
    """What the resource points to: a resource by type and id, or any address by itself."""

    name: str
    type: str
    id: str
    part: int = 0


Found: TypeAlias = Token | Word | Moment | Amount | Link
Filed: TypeAlias = tuple[str, ...]


class Resource(msgspec.Struct, frozen=True):  # made anew several times on its way
    """One resource, checked and ready to be stored. `body` is kept to the letter."""

    type: str
    fhir_id: str
    owner: UUID
    holder_id: UUID
    body: str
    status: str
    in_error: bool
    at: datetime | None
    encounter: str | None
    classes: frozenset[Sensitive]
    found: tuple[Found, ...]
    released: bool = True
    app_id: UUID | None = None  # the app that brings it; None: this network's own act
    filed: Filed = ()  # the same as `found`, or in its place, written down where nobody waits

    @property
    def key(self) -> Key:
        return self.type, self.fhir_id


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of resources that were given: how many are new, changed, or as they were.

    `versions` are those that were written.
    """

    new: int
    changed: int
    same: int
    versions: Mapping[Key, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a list goes on: the last line shown."""

    at: datetime
    type: str
    fhir_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record with its text. `holder_id` is the institution that wrote it."""

    type: str
    fhir_id: str
    version: int
    holder_id: UUID
    at: datetime
    recorded_at: datetime
    status: str
    released: bool
    classes: frozenset[Sensitive]
    title: str
    body: str
    by_app: bool = False  # other software brought it; no act of this network wrote it

    @property
    def mark(self) -> Mark:
        return Mark(self.at, self.type, self.fhir_id)


class Hit(msgspec.Struct, frozen=True):
    """One resource that a search found, as it is now."""

    type: str
    fhir_id: str
    version: int
    recorded_at: datetime
    owner: UUID
    body: str


Page: TypeAlias = list[tuple[Hit, tuple[str, ...]]]  # each with its place in the order


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource, as the post wrote it at that time."""

    version: int
    post_id: UUID
    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Text:
    """Which version of a note was written, and the SM3 of its text, in hexadecimal."""

    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Written:
    """That something was written, by whom and when: not what. `seq` is its row in the log."""

    seq: int
    type: str
    fhir_id: str
    version: int
    post_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Concept:
    """What something is: its first code, and the words it was written with."""

    system: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """What every noun of the record carries."""

    fhir_id: str
    holder_id: UUID
    at: datetime
    what: Concept


@dataclass(frozen=True, slots=True)
class Measurement(Fact):
    """An observation. `value` is exact, as written; `words` where the result is no number."""

    value: Decimal | None
    unit: str
    words: str
    interpretation: str  # L, H, LL, HH, N, A, POS, NEG or empty
    low: Decimal | None
    high: Decimal | None
    parts: tuple["Measurement", ...]


@dataclass(frozen=True, slots=True)
class Problem(Fact):
    """A condition (诊断). `clinical` is active, resolved and so on; empty if nobody said."""

    clinical: str
    verification: str


@dataclass(frozen=True, slots=True)
class Allergy(Fact):
    clinical: str
    verification: str
    criticality: str
    reactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allergies:
    """`asked_at` None: nobody has asked. Only `none_known` says that there is none.

    Who decides about a drug must not take an empty list for an answer.
    """

    asked_at: datetime | None
    none_known: bool
    known: tuple[Allergy, ...]


@dataclass(frozen=True, slots=True)
class Medicine(Fact):
    """A medicine ordered, dispensed or said to be taken; `type` tells which.

    `days` is how long an ordered one lasts, if that was said.
    """

    type: str
    status: str
    dosage: str
    days: Decimal | None
    by_app: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a person at a glance, the newest of each kind first."""

    allergies: Allergies
    problems: tuple[Problem, ...]
    medicines: tuple[Medicine, ...]
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Document(Fact):
    """A composition or a referenced document."""

    type: str
    status: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Visit(Fact):
    """An encounter. `kind` is AMB, IMP, EMER, VR and so on."""

    kind: str
    status: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Allergen:
    """What a person says they don't bear. `code` is a class of the knowledge base, or empty."""

    text: str
    code: str = ""
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One diagnosis of a note, by its code of the insurance edition of ICD-10."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """The outpatient record (门诊病历). `allergies` None: nobody asked; empty: asked, none known.

    The first diagnosis is the principal one.
    """

    complaint: str  # 主诉
    present: str  # 现病史
    past: str  # 既往史
    allergies: tuple[Allergen, ...] | None  # 过敏史
    findings: str  # 查体, or that there was none online
    diagnoses: tuple[Diagnosed, ...]  # 诊断
    treatment: str  # 处理
    advice: str  # 医嘱


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visit's note as it was last put down, and since when it is signed, if it is."""

    note: Note | None
    at: datetime | None
    signed_at: datetime | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Setting:
    """In which visit a note was written, by whom, and when. `kind` is AMB or VR."""

    visit_id: UUID
    person_id: UUID
    institution_id: UUID
    post_id: UUID
    started_at: datetime
    kind: str = "AMB"


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of one type there is that this chart may know of."""

    type: str
    count: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody a file speaks of. `number` is what their own institution's system calls them.

    `resident_number` is that of their identity card, if the file has it: in the clear.
    """

    number: UUID
    name: str
    sex: str  # male, female, other, unknown, or empty
    birth_date: date
    died_on: date | None
    resident_number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource of a file that can't enter, and why. `fhir_id` is the file's own."""

    type: str
    fhir_id: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One bundle, checked, under this network's ids; persons still under their numbers."""

    digest: bytes
    read: int
    patients: tuple[Patient, ...]
    resources: tuple[Resource, ...]
    refused: tuple[Refusal, ...]
