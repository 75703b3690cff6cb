"""A resident's bills (账单): what is owed, paying it by a code, receipts, what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import NoneType
from typing import Protocol
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.billing.model import SETTLED, BillState, Payment, PaymentState
from lianyi.journeys import bills_desk, claiming, pay, settle
from lianyi.journeys.bills_desk import Bills, BillView, OneBill
from lianyi.journeys.resident_desk import Who
from lianyi.kernel.work import Tx, within
from lianyi.web import answer, demo, forms
from lianyi.web.i18n import _
from lianyi.web.patient.shell import read, show
from lianyi.web.session import app_of, user

PAGE = "/bills"
ONE = PAGE + "/{bill:uuid}"
PATIENCE = timedelta(seconds=30)  # after which an order without an answer counts as unknown
HOUR = 3600  # seconds


class Choice(Protocol):
    """What a person decides about who pays a bill."""

    async def __call__(self, tx: Tx, *, bill_id: UUID) -> None: ...


class Stage(StrEnum):
    """Where paying a bill has got to, as its payer understands it."""

    ASKING = "asking"  # the insurer, what the person has to pay
    UNPAID = "unpaid"
    ORDERING = "ordering"
    CODE = "code"
    UNKNOWN = "unknown"
    CLOSED = "closed"
    REFUSED = "refused"
    PAID = "paid"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Account:
    """The list of bills by what there is to do about them."""

    who: Who
    open: Sequence[BillView]
    paid: Sequence[BillView]
    ended: Sequence[BillView]
    older: UUID | None
    first: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One bill. `due_in` and `code_ends_in` are seconds; nought where nothing ends soon."""

    who: Who
    now: datetime
    one: BillView
    stage: Stage
    due_in: int
    code_ends_in: int
    demo: bool


def stage_of(one: BillView, now: datetime) -> Stage:
    """Return what to tell the payer; money that may be on its way is never called lost."""
    if one.bill.state in SETTLED:
        return Stage.PAID
    last = one.payments[-1] if one.payments else None
    if last and last.state in {PaymentState.PLANNED, PaymentState.ORDERED}:
        return _underway(last, now)
    if not one.may_be_paid:
        return Stage.OVER
    if one.asking:
        return Stage.ASKING
    ends = {PaymentState.CLOSED: Stage.CLOSED, PaymentState.FAILED: Stage.REFUSED}
    return ends.get(last.state, Stage.UNPAID) if last else Stage.UNPAID


def _underway(payment: Payment, now: datetime) -> Stage:
    if payment.expires_at <= now:
        return Stage.UNKNOWN
    if payment.code_url:
        return Stage.CODE
    return Stage.UNKNOWN if now - payment.at > PATIENCE else Stage.ORDERING


async def bills(request: Request) -> Response:
    before = _older(request)

    async def verb(tx: Tx) -> Account:
        return _sorted(await bills_desk.bills(tx, before=before), first=before is None)

    return await show(request, "patient/bills.html", verb)


async def bill(request: Request) -> Response:
    return await _page(request, "patient/bill.html")


async def waiting(request: Request) -> Response:
    return await _page(request, "patient/bill_pay.html")


async def receipt(request: Request) -> Response:
    return await _page(request, "patient/bill_receipt.html")


async def start(request: Request) -> Response:
    """Order a payment; the page that follows waits for its code."""
    form = await forms.read(request, forms.Form)
    bill_id = request.path_params["bill"]
    await within(
        app_of(request),
        user(request),
        lambda tx: pay.start(tx, bill_id=bill_id),
        once=forms.once(request, form, Payment),
    )
    return answer.go(request, f"{PAGE}/{bill_id}/pay")


async def pay_self(request: Request) -> Response:
    """Leave the insurer out of a bill."""
    return await _choose(request, settle.pay_self)


async def claim(request: Request) -> Response:
    """Have the insurer asked, as it wasn't before, or once more."""
    return await _choose(request, claiming.claim)


async def _choose(request: Request, verb: Choice) -> Response:
    form = await forms.read(request, forms.Form)
    bill_id = request.path_params["bill"]
    await within(
        app_of(request),
        user(request),
        lambda tx: verb(tx, bill_id=bill_id),
        once=forms.once(request, form, NoneType),
    )
    return answer.go(request, f"{PAGE}/{bill_id}")


async def pay_in_demo(request: Request) -> Response:
    """Pay as the payer's phone would. Outside a demo there is no such page."""
    if not demo.is_one(request):
        raise HTTPException(404)
    await forms.read(request, forms.Form)
    bill_id = request.path_params["bill"]
    seen = await read(request, lambda tx: bills_desk.bill(tx, bill_id=bill_id))
    payer: demo.Payer = request.app.state.payer
    code = seen.view.waiting.code_url if seen.view.waiting else ""
    if code and not await payer(code):
        no = await forms.kept(request, **{"": _("付款未成功，未扣款。请稍候再试。")})
        return await _page(request, "patient/bill_pay.html", form=no)
    return answer.go(request, f"{PAGE}/{bill_id}/pay")


async def _page(request: Request, template: str, *, form: forms.Filled | None = None) -> Response:
    bill_id, in_demo = request.path_params["bill"], demo.is_one(request)

    async def verb(tx: Tx) -> Shown:
        return _shown(await bills_desk.bill(tx, bill_id=bill_id), in_demo=in_demo)

    return await show(request, template, verb, form=form)


def _sorted(view: Bills, *, first: bool) -> Account:
    def of(*states: BillState) -> list[BillView]:
        return [one for one in view.views if one.bill.state in states]

    given_back = (BillState.PARTLY_REFUNDED, BillState.REFUNDED)
    return Account(
        who=view.who,
        open=of(BillState.OPEN),
        paid=of(BillState.PAID),
        ended=of(*given_back, BillState.VOID, BillState.LAPSED),
        older=view.older,
        first=first,
    )


def _shown(seen: OneBill, *, in_demo: bool) -> Shown:
    one, now = seen.view, seen.now
    return Shown(
        who=seen.who,
        now=now,
        one=one,
        stage=stage_of(one, now),
        due_in=_seconds(one.bill.due_at, now) if one.may_be_paid else 0,
        code_ends_in=_seconds(one.waiting.expires_at, now) if one.waiting else 0,
        demo=in_demo,
    )


def _seconds(end: datetime | None, now: datetime) -> int:
    """Return the seconds left, or nought when that is longer than anybody counts."""
    left = int((end - now).total_seconds()) if end else 0
    return left if 0 < left <= HOUR else 0


def _older(request: Request) -> UUID | None:
    """Return where the list goes on; an address somebody has bent begins it anew."""
    try:
        return UUID(request.query_params.get("before", ""))
    except ValueError:
        return None


ROUTES = (
    Route(PAGE, bills, methods=["GET"]),
    Route(ONE, bill, methods=["GET"]),
    Route(ONE + "/pay", waiting, methods=["GET"]),
    Route(ONE + "/pay", start, methods=["POST"]),
    Route(ONE + "/pay/demo", pay_in_demo, methods=["POST"]),
    Route(ONE + "/self", pay_self, methods=["POST"]),
    Route(ONE + "/claim", claim, methods=["POST"]),
    Route(ONE + "/receipt", receipt, methods=["GET"]),
)
