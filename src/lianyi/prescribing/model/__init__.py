"""The nouns of prescribing."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import Sensitive
from lianyi.kernel.profile import Profile
from lianyi.people.model import Grade
from lianyi.terminology.model import Amount, Checked, Drug, Pregnancy, Sex


class State(StrEnum):
    DRAFT = "draft"
    SIGNING = "signing"  # the doctor's signature is on its way
    TO_REVIEW = "to_review"
    RETURNED = "returned"
    APPROVING = "approving"  # the pharmacist's signature is on its way
    APPROVED = "approved"
    ACCEPTED = "accepted"  # by one seller
    PARTLY_DISPENSED = "partly_dispensed"
    DISPENSED = "dispensed"
    REVOKED = "revoked"
    LAPSED = "lapsed"


# Its doctor may still change what it says.
OPEN = frozenset({State.DRAFT, State.RETURNED})
# In force: signed by the doctor and approved by a pharmacist (RX-28).
IN_FORCE = frozenset({State.APPROVED, State.ACCEPTED, State.PARTLY_DISPENSED, State.DISPENSED})
# No seller has it yet: it can be taken back.
UNSOLD = frozenset(
    {State.DRAFT, State.SIGNING, State.TO_REVIEW, State.RETURNED, State.APPROVING, State.APPROVED}
)
# The person takes these medicines, or will as soon as somebody has read it.
LIVE = IN_FORCE | {State.SIGNING, State.TO_REVIEW, State.APPROVING}


class Kind(StrEnum):
    ORDINARY = "ordinary"  # 普通处方
    EMERGENCY = "emergency"  # 急诊处方


class Way(StrEnum):
    """How the visit is held, as an encounter's class says it."""

    IN_PERSON = "AMB"
    ONLINE = "VR"


class SkinTest(StrEnum):
    """RX-33. `NONE`: nothing is recorded; a positive test leaves no line to record it on."""

    NONE = ""
    NEGATIVE = "negative"  # 皮试阴性
    EXEMPT = "exempt"  # 免试


class ReturnReason(StrEnum):
    """Why a pharmacist sends a prescription back (处方退回原因), along the items of PH-04."""

    LEGALITY = "legality"  # 合法性
    FORMAT = "format"  # 规范性
    INDICATION = "indication"  # 适应证不适宜
    SKIN_TEST = "skin_test"  # 皮试
    DOSE = "dose"  # 用法用量不适宜
    FORM = "form"  # 剂型与给药途径不适宜
    DUPLICATE = "duplicate"  # 重复给药
    INTERACTION = "interaction"  # 相互作用
    INCOMPATIBLE = "incompatible"  # 配伍禁忌
    CONTRAINDICATED = "contraindicated"  # 用药禁忌
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One diagnosis, by its code of the insurance edition of ICD-10 (RX-08)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One drug with its labels as they were when it was written.

    `units` are tablets, puffs or mL at one time; `dose` says the same in a legal unit (RX-09).
    Who entered the line and when: nobody but a person writes a prescription (CON-13).
    """

    drug: str
    name: str
    strength: str
    form: str
    unit: str
    pack: str
    pack_size: Decimal
    route: str
    units: Decimal
    dose: Amount
    frequency: str
    frequency_name: str
    days: int
    packs: int
    advice: str
    skin_test: SkinTest
    entered_by: UUID
    entered_at: datetime
    entered_in: UUID | None = None  # the session of who entered it (CON-13)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person enters for one line. `packs` counts only where the times are open (需要时)."""

    drug: str
    dose: Amount
    frequency: str
    days: int
    packs: int | None = None
    advice: str = ""
    skin_test: SkinTest = SkinTest.NONE


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the doctor goes on in spite of a finding; `finding` is its key.

    RX-10: a dose over the usual is confirmed a second time, and `confirmed` says that it was.
    """

    finding: str
    text: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the doctor has asked the person now. None: not asked.

    Codes are those of substances and allergy classes of the knowledge base, or the person's words
    for what it doesn't know. `history` are ICD-10 codes.
    """

    allergies: tuple[str, ...] | None = None
    medicines: tuple[str, ...] | None = None
    history: tuple[str, ...] | None = None
    pregnancy: Pregnancy | None = None
    weight: Decimal | None = None  # kg


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one version of a prescription says. RX-01: `days_valid` counts the day of issue."""

    diagnoses: tuple[Diagnosed, ...] = ()
    lines: tuple[Line, ...] = ()
    kind: Kind = Kind.ORDINARY
    days_valid: int = 1
    validity_reason: str = ""
    long_reason: str = ""  # RX-04: why the supply is longer than a week
    asked: Asked = Asked()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """In which visit it is written; the record knows the visit as an Encounter by this id."""

    id: UUID
    way: Way
    department_id: UUID


class Halt(StrEnum):
    """Why a visit did not come to its end, and what was prescribed in it is not taken unseen."""

    RED_FLAG = "red_flag"  # CON-28
    OFFLINE = "offline"  # CON-04: it was turned offline


@dataclass(frozen=True, slots=True)
class Held:
    """What a seller keeps until its doctor has decided; `on_the_way`: it has left the counter."""

    prescription_id: UUID
    visit_id: UUID
    person_id: UUID
    halt: Halt
    since: datetime
    on_the_way: bool


@dataclass(frozen=True, slots=True)
class Prescription:
    """The head, with the newest version. `expires_at` is None until it has been signed.

    `prescriber_id` and `reviewed_by` are persons, whichever hat they wore; `post_id` is the hat in
    which it is written. `document_id` is the text that is, or is being, signed. `flags` are the
    signs of an emergency that stopped its visit, by their codes; `halt` is why it did not end.
    """

    id: UUID
    state: State
    institution_id: UUID
    person_id: UUID
    visit: Visit
    prescriber_id: UUID
    post_id: UUID
    classes: frozenset[Sensitive]
    at: datetime
    version: int
    sheet: Sheet
    document_id: UUID | None = None
    signed_at: datetime | None = None
    expires_at: datetime | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    seller_id: UUID | None = None
    halt: Halt | None = None
    flags: tuple[str, ...] = ()
    held_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        """CON-28, CON-04: nothing of it leaves its seller before its doctor has decided."""
        return self.held_at is not None and self.state in IN_FORCE


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was written, by which post and when (RX-11)."""

    number: int
    sheet: Sheet
    post_id: UUID
    at: datetime
    prescription_id: UUID
    seq: int

    @property
    def entered_in(self) -> UUID | None:
        """Return the session in which it got a line, or another dose of one; else None."""
        return next((e.entered_in for e in self.sheet.lines if e.entered_at == self.at), None)


@dataclass(frozen=True, slots=True)
class Document:
    """One version as it was put before the signature, to the letter; `digest` is its SM3 in hex.

    `findings` is what the check said then, as JSON; `knowledge` and `profile` name what it was
    based on.
    """

    id: UUID
    prescription_id: UUID
    version: int
    text: str
    digest: str
    findings: str
    knowledge: str
    profile: str
    post_id: UUID
    at: datetime
    expires_at: datetime


class Severity(StrEnum):
    """How a finding weighs. What could not be checked is never silently safe."""

    BLOCK = "block"  # 禁止: nothing is signed
    WARN = "warn"  # 警告: the doctor goes on with a reason
    UNCHECKED = "unchecked"  # 无法核查: the doctor asks, or goes on with a reason
    NOTE = "note"  # 提示
    SAFE = "safe"  # 通过


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of a prescription; `checked` is the knowledge base's answer behind it.

    `drug` is empty where it concerns the whole. `twice`: RX-10 wants the doctor's word a second
    time.
    """

    rule: str
    trouble: str
    severity: Severity = Severity.BLOCK
    drug: str = ""
    checked: Checked | None = None
    key: str = ""
    twice: bool = False

    @property
    def code(self) -> str:
        """Return the code of its words."""
        if self.checked is not None:
            return f"terminology.check.{self.checked.reason}"
        return f"prescribing.{self.rule}.{self.trouble}"

    @property
    def wants_reason(self) -> bool:
        return self.severity in {Severity.WARN, Severity.UNCHECKED}


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine the person takes. `own`: prescribed on this platform, and not used up yet.

    `daily` is empty where nobody said how much.
    """

    substances: tuple[str, ...]
    own: bool = False
    daily: tuple[tuple[str, Amount], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known before the rules run. None: not known; an empty tuple: known to be none.

    `medicines` are those somebody has written down; `medicines_asked` says that the person was
    asked whether there are others. `egfr` is in mL/min/1.73 m2, `weight` in kg. `followed` are the
    diagnoses an online visit follows up, `noted` those of the visit's record, as ICD-10 codes.
    """

    profile: Profile
    way: Way
    sex: Sex | None
    months: int | None
    allergies: tuple[str, ...] | None
    history: tuple[str, ...] | None
    pregnancy: Pregnancy
    medicines: tuple[Taken, ...] = ()
    medicines_asked: bool = False
    egfr: Decimal | None = None
    weight: Decimal | None = None
    grade: Grade = Grade.NONE
    full_right: bool = True  # registered as a doctor, not as an assistant
    own_person: bool = False  # the doctor is the patient
    noted: frozenset[str] | None = None
    followed: frozenset[str] = frozenset()
    guarded: bool = False  # a guardian is present, and a doctor of the specialty treats
    on_duty: bool = False  # a pharmacist other than the doctor


@dataclass(frozen=True, slots=True)
class Approval:
    """Who has approved which release of the knowledge base for an institution, and why."""

    institution_id: UUID
    version: str
    post_id: UUID
    person_id: UUID
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """One line beside what the drug master says of its drug."""

    line: Line
    drug: Drug


@dataclass(frozen=True, slots=True)
class Standing:
    """How one signed text stands, without a word of what it says.

    The digests are those of the texts as they are kept now. `review_id` is None until a pharmacist
    has agreed; `is_newest` False: another version was signed since.
    """

    prescription_id: UUID
    document_id: UUID
    institution_id: UUID
    state: State
    is_newest: bool
    at: datetime
    expires_at: datetime
    digest: str
    review_id: UUID | None
    review_digest: str
