"""The nouns of online visits."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import Sensitive


class Kind(StrEnum):
    """CON-01: what an online encounter can be; there is nothing else."""

    FOLLOW_UP = "follow_up"  # 在线复诊
    FAMILY_DOCTOR = "family_doctor"  # 互联网+家庭医生签约服务
    COUNSEL = "counsel"  # 健康咨询: without diagnosis or prescription
    BETWEEN_DOCTORS = "between_doctors"  # 医师之间会诊


OFFERED = frozenset({Kind.FOLLOW_UP, Kind.COUNSEL})  # to residents, by a single doctor


class State(StrEnum):
    ASKED = "asked"  # the doctor reads the paper that was uploaded
    UNPAID = "unpaid"
    WAITING = "waiting"
    WITH_DOCTOR = "with_doctor"
    ENDED = "ended"
    OFFLINE = "offline"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    STOPPED = "stopped"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({State.ASKED, State.UNPAID, State.WAITING, State.WITH_DOCTOR})
WITH_STAFF = frozenset({State.ASKED, State.WAITING, State.WITH_DOCTOR})


class Evidence(StrEnum):
    """CON-03: what proves an earlier diagnosis."""

    OUTPATIENT_RECORD = "outpatient_record"  # 门诊病历
    INPATIENT_RECORD = "inpatient_record"  # 住院病历
    DISCHARGE_SUMMARY = "discharge_summary"  # 出院小结
    DIAGNOSIS_CERTIFICATE = "diagnosis_certificate"  # 诊断证明


class Course(StrEnum):
    """How it is compared with the last visit."""

    STABLE = "stable"
    BETTER = "better"
    WORSE = "worse"
    NEW_SYMPTOMS = "new_symptoms"


class Reason(StrEnum):
    """CON-04, CON-05: the institution's list of conditions that end an online visit."""

    NEW_SYMPTOMS = "new_symptoms"
    CHANGED = "changed"
    FIRST_VISIT = "first_visit"
    NEEDS_EXAMINATION = "needs_examination"
    SEVERE = "severe"
    UNSUITABLE = "unsuitable"


class Author(StrEnum):
    PATIENT = "patient"
    DOCTOR = "doctor"


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is the id of the law, `trouble` what of it is not met; both together have words."""

    rule: str
    trouble: str

    @property
    def code(self) -> str:
        return f"consult.{self.rule}.{self.trouble}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that is shown and agreed to; who agreed, agreed to this digest."""

    version: str
    paragraphs: tuple[str, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """What a doctor offers online: `item` is of the price list, the answer is promised in time."""

    post_id: UUID
    institution_id: UUID
    doctor_id: UUID
    department_id: UUID
    subject: str  # the department's code in the list of clinical subjects
    kind: Kind
    item: str
    minutes: int
    rounds: int
    online_until: datetime | None = None

    def is_online(self, now: datetime) -> bool:
        return self.online_until is not None and now < self.online_until


@dataclass(frozen=True, slots=True)
class Terms:
    """CON-27: what is shown before payment and holds whatever changes later."""

    item: str
    fen: int
    minutes: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof of an earlier diagnosis: a line of the record, or an uploaded paper."""

    kind: Evidence
    code: str
    name: str
    on: date | None
    holder_id: UUID | None = None
    fhir_id: str = ""
    file_id: UUID | None = None

    @property
    def is_paper(self) -> bool:
        return self.file_id is not None


@dataclass(frozen=True, slots=True)
class Disease:
    """What is followed up; empty for a health consultation."""

    code: str = ""
    name: str = ""
    classes: frozenset[Sensitive] = frozenset()


@dataclass(frozen=True, slots=True)
class Answered:
    """One question about danger, and what was answered."""

    question: str
    yes: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """What the patient tells before the visit. `wanted` are medicines asked for, in their words.

    `named` is a diagnosis they typed that is none of those followed up online.
    """

    complaint: str
    course: Course
    readings: str = ""
    medicines: str = ""
    allergies: str = ""
    wanted: str = ""
    named: str = ""
    answers: tuple[Answered, ...] = ()
    photos: tuple[UUID, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        told = self.complaint, self.readings, self.medicines, self.allergies
        return *told, self.wanted, self.named


@dataclass(frozen=True, slots=True)
class Asking:
    """What the rules must know before an online visit may be asked for."""

    kind: Kind
    code: str
    followable: bool  # CON-01, by the knowledge base
    proofs: tuple[Proof, ...]
    shared: bool  # whether the doctor may read every proof
    course: Course
    controlled: tuple[str, ...]  # names of drugs under special control among those asked for
    age: int
    by_guardian: bool
    guardian_present: bool
    subject: str
    online: bool
    agreed: bool
    on: date
    place: str = ""  # its licence number, and the physician's (CON-06)
    physician: str = ""

    @property
    def is_guarded(self) -> bool:
        return self.by_guardian and self.guardian_present


@dataclass(frozen=True, slots=True)
class Visit:
    """One online visit. `met` is the doctor's yes or no (CON-03); `proven` are codes they accept.

    `due_at` is when the promised answer is due, `answered_at` when the doctor first wrote.
    """

    id: UUID
    state: State
    institution_id: UUID
    department_id: UUID
    subject: str
    person_id: UUID
    asked_by: UUID
    guardian_present: bool
    doctor_id: UUID
    post_id: UUID
    kind: Kind
    code: str
    name: str
    classes: frozenset[Sensitive]
    terms: Terms
    intake: Intake
    at: datetime
    due_at: datetime | None
    met: bool | None = None
    met_why: str = ""
    proven: tuple[str, ...] = ()
    reason: Reason | None = None
    target: str = ""
    flags: tuple[str, ...] = ()
    began_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    seq: int
    id: UUID
    visit_id: UUID
    at: datetime
    post_id: UUID
    author: Author
    text: str
    files: tuple[UUID, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What became of the visits that were asked for in a span, and how those rated were (1-5)."""

    asked: int
    answered: int
    unanswered: int
    ended: int
    offline: int
    stopped: int
    refused: int
    rated: int
    stars: Decimal | None

    @property
    def promised(self) -> int:
        """Return how many reached the end of their promise: answered, or given back (CON-27)."""
        return self.answered + self.unanswered


@dataclass(frozen=True, slots=True)
class Rating:
    visit_id: UUID
    stars: int
    words: str
    at: datetime
