"""The nouns of people: the roles a hat can wear first, since everybody else asks for these."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from lianyi.access.model import (
    ADMIN,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    DRUG_AUTHORITY,
    GUEST,
    HEALTH_COMMISSION,
    INSURER,
    NURSE,
    OPERATOR,
    PHARMACIST,
    RESIDENT,
    ROLES,
    TECHNICIAN,
    Scope,
    Sensitive,
)
from lianyi.kernel.actor import SYSTEM, Role

__all__ = [
    "ADMIN",
    "CLERK",
    "COURIER",
    "DISPENSER",
    "DOCTOR",
    "DRUG_AUTHORITY",
    "GUEST",
    "HEALTH_COMMISSION",
    "INSURER",
    "NURSE",
    "OPERATOR",
    "PHARMACIST",
    "RESIDENT",
    "ROLES",
    "SYSTEM",
    "TECHNICIAN",
]


def years_between(birth: date, day: date) -> int:
    """Return the completed years; who is born on 29 February ages on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class IdType(StrEnum):
    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    TEMPORARY = "temporary"  # of a newborn without a number, linked to a parent
    FOREIGN = "foreign"  # what an institution's own system calls somebody; it proves nothing


class Proof(IntEnum):
    """How well it is proven who somebody is (IDN-01, CON-10)."""

    PHONE = 0  # a code was typed back: a phone, nobody in particular
    HOLDER = 1  # the identity service says that name, number and the phone's holder agree
    SEEN = 2  # a clerk has held the identity card beside the face


class Kind(StrEnum):
    """What an institution is."""

    TERTIARY_HOSPITAL = "tertiary_hospital"
    COUNTY_HOSPITAL = "county_hospital"
    INTERNET_SECOND_NAME = "internet_second_name"  # of the hospital that is its parent
    INTERNET_INDEPENDENT = "internet_independent"  # leans on the hospital that is its parent
    HEALTH_CENTRE = "health_centre"
    VILLAGE_CLINIC = "village_clinic"
    LABORATORY = "laboratory"
    PHARMACY_CHAIN = "pharmacy_chain"
    STORE = "store"
    ONLINE_PHARMACY = "online_pharmacy"
    INSURANCE_AGENCY = "insurance_agency"
    HEALTH_COMMISSION = "health_commission"
    DRUG_AUTHORITY = "drug_authority"
    PLATFORM = "platform"


class Grade(StrEnum):
    """The rank of a professional title; with the role it gives the words (主任医师, 主管药师)."""

    NONE = "none"
    CHIEF = "chief"  # 正高
    ASSOCIATE_CHIEF = "associate_chief"  # 副高
    MIDDLE = "middle"  # 中级
    JUNIOR = "junior"  # 初级
    ASSISTANT = "assistant"  # 助理, 士


class Register(StrEnum):
    """Which register a licence to practise is from."""

    DOCTOR = "doctor"
    ASSISTANT_DOCTOR = "assistant_doctor"
    PHARMACIST = "pharmacist"
    NURSE = "nurse"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an identity document says. `number` is in the clear: keep it short-lived."""

    name: str
    id_type: IdType
    number: str
    sex: Sex
    birth_date: date


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str
    sex: Sex
    birth_date: date
    id_type: IdType
    proof: Proof
    masked_name: str
    masked_number: str
    masked_phone: str
    died_on: date | None = None
    merged_into: UUID | None = None

    def age_on(self, day: date) -> int:
        return years_between(self.birth_date, day)


@dataclass(frozen=True, slots=True)
class Institution:
    """`parent_id` is the hospital it is the second name of or leans on, or a store's chain."""

    id: UUID
    name: str
    short_name: str
    kind: Kind
    credit_code: str
    address: str
    parent_id: UUID | None = None
    level: str = ""
    licence_number: str = ""
    licence_until: date | None = None
    emergency_phone: str = ""
    insurance_code: str = ""


@dataclass(frozen=True, slots=True)
class Department:
    """`code` is from the list of clinical subjects (诊疗科目名录), such as 03.04."""

    id: UUID
    institution_id: UUID
    code: str
    name: str
    licensed: bool
    online: bool


@dataclass(frozen=True, slots=True)
class Post:
    """One hat somebody may wear, as others may see it: staff act under their names."""

    id: UUID
    person_id: UUID
    institution_id: UUID
    role: Role
    name: str
    grade: Grade
    department_id: UUID | None
    institution_name: str
    department_name: str
    since: datetime
    ended_at: datetime | None
    licence_number: str


@dataclass(frozen=True, slots=True)
class Licence:
    """What a register says of a professional, and on which day we looked (CON-08).

    `scope` holds codes of clinical subjects: 03 covers 03.04.
    """

    register: Register
    number: str
    scope: frozenset[str]
    main_institution_id: UUID
    practising_since: date
    checked_on: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A further place of practice (多机构备案), and that the main one agreed (CON-08, CON-24)."""

    number: str
    filed_on: date
    main_agreed_on: date | None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """That somebody was trained to review prescriptions, and passed (处方审核培训, PH-02)."""

    certificate: str
    passed_on: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """What the rules must know before somebody practises at a place. Gathered in one statement."""

    institution: Institution
    parent: Institution | None
    department: Department | None
    backed: bool  # the department is licensed at the hospital behind the place
    in_post: bool
    licence: Licence | None
    filing: Filing | None
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Member:
    """A live post, and what the rules must know of whoever holds it."""

    post: Post
    practice: Practice
    training: Training | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody at work now (当班); a duty that was forgotten ends by itself."""

    post: Post
    since: datetime
    until: datetime


class Term(StrEnum):
    """How long a licence still holds on a day; between VALID and ENDED lie the reminders."""

    OPEN = "open"  # without a last day
    VALID = "valid"
    NOTICE = "notice"
    SOON = "soon"
    LAST = "last"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is the id of the law, `trouble` what of it is not met; both together have words."""

    rule: str
    trouble: str

    @property
    def code(self) -> str:
        return f"people.{self.rule}.{self.trouble}"


class CardState(StrEnum):
    APPLIED = "applied"
    ACTIVE = "active"
    FROZEN = "frozen"
    REPLACED = "replaced"
    CLOSED = "closed"
    LAPSED = "lapsed"


class Progress(StrEnum):
    """How an application looks to whoever made it. COUNTER never tells why."""

    CHECKING = "checking"
    ACTIVE = "active"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Card:
    """`person_id` is None until the application is granted."""

    id: UUID
    state: CardState
    person_id: UUID | None
    identity: Identity
    phone: str | None
    applicant_id: UUID | None
    matched: bool | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Application:
    card_id: UUID
    progress: Progress
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """An application on a number that has a card already, as its holder or a clerk sees it."""

    card_id: UUID
    masked_phone: str
    matched: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class HealthCard:
    """A person's card as shown on it (居民电子健康卡)."""

    card_id: UUID
    person_id: UUID
    state: CardState
    at: datetime


@dataclass(frozen=True, slots=True)
class Bearer:
    """A person with the live card they may hold out, and how many apply on their number."""

    person: Person
    card: HealthCard | None
    claims: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a code on a phone's screen says: whose card, and which code. It names nobody."""

    card_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True)
class Scanned:
    person_id: UUID
    card_id: UUID
    ticket_id: UUID


class KinKind(StrEnum):
    GUARDIAN = "guardian"  # of a child, proven to a clerk
    PROXY = "proxy"  # of an adult, by that adult's own act


class KinState(StrEnum):
    CLAIMED = "claimed"
    INVITED = "invited"
    LIVE = "live"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Kin:
    """Somebody who acts for somebody. `subject_id` is None while it is not known or not told.

    `name` is the subject's; both sides know each other's.
    """

    id: UUID
    state: KinState
    kind: KinKind
    holder_id: UUID
    subject_id: UUID | None
    name: str
    scopes: frozenset[Scope]
    classes: frozenset[Sensitive]  # of the subject's sensitive data that the holder sees
    at: datetime
    until: datetime | None
    holder_name: str = ""  # in a family's list
