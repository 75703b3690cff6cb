"""What an insurance agency (医保经办) must offer, in the words of the national interface.

The field names on the wire are those of the interface specification for designated institutions
(医疗保障信息平台定点医药机构接口规范); ours stand beside them. Amounts are yuan as decimals. One
message has one transaction number (交易编号) and is known by our key: sent again it gets the
answer it got before. Whoever doesn't know whether a settlement was made asks for it by that key
(5203), and may have it undone without knowing (2601): then it never takes effect, even late.
Who was found by a proven identity is known by the e-credential that the agency answers, which is
shown with every visit and every sale; one it didn't give, or that was ended, pays for nothing.
"""

from decimal import Decimal
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import msgspec
from msgspec import field

from lianyi.kernel.errand import Answer

EMPLOYEE, RESIDENT = "310", "390"  # 险种类型: 职工基本医疗保险, 城乡居民基本医疗保险
ORDINARY_VISIT, PHARMACY_SALE = "11", "41"  # 医疗类别: 普通门诊, 定点药店购药
E_CREDENTIAL, ID_CARD = "01", "02"  # 就诊凭证类型
RESIDENT_ID = "01"  # 人员证件类型
INSURED = "1"  # 人员参保状态: 正常参保
USED, UNUSED = "1", "0"  # 个人账户使用标志
BALANCED = "0"  # 对账结果: 平

Yuan: TypeAlias = Decimal
NOTHING = Decimal(0)


class Sender(msgspec.Struct, frozen=True):
    """Who speaks: the institution's own code, where it lies, and the post that acts."""

    institution: str
    area: str
    operator: str


class Identify(msgspec.Struct, frozen=True, tag="1101"):
    """INS-01: who is insured, by a credential that was shown."""

    credential: str = field(name="mdtrt_cert_type")
    credential_number: str = field(name="mdtrt_cert_no")
    number: str = field(name="certno")
    name: str = field(name="psn_name")
    id_type: str = field(default=RESIDENT_ID, name="psn_cert_type")

    def __repr__(self) -> str:
        return "Identify(…)"


class BasePerson(msgspec.Struct, frozen=True):
    person: str = field(name="psn_no")
    number: str = field(name="certno")
    name: str = field(name="psn_name")

    def __repr__(self) -> str:
        return "BasePerson(…)"


class Insurance(msgspec.Struct, frozen=True):
    """One scheme somebody is in. `balance` is that of the personal account."""

    scheme: str = field(name="insutype")
    person_type: str = field(name="psn_type")
    state: str = field(name="psn_insu_stas")
    area: str = field(name="insuplc_admdvs")
    balance: Yuan = field(default=NOTHING, name="balc")


class Standing(msgspec.Struct, frozen=True):
    """What else somebody is by law, such as a person under medical aid."""

    kind: str = field(name="psn_idet_type")


class Identified(msgspec.Struct, frozen=True):
    """Who was found (INS-01).

    `authorised` is the number of the e-credential that is shown for them from now on.
    """

    person: BasePerson = field(name="baseinfo")
    insurances: list[Insurance] = field(name="insuinfo")
    standings: list[Standing] = field(default_factory=list, name="idetinfo")
    authorised: str = field(default="", name="ec_token")

    def __repr__(self) -> str:
        return "Identified(…)"


class Register(msgspec.Struct, frozen=True, tag="2201"):
    """Say that an insured person is seen. `online` is a follow-up over the internet (INS-16)."""

    person: str = field(name="psn_no")
    scheme: str = field(name="insutype")
    began_at: str = field(name="begntime")
    credential: str = field(name="mdtrt_cert_type")
    credential_number: str = field(name="mdtrt_cert_no")
    visit_number: str = field(name="ipt_otp_no")
    online: bool = False


class Registered(msgspec.Struct, frozen=True):
    visit: str = field(name="mdtrt_id")


class TraceCode(msgspec.Struct, frozen=True):
    code: str = field(name="drug_trac_codg")


class FeeLine(msgspec.Struct, frozen=True):
    """One line of a bill. FR-20: a drug that was sold names the packs it was sold in."""

    number: str = field(name="feedetl_sn")
    item: str = field(name="med_list_codg")
    own_code: str = field(name="medins_list_codg")
    sum: Yuan = field(name="det_item_fee_sumamt")
    quantity: Decimal = field(name="cnt")
    price: Yuan = field(name="pric")
    charged_at: str = field(name="fee_ocur_time")
    diagnosis: str = field(default="", name="dise_codg")
    prescription: str = field(default="", name="rxno")
    packs: list[TraceCode] = field(default_factory=list, name="drugtracinfo")


class SendLines(msgspec.Struct, frozen=True, tag="2204"):
    person: str = field(name="psn_no")
    visit: str = field(name="mdtrt_id")
    batch: str = field(name="chrg_bchno")
    lines: list[FeeLine] = field(name="feedetail")


class RatedLine(msgspec.Struct, frozen=True):
    """What the agency makes of a line (INS-06). `level` is 01 甲, 02 乙 or 03 自费."""

    number: str = field(name="feedetl_sn")
    sum: Yuan = field(name="det_item_fee_sumamt")
    level: str = field(name="chrgitm_lv")
    first_share: Decimal = field(name="selfpay_prop")
    own: Yuan = field(name="fulamt_ownpay_amt")
    over_standard: Yuan = field(name="overlmt_amt")
    first_pay: Yuan = field(name="preselfpay_amt")
    in_range: Yuan = field(name="inscp_scp_amt")


class Rated(msgspec.Struct, frozen=True):
    lines: list[RatedLine] = field(name="result")


class _Due(msgspec.Struct, frozen=True):
    """What is to be settled for a registered visit."""

    person: str = field(name="psn_no")
    scheme: str = field(name="insutype")
    visit: str = field(name="mdtrt_id")
    batch: str = field(name="chrg_bchno")
    credential: str = field(name="mdtrt_cert_type")
    credential_number: str = field(name="mdtrt_cert_no")
    sum: Yuan = field(name="medfee_sumamt")
    account: str = field(default=USED, name="acct_used_flag")
    kind: str = field(default=ORDINARY_VISIT, name="med_type")


class PreSettle(_Due, frozen=True, tag="2206"):
    """Ask what would be paid; nothing is settled by it."""


class Settle(_Due, frozen=True, tag="2207"):
    """Settle: from now on the agency owes the institution the funds' part (INS-05)."""


class Prescribed(msgspec.Struct, frozen=True):
    item: str = field(name="med_list_codg")
    quantity: Decimal = field(name="drug_cnt")


class Prescribe(msgspec.Struct, frozen=True, tag="D003"):
    """Upload a prescription that a pharmacy fills (电子处方上传), under the hospital's own number.

    INS-17: a sale that names another than was uploaded is none.
    """

    person: str = field(name="psn_no")
    number: str = field(name="rxno")
    issued_at: str = field(name="prsc_time")
    diagnosis: str = field(name="dise_codg")
    drugs: list[Prescribed] = field(name="rxdrugdetail")


class _Sale(msgspec.Struct, frozen=True):
    """What a pharmacy sells; it has no visit, so its lines come with it."""

    person: str = field(name="psn_no")
    scheme: str = field(name="insutype")
    began_at: str = field(name="begntime")
    credential: str = field(name="mdtrt_cert_type")
    credential_number: str = field(name="mdtrt_cert_no")
    sum: Yuan = field(name="medfee_sumamt")
    lines: list[FeeLine] = field(name="drugdetail")
    account: str = field(default=USED, name="acct_used_flag")
    kind: str = field(default=PHARMACY_SALE, name="med_type")


class PreSell(_Sale, frozen=True, tag="2101"):
    """Ask what would be paid of a sale."""


class Sell(_Sale, frozen=True, tag="2102"):
    """Settle a sale."""


class Settlement(msgspec.Struct, frozen=True):
    """Who pays what (INS-07): the funds, the personal account and the person make up the sum.

    `id` is empty for what is only asked. `own_number` is the key of our message.
    """

    sum: Yuan = field(name="medfee_sumamt")
    own: Yuan = field(name="fulamt_ownpay_amt")
    over_standard: Yuan = field(name="overlmt_selfpay")
    first_pay: Yuan = field(name="preselfpay_amt")
    in_range: Yuan = field(name="inscp_scp_amt")
    deductible: Yuan = field(name="act_pay_dedc")
    pool: Yuan = field(name="hifp_pay")
    critical: Yuan = field(name="hifmi_pay")
    aid: Yuan = field(name="maf_pay")
    other: Yuan = field(name="oth_pay")
    account: Yuan = field(name="acct_pay")
    cash: Yuan = field(name="psn_cash_pay")
    balance: Yuan = field(default=NOTHING, name="balc")
    id: str = field(default="", name="setl_id")
    own_number: str = field(default="", name="medins_setl_id")
    settled_at: str = field(default="", name="setl_time")


class Settled(msgspec.Struct, frozen=True):
    settlement: Settlement = field(name="setlinfo")
    lines: list[RatedLine] = field(default_factory=list, name="detlcutinfo")


class _Taken(msgspec.Struct, frozen=True):
    """A settlement that is taken back as a whole (INS-21)."""

    settlement: str = field(name="setl_id")
    person: str = field(name="psn_no")
    visit: str = field(default="", name="mdtrt_id")


class Cancel(_Taken, frozen=True, tag="2208"):
    """Take back the settlement of a visit."""


class CancelSale(_Taken, frozen=True, tag="2103"):
    """Take back the settlement of a sale."""


class Undo(msgspec.Struct, frozen=True, tag="2601"):
    """Have a message whose outcome nobody knows count for nothing (冲正)."""

    person: str = field(name="psn_no")
    message: str = field(name="omsgid")
    transaction: str = field(name="oinfno")


class Query(msgspec.Struct, frozen=True, tag="5203"):
    """Ask for a settlement by the key of our message."""

    person: str = field(name="psn_no")
    own_number: str = field(name="medins_setl_id")


class SoldPacks(msgspec.Struct, frozen=True, tag="3505"):
    """Tell which packs left with a settlement (FR-20)."""

    person: str = field(name="psn_no")
    settlement: str = field(name="setl_id")
    item: str = field(name="med_list_codg")
    packs: list[TraceCode] = field(name="drugtracinfo")


class ReturnedPacks(SoldPacks, frozen=True, tag="3506"):
    """Tell which packs came back, which taking a visit's settlement back doesn't say."""


class Totals(msgspec.Struct, frozen=True, tag="3201"):
    """Compare a day's sums of one institution and scheme (对总账)."""

    scheme: str = field(name="insutype")
    begins: str = field(name="stmt_begndate")
    ends: str = field(name="stmt_enddate")
    sum: Yuan = field(name="medfee_sumamt")
    funds: Yuan = field(name="fund_pay_sumamt")
    account: Yuan = field(name="acct_pay")
    count: int = field(name="fixmedins_setl_cnt")


class Statement(msgspec.Struct, frozen=True):
    result: str = field(name="stmt_rslt")
    sum: Yuan = field(name="medfee_sumamt")
    funds: Yuan = field(name="fund_pay_sumamt")
    account: Yuan = field(name="acct_pay")
    count: int = field(name="fixmedins_setl_cnt")


class Totalled(msgspec.Struct, frozen=True):
    statement: Statement = field(name="stmtinfo")


class Booked(msgspec.Struct, frozen=True):
    """One settlement, or with amounts below zero the taking back of an `original` one."""

    id: str = field(name="setl_id")
    sum: Yuan = field(name="medfee_sumamt")
    funds: Yuan = field(name="fund_pay_sumamt")
    account: Yuan = field(name="acct_pay")
    original: str = field(default="", name="init_setl_id")


class Details(msgspec.Struct, frozen=True, tag="3202"):
    """Compare a day line by line (明细对账). The lines come with it instead of as a file."""

    scheme: str = field(name="insutype")
    begins: str = field(name="stmt_begndate")
    ends: str = field(name="stmt_enddate")
    booked: list[Booked] = field(name="setldetail")


class Detailed(msgspec.Struct, frozen=True):
    """What the agency has booked for the institution's days."""

    booked: list[Booked] = field(name="setldetail")


Act = (
    Identify
    | Register
    | SendLines
    | PreSettle
    | Settle
    | Prescribe
    | PreSell
    | Sell
    | Cancel
    | CancelSale
    | Undo
    | Query
    | SoldPacks
    | ReturnedPacks
    | Totals
    | Details
)
SETTLING = (Settle, Sell)


def number_of(act: Act) -> str:
    """Return the number of an act's transaction."""
    return str(act.__struct_config__.tag)


def message_of(key: UUID) -> str:
    """Return a key as the agency knows it: the number of a message."""
    return key.hex


class Insurer(Protocol):
    async def act(self, key: UUID, sender: Sender, act: Act) -> Answer:
        """Do one act, once a key.

        The body of a yes is what the interface calls the output: `Identified`, `Registered`,
        `Rated`, `Settled`, `Totalled`, `Detailed` or empty. A no has a `code`.
        """
        ...

    async def ask(self, key: UUID, sender: Sender, act: Act) -> Answer | None:
        """Return the settlement a key has led to, or None if it never did.

        All other acts may be sent again at any time.
        """
        ...


def output(answer: Answer, kind: type[Any]) -> Any:  # noqa: ANN401 - one of the outputs above
    return msgspec.convert(answer.body, kind, strict=False)
