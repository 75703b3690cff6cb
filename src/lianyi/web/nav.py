"""Where each reader can go: the tabs of the patient and the rails of the desks."""

from collections.abc import Mapping
from dataclasses import dataclass

from lianyi.kernel.actor import Role
from lianyi.people.model import (
    ADMIN,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    DRUG_AUTHORITY,
    HEALTH_COMMISSION,
    INSURER,
    NURSE,
    OPERATOR,
    PHARMACIST,
    RESIDENT,
    TECHNICIAN,
    Kind,
)
from lianyi.web.i18n import mark


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    href: str
    label: str
    icon: str


PATIENT = (
    Place("home", "/", mark("首页"), icon="home"),
    Place("visits", "/appointments", mark("就诊"), icon="calendar-event"),
    Place("card", "/card", mark("健康卡"), icon="qrcode"),
    Place("record", "/record", mark("档案"), icon="folder-heart"),
    Place("me", "/me", mark("我的"), icon="user"),
)


@dataclass(frozen=True, slots=True)
class Service:
    """A tile of the resident's first page. Each subject adds its own with its page."""

    label: str
    href: str
    icon: str
    kind: str = ""  # the colour of its tile


SERVICES = (
    Service(mark("预约挂号"), "/book", icon="calendar-plus"),
    Service(mark("在线复诊"), "/follow-up", icon="message-circle", kind="info"),
    Service(mark("家人代办"), "/family", icon="users-group", kind="info"),
    Service(mark("门诊缴费"), "/bills", icon="wallet", kind="warn"),
    Service(mark("检查检验"), "/results", icon="test-pipe", kind="ok"),
    Service(mark("我的处方"), "/prescriptions", icon="prescription", kind="brand"),
    Service(mark("授权管理"), "/record", icon="shield-lock", kind="purple"),
    Service(mark("访问记录"), "/record/readings", icon="eye-check", kind="ok"),
)

KNOWLEDGE = Place("knowledge", "/knowledge", mark("知识库"), icon="book-2")
HEALTH = Place("health", "/admin/health", mark("运行"), icon="heartbeat")
SIGNING = Place("signing", "/signing", mark("签名"), icon="signature")
ACCOUNT = Place("account", "/account", mark("账号"), icon="user-cog")
ADMINS = (
    Place("staff", "/admin/staff", mark("人员"), icon="users"),
    Place("departments", "/admin/departments", mark("科室"), icon="building-hospital"),
    Place("schedule", "/admin/schedule", mark("排班"), icon="calendar-cog"),
    Place("reconciliation", "/admin/reconciliation", mark("对账"), icon="scale"),
    Place("online", "/admin/online", mark("线上"), icon="message-circle"),
    Place("glasses", "/admin/glasses", mark("调阅"), icon="eye-exclamation"),
    Place("apps", "/admin/apps", mark("应用"), icon="apps"),
    Place("exports", "/admin/exports", mark("导出"), icon="database-export"),
    Place("compliance", "/admin/compliance", mark("合规"), icon="shield-check"),
    KNOWLEDGE,
    Place("reports", "/admin/reports", mark("上报"), icon="cloud-upload"),
    Place("quality", "/admin/quality", mark("质量"), icon="chart-bar"),
    HEALTH,
    ACCOUNT,
)
OPERATORS = (HEALTH, ACCOUNT)
CLERKS = (
    Place("counter", "/reception", mark("窗口"), icon="id"),
    Place("till", "/cashier", mark("收费"), icon="cash"),
    Place("day", "/cashier/day", mark("日结"), icon="report-money"),
    ACCOUNT,
)
DOCTORS = (
    Place("clinic", "/clinic", mark("接诊"), icon="stethoscope"),
    Place("online", "/clinic/online", mark("线上"), icon="message-circle"),
    Place("withheld", "/clinic/results", mark("待发布"), icon="eye-pause"),
    SIGNING,
    ACCOUNT,
)

TECHNICIANS = (Place("bench", "/laboratory", mark("检验"), icon="test-pipe"), ACCOUNT)

NURSES = (Place("taking", "/taking", mark("采样"), icon="vaccine"), ACCOUNT)

SHOPS = frozenset({Kind.STORE, Kind.ONLINE_PHARMACY})
# At every pharmacy's terminal; the shelves and the day belong to whoever sells.
COUNTER = (
    Place("counter", "/pharmacy", mark("发药"), icon="pill"),
    Place("stock", "/pharmacy/stock", mark("库存"), icon="packages"),
    Place("day", "/pharmacy/day", mark("日结"), icon="report-money"),
)

PHARMACISTS = (
    Place("review", "/review", mark("审方"), icon="clipboard-check"),
    *COUNTER,
    KNOWLEDGE,
    SIGNING,
    ACCOUNT,
)

DISPENSERS = (*COUNTER, SIGNING, ACCOUNT)

COURIERS = (Place("deliveries", "/deliveries", mark("配送"), icon="truck-delivery"), ACCOUNT)

# An authority sees what it is there for: the same addresses answer each with its own.
OVERSIGHT = Place("oversight", "/regulator", mark("总览"), icon="dashboard")
REPORTED = Place("reports", "/regulator/reports", mark("上报"), icon="cloud-upload")
LICENCES = Place("licences", "/regulator/licences", mark("许可"), icon="license")
SCREEN = Place("screen", "/regulator/screen", mark("大屏"), icon="device-tv")
COMMISSION = (
    OVERSIGHT,
    REPORTED,
    Place("cases", "/regulator/cases", mark("案件"), icon="folder-open"),
    LICENCES,
    SCREEN,
    ACCOUNT,
)
AUTHORITY = (
    OVERSIGHT,
    REPORTED,
    Place("trace", "/regulator/trace", mark("追溯"), icon="scan"),
    LICENCES,
    SCREEN,
    ACCOUNT,
)
INSURERS = (Place("claims", "/insurer", mark("结算"), icon="receipt-2"), ACCOUNT)

# The rail of each desk, on pages that several of them share.
RAILS: Mapping[Role, tuple[Place, ...]] = {
    ADMIN: ADMINS,
    OPERATOR: OPERATORS,
    CLERK: CLERKS,
    DOCTOR: DOCTORS,
    TECHNICIAN: TECHNICIANS,
    NURSE: NURSES,
    PHARMACIST: PHARMACISTS,
    DISPENSER: DISPENSERS,
    COURIER: COURIERS,
    HEALTH_COMMISSION: COMMISSION,
    DRUG_AUTHORITY: AUTHORITY,
    INSURER: INSURERS,
}

# Where nobody goes but staff: the first part of each of their addresses.
STAFF = frozenset(place.href.split("/")[1] for rail in RAILS.values() for place in rail)

# Where the day of each role begins.
DESKS: Mapping[Role, str] = {
    RESIDENT: "/",
    ADMIN: "/admin/staff",
    OPERATOR: "/admin/health",
    CLERK: "/reception",
    DOCTOR: "/clinic",
    TECHNICIAN: "/laboratory",
    NURSE: "/taking",
    PHARMACIST: "/review",
    DISPENSER: "/pharmacy",
    COURIER: "/deliveries",
    HEALTH_COMMISSION: "/regulator",
    DRUG_AUTHORITY: "/regulator",
    INSURER: "/insurer",
}


def is_for_staff(path: str) -> bool:
    return path.split("/")[1] in STAFF


def desk_of(role: Role, kind: Kind) -> str:
    """Return where a day begins: a shop's pharmacist reviews what comes to the counter there."""
    if role == PHARMACIST and kind in SHOPS:
        return "/pharmacy"
    return DESKS.get(role, ACCOUNT.href)
