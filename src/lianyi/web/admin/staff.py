"""Staff and posts: who works where with which licence, and the acts of the staff office."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import admin_desk
from lianyi.journeys.admin_desk import Staff, Ward
from lianyi.kernel.actor import Role
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import reading
from lianyi.people.errors import (
    BadName,
    BadNumber,
    CodeTaken,
    NameDiffers,
    NoSuchDepartment,
    NoSuchInstitution,
)
from lianyi.people.model import (
    ADMIN,
    CLERK,
    COURIER,
    DISPENSER,
    DOCTOR,
    NURSE,
    PHARMACIST,
    TECHNICIAN,
    Filing,
    Grade,
    Licence,
    Register,
    Training,
)
from lianyi.web import acts, answer, forms
from lianyi.web.i18n import mark
from lianyi.web.session import app_of, user

PAGE = "/admin/staff"
ROLES = (DOCTOR, NURSE, PHARMACIST, DISPENSER, TECHNICIAN, CLERK, COURIER, ADMIN)
RANKED = frozenset({DOCTOR, NURSE, PHARMACIST, TECHNICIAN})
# Where a refusal is said: at the field that has to be changed.
FIELDS: Mapping[type[Refused], str] = {
    BadName: "name",
    NameDiffers: "name",
    BadNumber: "number",
    NoSuchDepartment: "department",
    CodeTaken: "number",
    NoSuchInstitution: "main",
}
BETWEEN = re.compile(r"[\s,，、;；]+")
Number = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9-]{6,30}$", description=mark("证书编号是 6 至 30 位字母或数字。")
    ),
]
Scope = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\d{2}(\.\d{2})*([\s,，、;；]+\d{2}(\.\d{2})*)*$",
        description=mark("请填写诊疗科目代码，如 03、04.02，用逗号分开。"),
    ),
]


class Appointment(forms.Form, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    number: Annotated[
        str, msgspec.Meta(pattern=r"^\d{17}[\dXx]$", description=mark("请填写 18 位身份证号码。"))
    ]
    role: str
    grade: Grade = Grade.NONE
    department: UUID | None = None

    def __post_init__(self) -> None:
        if self.role == DOCTOR and self.department is None:
            raise ValueError(mark("医师要有科室。请选择科室。"))
        if self.role in RANKED and self.grade is Grade.NONE:
            raise ValueError(mark("请选择职称级别。"))


class LicenceForm(forms.Form, frozen=True):
    register: Register
    number: Number
    main: UUID
    practising_since: date
    scope: Scope | None = None
    valid_until: date | None = None

    def licence(self) -> Licence:
        return Licence(
            register=self.register,
            number=self.number,
            scope=frozenset(BETWEEN.split(self.scope) if self.scope else ()),
            main_institution_id=self.main,
            practising_since=self.practising_since,
            checked_on=self.practising_since,
            valid_until=self.valid_until,
        )


class FilingForm(forms.Form, frozen=True):
    number: Number
    filed_on: date
    main_agreed_on: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.valid_until and self.valid_until < self.filed_on:
            raise ValueError(mark("有效期不能早于备案日期。"))

    def filing(self) -> Filing:
        return Filing(self.number, self.filed_on, self.main_agreed_on, self.valid_until)


class TrainingForm(forms.Form, frozen=True):
    certificate: Number
    passed_on: date
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.valid_until and self.valid_until < self.passed_on:
            raise ValueError(mark("有效期不能早于考核合格日期。"))

    def training(self) -> Training:
        return Training(self.certificate, self.passed_on, self.valid_until)


class End(forms.Form, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


@dataclass(frozen=True, slots=True)
class Page:
    """`act` is the form that stands open: '', 'new', 'licence', 'filing', 'training' or 'end'."""

    staff: Staff
    act: str
    ward: str
    care: bool

    @property
    def wards(self) -> list[Ward]:
        return [w for w in self.staff.wards if w.colleagues and self.ward in {"", w.key}]

    @property
    def roles(self) -> tuple[Role, ...]:
        return ROLES

    @property
    def grades(self) -> tuple[Grade, ...]:
        return tuple(Grade)

    @property
    def query(self) -> str:
        """What every link keeps: the department looked at, and whether only what wants care."""
        return f"ward={self.ward}&care={'1' if self.care else ''}"


async def everybody(request: Request) -> Response:
    return await _page(request)


async def new(request: Request) -> Response:
    return await _page(request, "new")


async def colleague(request: Request) -> Response:
    return await _page(request, request.path_params.get("act", ""))


async def appoint(request: Request) -> Response:
    return await acts.act(
        request,
        Appointment,
        lambda tx, form: admin_desk.appoint(
            tx,
            name=form.name,
            number=form.number.upper(),
            role=Role(form.role),
            department_id=form.department,
            grade=form.grade if form.role in RANKED else Grade.NONE,
        ),
        page=_open("new"),
        said=(BadName, NameDiffers, BadNumber, NoSuchDepartment),
        wrong=lambda refused: {FIELDS[type(refused)]: refused},
        then=lambda _, post_id: f"{PAGE}/{post_id}?pane=side",
        kind=UUID,
    )


async def record_licence(request: Request) -> Response:
    post_id = request.path_params["post"]
    return await acts.act(
        request,
        LicenceForm,
        lambda tx, form: admin_desk.record_licence(tx, post_id=post_id, licence=form.licence()),
        page=_open("licence"),
        said=(CodeTaken, NoSuchInstitution),
        wrong=lambda refused: {FIELDS[type(refused)]: refused},
        then=f"{PAGE}/{post_id}?pane=side",
    )


async def file_practice(request: Request) -> Response:
    post_id = request.path_params["post"]
    return await acts.act(
        request,
        FilingForm,
        lambda tx, form: admin_desk.file_practice(tx, post_id=post_id, filing=form.filing()),
        page=_open("filing"),
        said=(),
        then=f"{PAGE}/{post_id}?pane=side",
    )


async def record_training(request: Request) -> Response:
    post_id = request.path_params["post"]
    return await acts.act(
        request,
        TrainingForm,
        lambda tx, form: admin_desk.record_training(tx, post_id=post_id, training=form.training()),
        page=_open("training"),
        said=(),
        then=f"{PAGE}/{post_id}?pane=side",
    )


async def end_post(request: Request) -> Response:
    post_id = request.path_params["post"]
    return await acts.act(
        request,
        End,
        lambda tx, form: admin_desk.end_post(tx, post_id=post_id, why=form.reason),
        page=_open("end"),
        said=(),
        then=PAGE,
    )


def _open(act: str) -> Callable[[Request, forms.Filled], Awaitable[Response]]:
    """Return what draws the page with one of its forms open."""
    return lambda request, form: _page(request, act, form)


async def _page(request: Request, act: str = "", form: forms.Filled | None = None) -> Response:
    post_id = request.path_params.get("post")
    view = await reading(
        app_of(request), user(request), lambda tx: admin_desk.staff(tx, post_id=post_id)
    )
    asked = request.query_params
    page = Page(view, act, asked.get("ward", ""), asked.get("care") == "1")
    return answer.page(request, "admin/staff.html", page, 422 if form else 200, form=form)


ROUTES = (
    Route(PAGE, everybody, methods=["GET"]),
    Route(PAGE + "/new", new, methods=["GET"]),
    Route(PAGE + "/new", appoint, methods=["POST"]),
    Route(PAGE + "/{post:uuid}", colleague, methods=["GET"]),
    Route(PAGE + "/{post:uuid}/licence", record_licence, methods=["POST"]),
    Route(PAGE + "/{post:uuid}/filing", file_practice, methods=["POST"]),
    Route(PAGE + "/{post:uuid}/training", record_training, methods=["POST"]),
    Route(PAGE + "/{post:uuid}/end", end_post, methods=["POST"]),
    Route(PAGE + "/{post:uuid}/{act:str}", colleague, methods=["GET"]),
)
