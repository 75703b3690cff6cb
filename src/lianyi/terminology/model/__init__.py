"""The nouns of terminology. All frozen: a snapshot is shared by every request of a process."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum

from lianyi.terminology.model.plain import Plain

UNSOURCED = "unsourced"


class Supply(StrEnum):
    """Who may sell it: on prescription only (处方药), or over the counter (非处方药甲类, 乙类)."""

    PRESCRIPTION = "rx"
    OTC_A = "otc_a"
    OTC_B = "otc_b"


class Control(StrEnum):
    """Special control (特殊管理药品): 麻醉, 第一类精神, 第二类精神, 医疗用毒性, 放射性."""

    NONE = "none"
    NARCOTIC = "narcotic"
    PSYCHOTROPIC_1 = "psychotropic_1"
    PSYCHOTROPIC_2 = "psychotropic_2"
    TOXIC = "toxic"
    RADIOACTIVE = "radioactive"


class Antibacterial(StrEnum):
    """The grade of an antibacterial (抗菌药物分级): 非限制使用级, 限制使用级, 特殊使用级."""

    NONE = "none"
    UNRESTRICTED = "unrestricted"
    RESTRICTED = "restricted"
    SPECIAL = "special"


class Effect(IntEnum):
    """What a source says about a use, worst last, so that the worst of several is their maximum."""

    NONE = 0
    CAUTION = 1
    LIMIT = 2
    AVOID = 3
    FORBIDDEN = 4


class Aspect(StrEnum):
    """The classes of checks of PH-04; each answers for itself."""

    ALLERGY = "allergy"
    INDICATION = "indication"
    DISEASE = "disease"
    PREGNANCY = "pregnancy"
    AGE = "age"
    KIDNEY = "kidney"
    DOSE = "dose"
    INTERACTION = "interaction"
    DUPLICATE = "duplicate"


class Verdict(StrEnum):
    SAFE = "safe"
    ALERT = "alert"
    COULD_NOT_CHECK = "could_not_check"


class Pregnancy(StrEnum):
    """`UNKNOWN` also where nobody asked; `IMPOSSIBLE` by sex or age."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    IMPOSSIBLE = "impossible"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Level(StrEnum):
    """How a result lies to its range; `UNKNOWN` where no range fits this person or unit."""

    CRITICAL_LOW = "critical_low"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL_HIGH = "critical_high"
    UNKNOWN = "unknown"


class Course(StrEnum):
    """Whether CON-01 lets a diagnosis be followed up online: 慢性病, 常见病, or neither."""

    CHRONIC = "chronic"
    COMMON = "common"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was opened. `copy` says where it was read, if not at its own address."""

    id: str
    title: str
    publisher: str
    date: str
    address: str
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """`approved_by` is empty until a named pharmacist has approved the release."""

    version: str
    title: str
    issued: date
    demo: bool
    approved_by: str = ""

    @property
    def approved(self) -> bool:
        return bool(self.approved_by) and not self.demo


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity in a legal unit: g, mg, ug, mL, IU (RX-09)."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one dispensing unit (one tablet, one puff, one mL) holds of a substance."""

    substance: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Substance:
    code: str
    inn: str
    name: str
    atc: str


@dataclass(frozen=True, slots=True)
class Frequency:
    """`times` a day; None where the times are not fixed (需要时)."""

    code: str
    name: str
    times: Decimal | None


@dataclass(frozen=True, slots=True)
class Drug:
    """One product of the master by generic name; brands and prices belong to others."""

    code: str
    name: str
    inn: str
    atc: str
    contents: tuple[Content, ...]
    form: str
    strength: str
    unit: str
    pack_size: Decimal
    pack: str
    route: str
    frequencies: tuple[str, ...]
    supply: Supply
    control: Control
    antibacterial: Antibacterial
    skin_test: bool
    storage: str
    pinyin: str
    source: str

    @property
    def substances(self) -> tuple[str, ...]:
        return tuple(content.substance for content in self.contents)


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """The most an adult may take within `days` days; `route` "" holds for any route."""

    substance: str
    route: str
    most: Amount
    days: int
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class KidneyLimit:
    """`effect` below this eGFR or creatinine clearance (mL/min); 0 with NONE: no limit is given."""

    substance: str
    route: str
    below: int
    effect: Effect
    most: Amount | None
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class PregnancyFact:
    substance: str
    route: str
    effect: Effect
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """`effect` below this age in months; 0 with NONE: no lower age is given."""

    substance: str
    route: str
    under_months: int
    effect: Effect
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Indication:
    """ICD-10 prefixes the substance is licensed for."""

    substance: str
    route: str
    icd: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class DiseaseLimit:
    """`icd` empty with NONE: the source names no disease that forbids the use."""

    substance: str
    route: str
    icd: tuple[str, ...]
    effect: Effect
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """Between two substances; with LIMIT, `capped` may be taken up to `most` a day."""

    first: str
    second: str
    effect: Effect
    capped: str
    most: Amount | None
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """Substances that share an allergy (过敏类) or a purpose (同类药)."""

    code: str
    name: str
    kind: Aspect
    members: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class SubstanceFacts:
    """All that is known of one substance. `reviewed`: documents whose interactions are all here."""

    substance: Substance
    doses: tuple[DoseLimit, ...] = ()
    kidneys: tuple[KidneyLimit, ...] = ()
    pregnancies: tuple[PregnancyFact, ...] = ()
    ages: tuple[AgeLimit, ...] = ()
    indications: tuple[Indication, ...] = ()
    diseases: tuple[DiseaseLimit, ...] = ()
    allergies: tuple[Group, ...] = ()
    duplicates: tuple[Group, ...] = ()
    reviewed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DrugFacts:
    drug: Drug
    substances: tuple[SubstanceFacts, ...]
    release: Release


@dataclass(frozen=True, slots=True)
class Checked:
    """One answer of one check. `reason` is a code of words; `note` says what the source says."""

    aspect: Aspect
    verdict: Verdict
    drug: str
    reason: str
    version: str
    effect: Effect = Effect.NONE
    substance: str = ""
    other: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    most: Amount | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A code of the insurance edition (国家医保版 ICD-10)."""

    code: str
    name: str
    course: Course
    pinyin: str
    source: str


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends are normal. `sex` None is any; ages in years, `until` excluded."""

    sex: Sex | None
    since: Decimal
    until: Decimal
    low: Decimal | None
    high: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class Critical:
    """A result at or beyond `low` or `high` is called at once (危急值, TEL-14)."""

    low: Decimal | None
    high: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class Observation:
    """`code` is LOINC, `unit` UCUM; the plain lines are for the resident, in general terms only."""

    code: str
    name: str
    unit: str
    kind: str
    what: str
    high: str
    low: str
    source: str
    pinyin: str
    ranges: tuple[Range, ...] = ()
    critical: Critical | None = None
    english: Plain | None = None  # an operator's release may leave it out


@dataclass(frozen=True, slots=True)
class Flag:
    """How one value lies, by which range, of which release."""

    level: Level
    observation: str
    version: str
    low: Decimal | None = None
    high: Decimal | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayWord:
    term: str
    plain: str
    source: str


@dataclass(frozen=True, slots=True)
class DiagnosisFile:
    """What an operator's file holds: the entries, and the numbers of the lines at fault."""

    entries: tuple[Diagnosis, ...]
    faults: tuple[int, ...]
