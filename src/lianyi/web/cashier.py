"""The cashier's window (收费窗口): what is owed, cash, slips, refunds, the end of the day."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import NoneType
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.billing.errors import TooLittleGiven
from lianyi.billing.model import Payment
from lianyi.journeys import card, cashier_desk, pay, settle
from lianyi.journeys.cashier_desk import Payer, Slip, Till
from lianyi.kernel.refusal import Conflict, Invalid
from lianyi.kernel.work import Tx, reading, within
from lianyi.web import answer, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.session import user

PAGE = "/cashier"
ONE = PAGE + "/people/{person:uuid}"
BILL = ONE + "/bills/{bill:uuid}"
FEN = 100  # in a yuan
Yuan = Annotated[Decimal | None, msgspec.Meta(description=mark("请填写金额，最多两位小数。"))]
T = TypeVar("T")


class Reason(StrEnum):
    """Why money goes back over the counter."""

    NOT_DONE = "not_done"
    DOCTOR_CANCELLED = "doctor_cancelled"
    CHARGED_TWICE = "charged_twice"
    CHARGED_WRONGLY = "charged_wrongly"


class Scan(forms.Form, frozen=True):
    code: Annotated[str, msgspec.Meta(min_length=4, max_length=400)]


class Cash(forms.Form, frozen=True):
    """`given` is what the person put on the counter, if the cashier wants the change reckoned."""

    given: Yuan = None

    @property
    def given_fen(self) -> int | None:
        return None if self.given is None else int(self.given * FEN)


class GiveBack(forms.Form, frozen=True):
    """Without lines everything that is left goes back."""

    reason: Reason
    lines: list[int] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """Who stands here; `wrong` is the address of the form that came back."""

    payer: Payer
    wrong: str = ""

    def form(self, action: str, form: Filled) -> Filled:
        return form if action == self.wrong else form.blank()


@dataclass(frozen=True, slots=True)
class Printed:
    slip: Slip
    given_fen: int
    paid_fen: int

    @property
    def change_fen(self) -> int:
        return self.given_fen - self.paid_fen


async def till(request: Request) -> Response:
    return await _till(request)


async def scan(request: Request) -> Response:
    """Read a card. Its code is good for one scan, so nothing has to be remembered of it here."""
    try:
        form = await forms.read(request, Scan)
        person = await within(
            request.app.state.lianyi, user(request), lambda tx: card.scan_card(tx, code=form.code)
        )
    except forms.BadForm as bad:
        return await _till(request, bad.form)
    except (Invalid, Conflict) as refused:
        return await _till(request, await forms.kept(request, code=refused))
    return answer.go(request, f"{PAGE}/people/{person.id}")


async def payer(request: Request) -> Response:
    return await _payer(request)


async def take_cash(request: Request) -> Response:
    who, bill = request.path_params["person"], request.path_params["bill"]
    try:
        form = await forms.read(request, Cash)
        await _do(
            request,
            form,
            Payment,
            lambda tx: pay.take_cash(tx, person_id=who, bill_id=bill, given_fen=form.given_fen),
        )
    except forms.BadForm as bad:
        return await _payer(request, bad.form)
    except TooLittleGiven as refused:
        return await _payer(request, await forms.kept(request, given=refused))
    given = f"?given={form.given_fen}" if form.given_fen else ""
    return answer.go(request, f"{PAGE}/people/{who}/bills/{bill}/slip{given}")


async def pay_self(request: Request) -> Response:
    """Leave the insurer out of a bill, as whoever stands here has decided."""
    form = await forms.read(request, forms.Form)
    who, bill = request.path_params["person"], request.path_params["bill"]
    await _do(
        request,
        form,
        NoneType,
        lambda tx: settle.pay_self_at_counter(tx, person_id=who, bill_id=bill),
    )
    return answer.go(request, f"{PAGE}/people/{who}")


async def give_back(request: Request) -> Response:
    who, bill = request.path_params["person"], request.path_params["bill"]
    try:
        form = await forms.read(request, GiveBack)
        await _do(
            request,
            form,
            NoneType,
            lambda tx: pay.give_back(
                tx, person_id=who, bill_id=bill, reason=form.reason, lines=form.lines or None
            ),
        )
    except forms.BadForm as bad:
        return await _payer(request, bad.form)
    except Conflict as refused:
        kept = await forms.kept(request, reason=refused)
        return await _payer(request, kept, status=409)
    return answer.go(request, f"{PAGE}/people/{who}")


async def hand_back(request: Request) -> Response:
    form = await forms.read(request, forms.Form)
    who, refund = request.path_params["person"], request.path_params["refund"]
    await _do(
        request, form, NoneType, lambda tx: pay.hand_back(tx, person_id=who, refund_id=refund)
    )
    return answer.go(request, f"{PAGE}/people/{who}")


async def slip(request: Request) -> Response:
    who, bill = request.path_params["person"], request.path_params["bill"]
    view = await _read(request, lambda tx: cashier_desk.slip(tx, person_id=who, bill_id=bill))
    given = request.query_params.get("given", "")
    given_fen = int(given) if given.isascii() and given.isdecimal() else 0
    printed = Printed(view, given_fen, view.bill.view.bill.own_fen)
    return answer.page(request, "reception/cashier_slip.html", printed)


async def closing(request: Request) -> Response:
    return answer.page(
        request, "reception/cashier_day.html", await _read(request, cashier_desk.closing)
    )


async def _till(request: Request, form: Filled | None = None) -> Response:
    view: Till = await _read(request, cashier_desk.till)
    status = 422 if form else 200
    return answer.page(request, "reception/cashier.html", view, status, form=form)


async def _payer(request: Request, form: Filled | None = None, *, status: int = 422) -> Response:
    """Show who stands here; a form that came back stands open in its place."""
    who = request.path_params["person"]
    view = await _read(request, lambda tx: cashier_desk.payer(tx, person_id=who))
    wrong = request.url.path if form else ""
    return answer.page(
        request,
        "reception/cashier_payer.html",
        Page(view, wrong),
        status if form else 200,
        form=form,
    )


async def _read(request: Request, verb: Callable[[Tx], Awaitable[T]]) -> T:
    return await reading(request.app.state.lianyi, user(request), verb)


async def _do(
    request: Request, form: forms.Form, kind: type[T], verb: Callable[[Tx], Awaitable[T]]
) -> T:
    once = forms.once(request, form, kind)
    return await within(request.app.state.lianyi, user(request), verb, once=once)


ROUTES = (
    Route(PAGE, till, methods=["GET"]),
    Route(PAGE + "/scan", scan, methods=["POST"]),
    Route(PAGE + "/day", closing, methods=["GET"]),
    Route(ONE, payer, methods=["GET"]),
    Route(ONE + "/refunds/{refund:uuid}", hand_back, methods=["POST"]),
    Route(BILL + "/cash", take_cash, methods=["POST"]),
    Route(BILL + "/self", pay_self, methods=["POST"]),
    Route(BILL + "/refund", give_back, methods=["POST"]),
    Route(BILL + "/slip", slip, methods=["GET"]),
)
