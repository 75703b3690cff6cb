"""The nouns of a review: what is answered, who reads it now, and what was said (审方)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lianyi.prescribing.model import Document, Finding, Prescription, ReturnReason


class Axis(StrEnum):
    """PH-03: three axes of a review, stored separately."""

    LEGALITY = "legality"  # 合法性
    FORMAT = "format"  # 规范性
    SUITABILITY = "suitability"  # 适宜性


class Item(StrEnum):
    """What a review answers, one by one (PH-03, PH-04)."""

    PRESCRIBER = "prescriber"  # 处方权与执业登记
    SIGNATURE = "signature"  # 医师签名
    SPECIAL = "special"  # 特殊管理与分级管理药品
    HEADER = "header"  # 前记与诊断
    DRUGS = "drugs"  # 药名、规格、用法用量的书写
    QUANTITY = "quantity"  # 品种数、天数、有效期
    INDICATION = "indication"  # 药物与诊断
    SKIN_TEST = "skin_test"  # 皮试
    DOSE = "dose"  # 剂量与用法
    FORM = "form"  # 剂型与给药途径
    DUPLICATE = "duplicate"  # 重复给药
    INTERACTION = "interaction"  # 相互作用
    INCOMPATIBLE = "incompatible"  # 配伍禁忌
    ALLERGY = "allergy"  # 过敏
    PREGNANCY = "pregnancy"  # 妊娠与哺乳
    AGE = "age"  # 儿童与老年
    DISEASE = "disease"  # 疾病禁忌
    ORGANS = "organs"  # 肝肾功能


class Answer(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    BY_HAND = "by_hand"  # passed by hand, where software could not check
    FAIL = "fail"
    NOT_APPLICABLE = "na"


class Decision(StrEnum):
    APPROVE = "approve"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Suggested:
    """What software says of one item; None leaves it to the pharmacist, `by_hand` asks for more."""

    item: Item
    axis: Axis
    answer: Answer | None
    by_hand: bool
    told: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """PH-11: the reviews signed in a span, and what was sent back for which reason.

    `reviewed` and `returned` count prescriptions, `waiting` those that nobody has answered yet,
    `minutes` is what a review took on average.
    """

    reviewed: int
    returned: int
    serious: int
    waiting: int
    minutes: Decimal | None
    reasons: Mapping[ReturnReason, int]

    @property
    def all(self) -> int:
        return self.reviewed + self.waiting


@dataclass(frozen=True, slots=True)
class Risk:
    """How much a prescription wants eyes: high, middle or low."""

    score: int
    level: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is reading a prescription, until when; after that anybody may."""

    prescription_id: UUID
    person_id: UUID
    post_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a pharmacist has decided about the document they read.

    `reason` and `serious` belong to a return: PH-06 has serious irrational use reported.
    """

    document_id: UUID
    answers: Mapping[Item, Answer]
    note: str = ""
    reason: ReturnReason | None = None
    serious: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One review as it was signed; `text` to the letter, `digest` its SM3 in hex.

    `person_id` is who reviewed, whichever hat they wore. From `since` they had it before them.
    """

    id: UUID
    prescription_id: UUID
    institution_id: UUID
    document_id: UUID
    version: int
    person_id: UUID
    post_id: UUID
    decision: Decision
    reason: ReturnReason | None
    serious: bool
    note: str
    answers: Mapping[Item, Answer]
    signed_at: datetime
    since: datetime
    at: datetime
    text: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ToReview:
    """One line of the queue. `returned`: an earlier version was sent back."""

    prescription: Prescription
    document: Document
    claim: Claim | None
    returned: bool
