"""The nouns of insurance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class CoverState(StrEnum):
    ASKED = "asked"
    BOUND = "bound"
    REFUSED = "refused"
    UNBOUND = "unbound"


class ClaimState(StrEnum):
    OPENED = "opened"
    REGISTERED = "registered"  # the agency knows the visit
    SENT = "sent"  # the agency has the lines
    PRE_SETTLED = "pre_settled"  # foretold: the person can pay their part
    SETTLING = "settling"
    UNKNOWN = "unknown"  # settled or not: nobody has said yet
    SETTLED = "settled"
    UNDOING = "undoing"  # what came out must not stand
    FAILED = "failed"
    REFUSED = "refused"
    DROPPED = "dropped"
    REVERSING = "reversing"
    REVERSED = "reversed"


class DifferenceState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


BEFORE_PAYING = frozenset(
    {ClaimState.OPENED, ClaimState.REGISTERED, ClaimState.SENT, ClaimState.PRE_SETTLED}
)
ASKING = BEFORE_PAYING - {ClaimState.PRE_SETTLED}
OPEN_ENDED = frozenset({ClaimState.SETTLING, ClaimState.UNKNOWN})
OTHERWISE = "split_changed"  # why a settlement is undone that came out other than foretold
OVER = frozenset({ClaimState.REFUSED, ClaimState.DROPPED})


class Scheme(StrEnum):
    """The interface's codes of schemes (险种类型)."""

    EMPLOYEE = "310"
    RESIDENT = "390"


class Level(StrEnum):
    """INS-06: how much of an item counts (收费项目等级)."""

    WHOLLY = "01"  # 甲类
    PARTLY = "02"  # 乙类
    NOT_AT_ALL = "03"  # 自费


class Kind(StrEnum):
    """Which of the agency's ways a claim goes."""

    OUTPATIENT = "outpatient"  # a visit is registered, its lines sent
    PHARMACY = "pharmacy"  # a sale, its packs scanned before


class Source(StrEnum):
    """Who says how a bill is shared."""

    PREVIEW = "preview"  # our own arithmetic
    FORETOLD = "foretold"  # the agency, before anything is settled
    SETTLED = "settled"


class Task(StrEnum):
    """The kinds of errand about insurance.

    `journeys/agency.py` runs them, `uploaded.py` and `traces.py` those of prescriptions and packs.
    """

    IDENTIFY = "insurance.identify"
    PRESCRIBE = "insurance.prescribe"
    REGISTER = "insurance.register"
    SEND = "insurance.send"
    FORETELL = "insurance.foretell"
    SETTLE = "insurance.settle"
    UNDO = "insurance.undo"
    CANCEL = "insurance.cancel"
    COMPARE = "insurance.compare"
    TRACE = "insurance.trace"
    UNTRACE = "insurance.untrace"


class DifferenceKind(StrEnum):
    PREVIEW = "preview"  # the agency reckons otherwise than we do
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Cover:
    """How somebody is insured. `number` is the agency's of the person.

    `credential` is what it gave them to be known by; it shows it to nobody else (INS-01).
    """

    id: UUID
    person_id: UUID
    state: CoverState
    number: str
    scheme: Scheme | None
    person_type: str
    area: str
    aided: bool
    code: str
    at: datetime
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What the agency answers about somebody, and the credential it gives them."""

    number: str
    scheme: Scheme
    person_type: str
    area: str
    aided: bool
    credential: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """What an institution's item is in the national catalogue; `standard_fen` is of one unit."""

    institution_id: UUID
    code: str
    national: str
    level: Level
    first_share: Decimal
    standard_fen: int | None
    is_drug: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a bill that is claimed. `packs` are the trace codes that were scanned."""

    code: str
    label: str
    unit_price: Decimal
    quantity: Decimal
    fen: int
    packs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A charge with what the catalogue says of it, as it was when it was claimed."""

    charge: Charge
    national: str
    level: Level
    first_share: Decimal
    standard_fen: int | None
    is_drug: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """INS-06: what counts of a line; the four amounts make up the line."""

    level: Level
    own_fen: int
    over_fen: int
    first_fen: int
    in_range_fen: int


@dataclass(frozen=True, slots=True)
class Split:
    """INS-07: who pays what; pool to cash make up the total, to the cent."""

    total_fen: int
    in_range_fen: int
    deductible_fen: int
    pool_fen: int
    critical_fen: int
    aid_fen: int
    other_fen: int
    account_fen: int
    cash_fen: int

    @property
    def fund_fen(self) -> int:
        """What doesn't come from the person's pocket."""
        return self.total_fen - self.cash_fen

    @property
    def funds_fen(self) -> int:
        """What the funds owe; the personal account is the person's own."""
        return self.fund_fen - self.account_fen


@dataclass(frozen=True, slots=True)
class Counter:
    """INS-09: what a year has used up in one scheme, as far as this network settled it."""

    deductible_fen: int = 0
    pool_fen: int = 0
    open_fen: int = 0  # of policy amounts, left to the person


@dataclass(frozen=True, slots=True)
class Terms:
    """One scheme's figures of a year, from the profile; ratios in hundredths."""

    deductible_fen: int
    ratio: Decimal
    ceiling_fen: int
    critical_from_fen: int
    critical_ratio: Decimal
    aid_ratio: Decimal


@dataclass(frozen=True, slots=True)
class Filing:
    """What a bill is claimed as; what it is of says so, and nobody files a health consultation.

    `online` is a follow-up over the internet, of an earlier `diagnosis` (INS-16). `packs` are the
    trace codes scanned for a line of the bill, by its number from 1 (FR-20).
    """

    kind: Kind
    online: bool = False
    diagnosis: str = ""
    prescription_id: UUID | None = None
    packs: Mapping[int, Sequence[str]] = field(default_factory=dict)


class Subject(NamedTuple):
    """What a bill is for, as billing names it."""

    type: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """One bill at the agency. `code` is why it was refused or undone."""

    id: UUID
    institution_id: UUID
    person_id: UUID
    state: ClaimState
    bill_id: UUID
    subject: Subject
    kind: Kind
    online: bool
    cover_id: UUID
    scheme: Scheme
    diagnosis: str
    prescription_id: UUID | None
    total_fen: int
    at: datetime
    visit_number: str = ""
    settle_key: UUID | None = None
    settlement_number: str = ""
    code: str = ""
    give_back: str = ""
    settled_at: datetime | None = None
    reversed_at: datetime | None = None

    @property
    def batch(self) -> str:
        """The number of the charge, at the agency."""
        return self.id.hex[:20]


@dataclass(frozen=True, slots=True)
class Slip:
    """All the agency must be told of a claim."""

    claim: Claim
    cover: Cover
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as people see it: its state and, as far as known, who pays what."""

    claim: Claim
    split: Split | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which claims an agency looks at; None means any."""

    institution_id: UUID | None = None
    state: ClaimState | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    """A line as it was claimed, and how the agency rated it, if it has by now."""

    line: Line
    rating: Rating | None


@dataclass(frozen=True, slots=True)
class Settling:
    """All of a claim: its lines, and who says how it is shared (INS-07)."""

    claim: Claim
    cover: Cover
    lines: tuple[Rated, ...]
    splits: Mapping[Source, Split]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a settlement and its taking back come to on one day, by the settlement's number."""

    number: str
    total_fen: int
    funds_fen: int
    account_fen: int


class Mismatch(NamedTuple):
    kind: DifferenceKind
    number: str
    our_fen: int
    their_fen: int


@dataclass(frozen=True, slots=True)
class Books:
    """One institution's day in one scheme; until it was compared, `compared_at` is None."""

    id: UUID
    institution_id: UUID
    scheme: Scheme
    day: date
    count: int
    our_fen: int
    their_fen: int
    compared_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the agency and we disagree about what the funds pay; staff resolve it."""

    id: UUID
    institution_id: UUID
    state: DifferenceState
    kind: DifferenceKind
    day: date
    number: str
    our_fen: int
    their_fen: int
    at: datetime
