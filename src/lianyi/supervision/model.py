"""The nouns of supervision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What is reported."""

    LICENCE = "licence"  # of an institution
    PRACTITIONER = "practitioner"  # somebody's post and right to practise in it
    VISIT = "visit"
    PRESCRIPTION = "prescription"
    REVIEW = "review"
    DISPENSE = "dispense"


class State(StrEnum):
    DUE = "due"
    SENT = "sent"
    RECEIPTED = "receipted"
    REFUSED = "refused"


class Task(StrEnum):
    """The errands of uploads."""

    REPORT = "supervision.report"
    TALLY = "supervision.tally"


@dataclass(frozen=True, slots=True)
class Thing:
    """What is to be reported, by its own id; a visit's parts name their visit and its person."""

    kind: Kind
    id: UUID
    person_id: UUID | None = None
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """`day` is the one it is counted under. `waits` until the institution's licence is taken.

    `stale`: something changed since it was built. `edition` counts what was sent. `code` and
    `about` are what the platform had against it. Whose visit it was isn't said here.
    """

    id: UUID
    institution_id: UUID
    state: State
    kind: Kind
    thing_id: UUID
    visit_id: UUID | None
    day: date
    at: datetime
    due_at: datetime
    waits: bool
    stale: bool
    edition: int
    digest: str
    receipt: str
    receipted_at: datetime | None
    code: str
    about: str

    def is_late(self, now: datetime) -> bool:
        """Return whether the receipt came after its time, or did not come in it."""
        if self.state is State.RECEIPTED and self.receipted_at is not None:
            return self.receipted_at > self.due_at
        return now > self.due_at


@dataclass(frozen=True, slots=True)
class Slip:
    """An upload as the errand that sends it must know it: with whom it is about."""

    upload: Upload
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class TallySlip:
    institution_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class Receipted:
    """The platform's receipt: its number, and the digest of what it took."""

    number: str
    digest: str


@dataclass(frozen=True, slots=True)
class Counted:
    """An institution's day: how many of one kind stand in which state, and how many are late."""

    institution_id: UUID
    day: date
    kind: Kind
    all: int
    receipted: int
    refused: int
    late: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Our count of a day's receipts beside the platform's; `at` None: it was only asked for.

    `same` says that not only the numbers are equal but each single receipt.
    """

    id: UUID
    institution_id: UUID
    day: date
    ours: Mapping[str, int]
    theirs: Mapping[str, int]
    same: bool
    open: int  # what had no receipt yet when it was compared
    asked_at: datetime
    at: datetime | None

    @property
    def agrees(self) -> bool:
        return self.same and self.open == 0


@dataclass(frozen=True, slots=True)
class Patient:
    """Who was cared for, as far as the authorities know: a pseudonym, sex and age in years."""

    pseudonym: str
    sex: str
    age: int


class End(StrEnum):
    """How a closed visit ended. Only what was recorded has diagnoses."""

    RECORDED = "recorded"
    COUNSELLED = "counselled"  # 健康咨询
    OFFLINE = "offline"  # 转线下
    REFUSED = "refused"  # no earlier diagnosis was proven
    UNANSWERED = "unanswered"
    STOPPED = "stopped"  # a sign of an emergency


@dataclass(frozen=True, slots=True)
class Visit:
    """A closed visit. `doctor` is a licence number, `note` the SM3 of the signed record.

    `reasons` are the codes of why it ended without one, where there are any.
    """

    online: bool
    doctor: str
    department: str
    began_at: datetime
    ended_at: datetime
    end: End = End.RECORDED
    reasons: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One line of a prescription; `packs` is how many were prescribed."""

    drug: str
    name: str
    strength: str
    use: str
    packs: int


@dataclass(frozen=True, slots=True)
class Prescribed:
    """A signed prescription. `document` is the SM3 of the signed text, `state` as it is now."""

    visit: UUID
    doctor: str
    diagnoses: tuple[str, ...]
    lines: tuple[Ordered, ...]
    document: str
    signed_at: datetime
    until: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a pharmacist has decided; `text` is the SM3 of what they signed."""

    prescription: UUID
    version: int
    pharmacist: str
    decision: str
    reason: str
    serious: bool
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """One pack that was sold, by its trace code."""

    drug: str
    trace: str
    lot: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Dispensed:
    """Medicines as they left a seller, and whether they came back for a defect."""

    prescription: UUID
    seller: str
    pharmacist: str
    packs: tuple[Box, ...]
    at: datetime
    by_proxy: bool
    returned: bool


class By(StrEnum):
    """Whose hand it was; only staff are named by their post, since they act under their names."""

    RESIDENT = "resident"
    PROXY = "proxy"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an append-only log that belongs to a visit, with that row's SM3 (CON-18)."""

    log: str
    row: int
    thing: str
    verb: str
    before: str
    after: str
    by: By
    post_id: UUID | None
    at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """A step in its place. `chain` is SM3 over the chain before it and the step's digest."""

    number: int
    step: Step
    chain: bytes


@dataclass(frozen=True, slots=True)
class TrailSeal:
    """The signed chain of the first so many lines, and when it was signed."""

    lines: int
    chain: bytes
    mac: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """A visit's whole list, in order, with its seals."""

    visit_id: UUID
    institution_id: UUID
    lines: tuple[Line, ...]
    seals: tuple[TrailSeal, ...]


class Opens(StrEnum):
    """What a case asks to see."""

    NAME = "name"
    CHAT = "chat"  # and the name


class CaseState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Case:
    """Why an authority wants to know who was behind a visit, who asked, and who agreed.

    Both are persons, whichever hat they wore. It opens nothing after `until`. `declined_for` is
    why the other one did not agree.
    """

    id: UUID
    state: CaseState
    institution_id: UUID
    visit_id: UUID
    opens: Opens
    reason: str
    asked_by: UUID
    asked_post_id: UUID
    at: datetime
    decided_by: UUID | None
    decided_post_id: UUID | None
    decided_at: datetime | None
    until: datetime | None
    declined_for: str

    def is_open(self, now: datetime) -> bool:
        return self.state is CaseState.APPROVED and self.until is not None and now < self.until
