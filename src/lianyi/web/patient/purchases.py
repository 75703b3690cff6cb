"""From a prescription to its medicines: see all sellers, choose one, follow it (购药)."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lianyi.journeys import fill, offers_desk, purchase_desk
from lianyi.kernel.refusal import Conflict, Invalid, Refused
from lianyi.kernel.text import words
from lianyi.kernel.work import Tx
from lianyi.pharmacy.errors import CanNotSell
from lianyi.pharmacy.model import Delivery, Withdrawn
from lianyi.web import acts, forms
from lianyi.web.forms import Filled
from lianyi.web.i18n import mark
from lianyi.web.patient.shell import show

SELLERS = "/prescriptions/{prescription:uuid}/sellers"
SELLER = SELLERS + "/{seller:uuid}"
PURCHASE = "/purchases/{sale:uuid}"
SAID_HERE = (Invalid, Conflict)  # which stand on the page with what was typed
ADDRESS = 200  # characters
Short = Annotated[str, msgspec.Meta(max_length=ADDRESS)]


class Choosing(forms.Form, frozen=True):
    """`fen` and `fee` are what was shown; DS-08: the buyer confirms before the sale."""

    way: Annotated[
        Literal["collect", "deliver"], msgspec.Meta(description=mark("请选择取药方式。"))
    ]
    fen: int
    fee: int = 0
    address: Short = ""
    phone: Short = ""
    understood: bool = False

    def __post_init__(self) -> None:
        if not self.understood:
            raise ValueError(mark("请先勾选确认，再提交。"))

    @property
    def delivery(self) -> Delivery | None:
        return Delivery(self.address, self.phone) if self.way == "deliver" else None

    @property
    def shown_fen(self) -> int:
        return self.fen + (self.fee if self.way == "deliver" else 0)


class Leaving(forms.Form, frozen=True):
    reason: Withdrawn


async def sellers(request: Request) -> Response:
    verb = partial(offers_desk.offers, prescription_id=request.path_params["prescription"])
    return await show(request, "patient/sellers.html", verb)


async def seller(request: Request) -> Response:
    return await _seller(request)


async def choose(request: Request) -> Response:
    """Take the prescription there; a refusal stands on the page, with what was typed kept."""
    return await acts.act(
        request,
        Choosing,
        lambda tx, form: _choose(tx, request, form),
        page=_seller,
        said=SAID_HERE,
        then=lambda _, sale_id: f"/purchases/{sale_id}",
        wrong=lambda refused: {"": _why(request, refused)},
        kind=UUID,
    )


async def purchase(request: Request) -> Response:
    return await _purchase(request)


async def withdraw(request: Request) -> Response:
    """Leave the seller; what was paid comes back whole."""
    sale_id = _sale(request)
    return await acts.act(
        request,
        Leaving,
        lambda tx, form: fill.withdraw(tx, sale_id=sale_id, reason=form.reason),
        page=_purchase,
        said=SAID_HERE,
        then=f"/purchases/{sale_id}",
        wrong=acts.beside("reason"),
    )


async def _choose(tx: Tx, request: Request, form: Choosing) -> UUID:
    sale = await fill.choose(
        tx,
        prescription_id=request.path_params["prescription"],
        seller_id=request.path_params["seller"],
        delivery=form.delivery,
        shown_fen=form.shown_fen,
    )
    return sale.id


def _why(request: Request, refused: Refused) -> str | Refused:
    """Say each law that keeps a drug from going this way, in the reader's words."""
    if not isinstance(refused, CanNotSell):
        return refused
    language = request.state.language
    return " ".join(f"{one.drug} {words(one.code, language)}" for one in refused.findings)


async def _seller(request: Request, form: Filled | None = None) -> Response:
    verb = partial(
        offers_desk.offers,
        prescription_id=request.path_params["prescription"],
        seller_id=request.path_params["seller"],
    )
    return await show(request, "patient/seller.html", verb, form=form)


async def _purchase(request: Request, form: Filled | None = None) -> Response:
    verb = partial(purchase_desk.purchase, sale_id=_sale(request))
    return await show(request, "patient/purchase.html", verb, form=form)


def _sale(request: Request) -> UUID:
    sale_id: UUID = request.path_params["sale"]
    return sale_id


ROUTES = (
    Route(SELLERS, sellers, methods=["GET"]),
    Route(SELLER, seller, methods=["GET"]),
    Route(SELLER, choose, methods=["POST"]),
    Route(PURCHASE, purchase, methods=["GET"]),
    Route(PURCHASE + "/withdraw", withdraw, methods=["POST"]),
)
