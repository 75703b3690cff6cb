"""The nouns of a pharmacy."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class SellerKind(StrEnum):
    HOSPITAL = "hospital"  # fills what its own hospital prescribes, paid first
    STORE = "store"
    ONLINE = "online"  # a store nobody can walk into


class BatchState(StrEnum):
    IN_STOCK = "in_stock"
    QUARANTINED = "quarantined"
    DESTROYED = "destroyed"


class SaleState(StrEnum):
    ASKED = "asked"  # a store is asked to fill it
    ACCEPTED = "accepted"  # locked for that store; its own pharmacist reviews
    UNPAID = "unpaid"  # at a hospital
    TO_PICK = "to_pick"
    BILLED = "billed"  # every pack scanned at a store; waits for the money
    READY = "ready"  # picked and paid
    ON_THE_WAY = "on_the_way"
    MISSED = "missed"  # nobody took it; the courier tries again
    HANDED_OVER = "handed_over"
    RETURNED = "returned"  # after the hand-over, for its quality
    REFUSED = "refused"  # at the door, or nobody was ever there
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


# Ended without medicines: the prescription may go to another seller.
UNSOLD = frozenset({SaleState.DECLINED, SaleState.WITHDRAWN, SaleState.LAPSED})
OVER = UNSOLD | {SaleState.HANDED_OVER, SaleState.RETURNED, SaleState.REFUSED}
# What a seller has promised and not yet taken off the shelf.
PROMISED = (SaleState.ACCEPTED, SaleState.UNPAID, SaleState.TO_PICK)
COUNTER = (
    SaleState.ASKED,
    SaleState.ACCEPTED,
    SaleState.TO_PICK,
    SaleState.READY,
    SaleState.BILLED,
    SaleState.UNPAID,
    SaleState.ON_THE_WAY,
    SaleState.MISSED,
)


class Declined(StrEnum):
    """Why a seller can't fill a prescription (不能调配的原因)."""

    OUT_OF_STOCK = "out_of_stock"  # 缺货
    UNSUITABLE = "unsuitable"  # 审核认为用药不适宜
    UNCLEAR = "unclear"  # 处方信息不清
    NO_PHARMACIST = "no_pharmacist"  # 药师不在岗


class Withdrawn(StrEnum):
    """Why a person leaves a seller (换药房或不取的原因)."""

    OTHER_SELLER = "other_seller"  # 换一家药房
    TOO_LONG = "too_long"  # 等待太久
    NOT_NEEDED = "not_needed"  # 不再需要
    OTHER = "other"  # 其他


class Missed(StrEnum):
    """Why a courier comes back with the medicines to try again."""

    NOBODY_HOME = "nobody_home"  # 无人签收
    UNREACHABLE = "unreachable"  # 联系不上
    WRONG_ADDRESS = "wrong_address"  # 地址有误


class Refused(StrEnum):
    """Why a parcel isn't taken at the door (拒收原因)."""

    NOT_WANTED = "not_wanted"  # 不再需要
    DAMAGED = "damaged"  # 包装破损
    WRONG_DRUG = "wrong_drug"  # 药品不符


class Defect(StrEnum):
    """Why medicines come back after the hand-over (DS-18)."""

    QUALITY = "quality"  # 质量问题
    RECALL = "recall"  # 召回


class Check(StrEnum):
    """PH-05: the ten comparisons of the four checks (四查十对)."""

    DEPARTMENT = "department"  # 查处方：对科别
    NAME = "name"  # 对姓名
    AGE = "age"  # 对年龄
    DRUG = "drug"  # 查药品：对药名
    FORM = "form"  # 对剂型
    STRENGTH = "strength"  # 对规格
    QUANTITY = "quantity"  # 对数量
    PROPERTIES = "properties"  # 查配伍禁忌：对药品性状
    USAGE = "usage"  # 对用法用量
    DIAGNOSIS = "diagnosis"  # 查用药合理性：对临床诊断


# What a scanned pack is, and how many were scanned, no longer needs an eye.
PROVEN_BY_SCAN = frozenset({Check.DRUG, Check.FORM, Check.STRENGTH, Check.QUANTITY})


class Proof(StrEnum):
    """How it was proven who took the medicines."""

    CARD = "card"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Seller:
    institution_id: UUID
    kind: SellerKind
    delivers: bool

    @property
    def has_counter(self) -> bool:
        return self.kind is not SellerKind.ONLINE


@dataclass(frozen=True, slots=True)
class Batch:
    """`label` names the drug as its box does; `packs` are those on the shelf now."""

    id: UUID
    institution_id: UUID
    state: BatchState
    code: str
    label: str
    lot: str
    maker: str
    expires_on: date
    packs: int


class Shelf(NamedTuple):
    """How many packs of a drug a seller can promise, and when the first of them expires."""

    free: int
    expires_on: date


@dataclass(frozen=True, slots=True)
class Want:
    """One line of a prescription as it is to be filled, with what a pack costs here now."""

    number: int
    code: str
    label: str
    usage: str
    packs: int
    unit_price: Decimal
    fee_class: str
    fen: int


@dataclass(frozen=True, slots=True)
class Line:
    """As shown when the seller was chosen. `short`: the seller hasn't got it, and doesn't bill."""

    number: int
    code: str
    label: str
    usage: str
    packs: int
    unit_price: Decimal
    fee_class: str
    fen: int
    short: bool
    scanned: int


@dataclass(frozen=True, slots=True)
class Slip:
    """The prescription as it travels to a seller (处方流转). `prescriber_id` is a person."""

    prescription_id: UUID
    number: str
    issuer: str
    department: str
    diagnosis: str
    prescriber: str
    prescriber_id: UUID
    reviewer: str
    signed_at: datetime
    approved_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where to, whom to call, and what it costs; kept sealed."""

    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who took the medicines: the person, or a proxy with both identities (INS-02, DS-17)."""

    proof: Proof
    proxy_name: str = ""
    proxy_number: str = ""

    @property
    def is_proxy(self) -> bool:
        return bool(self.proxy_name)


@dataclass(frozen=True, slots=True)
class Sale:
    """One prescription at one seller. Who filled and checked are persons, whichever hat."""

    id: UUID
    state: SaleState
    institution_id: UUID
    kind: SellerKind
    person_id: UUID
    slip: Slip
    delivers: bool
    delivery_fen: int
    at: datetime
    due_at: datetime | None
    reason: str
    filled_by: UUID | None
    checked_by: UUID | None
    checked_at: datetime | None
    handed_by: UUID | None
    handed_at: datetime | None
    by_proxy: bool | None
    lines: tuple[Line, ...]

    @property
    def sold(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.short)

    @property
    def total_fen(self) -> int:
        return sum(line.fen for line in self.sold) + self.delivery_fen

    @property
    def is_whole(self) -> bool:
        return not any(line.short for line in self.lines)


@dataclass(frozen=True, slots=True)
class Pack:
    """One box, by its trace code. `sale_id` is that of its live sale."""

    trace_code: str
    batch_id: UUID
    institution_id: UUID
    state: BatchState
    code: str
    lot: str
    expires_on: date
    sale_id: UUID | None


@dataclass(frozen=True, slots=True)
class Scanned:
    """A pack that was scanned for a line of a sale."""

    sale_id: UUID
    number: int
    trace_code: str
    lot: str
    maker: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Passage:
    """One time a pack was put to a sale. `undone_at`: it went back to its place and never left.

    Nobody is named: the prescription is there by its number, and whether it had been reviewed.
    """

    sale_id: UUID
    state: SaleState
    seller: SellerKind
    prescription: str
    signed_at: datetime
    approved_at: datetime
    scanned_at: datetime
    undone_at: datetime | None
    checked_at: datetime | None
    handed_at: datetime | None
    returned_at: datetime | None
    returned_for: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one pack in the network, from the day it came in (FR-20)."""

    pack: Pack
    label: str
    maker: str
    received_at: datetime
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Sold:
    """One pack that was handed over: by which seller, and when."""

    trace_code: str
    label: str
    lot: str
    institution_id: UUID
    handed_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """A seller's day: sales handed over and taken back, packs sold, and what the lines came to."""

    sales: int
    packs: int
    fen: int
    returned: int


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is the id of the law that keeps a drug from going this way."""

    rule: str
    trouble: str
    drug: str

    @property
    def code(self) -> str:
        return f"pharmacy.{self.rule}.{self.trouble}"
