"""The provider's interface: every request is checked, every answer signed."""

import gzip
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import date
from html import escape
from http import HTTPStatus
from sqlite3 import Row
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lianyi.kernel.config import Config
from lianyi.links.simulators.machine import Machine, answer
from lianyi.links.simulators.payment import bill, ledger, seals
from lianyi.links.simulators.payment.ledger import Ledger, OrderRequest, RefundRequest, Refusal
from lianyi.links.simulators.payment.notices import Notices, PaymentFaults
from lianyi.links.wechat import CERTIFICATES, Merchant

MCHID, APPID = "1900000100", "wx00000000000demo"
TRADES, REFUNDS = "/v3/pay/partner/transactions", "/v3/refund/domestic/refunds"
JSON = "application/json; charset=utf-8"
Act = Callable[[Request, bytes], object]
T = TypeVar("T")


def app(config: Config) -> ASGIApp:
    return Provider(Machine(config, "payment", ledger.SCHEMA, PaymentFaults())).app()


class Provider:
    def __init__(self, machine: Machine[PaymentFaults]) -> None:
        self._machine = machine
        self._seals = seals.load(machine.home / "keys")
        self._ledger = Ledger(machine.books, machine.now)
        self._notices = Notices(machine, self._seals)
        self._give_papers()

    def _give_papers(self) -> None:
        merchant = self._seals.merchant
        folder = self._machine.customer / CERTIFICATES
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{self._seals.platform.serial}.pem").write_text(self._seals.platform.pem)
        self._machine.give(
            Merchant(MCHID, APPID, merchant.serial, merchant.key_pem, self._seals.apiv3_key)
        )

    def app(self) -> ASGIApp:
        number = TRADES + "/out-trade-no/{number}"
        return self._machine.app(
            signed=[
                Route("/v3/certificates", self._signed(self._certificates)),
                Route(f"{TRADES}/native", self._signed(self._order), methods=["POST"]),
                Route(number, self._signed(self._query)),
                Route(f"{number}/close", self._signed(self._close), methods=["POST"]),
                Route(REFUNDS, self._signed(self._refund), methods=["POST"]),
                Route(REFUNDS + "/{number}", self._signed(self._query_refund)),
                Route("/v3/bill/tradebill", self._signed(self._bill)),
                Route("/v3/billdownload/file", self._signed(self._download)),
            ],
            demo=[
                Route("/demo/pay/{code}", self._pay, methods=["GET", "POST"]),
                Route("/demo/refunds/finish", self._finish_refunds, methods=["POST"]),
            ],
            work=self._notices.work,
        )

    def _signed(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that hears only our merchant and signs what it says."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                self._check(request, body)
                said = act(request, body)
                status = HTTPStatus.NO_CONTENT if said is None else HTTPStatus.OK
            except Refusal as refusal:
                said = {"code": refusal.code, "message": refusal.message}
                status = refusal.status
            return self._say(said, status)

        return endpoint

    def _check(self, request: Request, body: bytes) -> None:
        header, query = request.headers.get("authorization", ""), request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        if not self._seals.is_from_merchant(MCHID, header, request.method, target, body.decode()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "SIGN_ERROR", "签名错误")
        if self._machine.goes_wrong("refuse"):
            raise Refusal(HTTPStatus.FORBIDDEN, "RULE_LIMIT", "业务规则限制")

    def _say(self, said: object, status: HTTPStatus) -> Response:
        if isinstance(said, bytes):
            return Response(said, status, media_type="application/octet-stream")
        body = b"" if said is None else msgspec.json.encode(said)
        return Response(body, status, self._seals.headers(body), JSON if body else None)

    def _certificates(self, _request: Request, _body: bytes) -> object:
        return {"data": [seals.describe(self._seals.platform, self._seals)]}

    def _order(self, _request: Request, body: bytes) -> object:
        trade = self._ledger.order(_read(body, OrderRequest))
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={trade['prepay']}"}

    def _query(self, request: Request, _body: bytes) -> object:
        trade = self._ledger.trade(
            request.path_params["number"], request.query_params.get("sub_mchid", "")
        )
        given_back = self._ledger.given_back(trade["number"])
        return ledger.transaction(trade, MCHID, given_back=given_back)

    def _close(self, request: Request, body: bytes) -> None:
        payee = _read(body, dict[str, str]).get("sub_mchid", "")
        self._ledger.close(request.path_params["number"], payee)

    def _refund(self, _request: Request, body: bytes) -> object:
        asked = _read(body, RefundRequest)
        slow = self._machine.goes_wrong("slow_refund")
        refund = self._ledger.refund(asked, slow=slow, notify=self._owe_refund)
        return ledger.refund(refund)

    def _query_refund(self, request: Request, _body: bytes) -> object:
        payee = request.query_params.get("sub_mchid", "")
        return ledger.refund(self._ledger.refunded(request.path_params["number"], payee))

    def _bill(self, request: Request, _body: bytes) -> object:
        asked = request.query_params
        day, payee = date.fromisoformat(asked["bill_date"]), asked.get("sub_mchid", "")
        text = bill.write(self._machine.books, day, payee, mchid=MCHID, appid=APPID)
        if text is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "NO_STATEMENT_EXIST", "账单文件不存在")
        token, content = secrets.token_urlsafe(16), text.encode("utf-8-sig")
        self._machine.books.run("INSERT INTO bill VALUES (?, ?)", token, gzip.compress(content))
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(content).hexdigest(),  # noqa: S324 - as the real one
            "download_url": f"{request.base_url}v3/billdownload/file?token={token}",
        }

    def _download(self, request: Request, _body: bytes) -> object:
        token = request.query_params.get("token", "")
        row = self._machine.books.one("SELECT content FROM bill WHERE token = ?", token)
        if row is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NO_STATEMENT_EXIST", "账单文件不存在")
        return bytes(row["content"])

    async def _pay(self, request: Request) -> Response:
        """Show the order to the payer's phone, or let the payer pay it."""
        code = request.path_params["code"]
        try:
            if request.method == "GET":
                return _page(self._ledger.scan(code))
            if self._machine.goes_wrong("refuse_payer"):
                raise Refusal(HTTPStatus.PAYMENT_REQUIRED, "NOT_ENOUGH", "余额不足")
            trade = self._ledger.pay(code, self._owe_payment)
        except Refusal as refusal:
            return answer({"code": refusal.code, "message": refusal.message}, refusal.status)
        wants_page = "text/html" in request.headers.get("accept", "")
        return _page(trade) if wants_page else answer(ledger.transaction(trade, MCHID))

    def _owe_payment(self, trade: Row) -> None:
        told = ledger.transaction(trade, MCHID)
        self._notices.owe(trade["notify_url"], "TRANSACTION.SUCCESS", told)

    def _owe_refund(self, refund: Row) -> None:
        told = ledger.refund_notice(refund, MCHID)
        self._notices.owe(refund["notify_url"], "REFUND.SUCCESS", told)

    async def _finish_refunds(self, _request: Request) -> Response:
        return answer({"refunds": self._ledger.finish_refunds(self._owe_refund)})


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as trouble:
        raise Refusal(HTTPStatus.BAD_REQUEST, "PARAM_ERROR", "参数错误") from trouble


PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>支付（演示）</title><main style="font:18px/1.6 sans-serif;max-width:24em;margin:3em auto">
<p>演示支付平台，不涉及真实资金。</p><h1>{title}</h1>
<p>收款方 {payee}</p><p style="font-size:2em">¥{yuan}</p>{rest}</main></html>"""
BUTTON = (
    '<form method="post"><button style="font:inherit;padding:.6em 2em">确认支付</button></form>'
)
STATES = {"NOTPAY": BUTTON, "SUCCESS": "<p>已支付</p>", "CLOSED": "<p>订单已关闭</p>"}


def _page(trade: Row) -> HTMLResponse:
    yuan = bill.yuan(trade["total"])
    title, payee = escape(trade["title"]), escape(trade["payee"])
    return HTMLResponse(
        PAGE.format(title=title, payee=payee, yuan=yuan, rest=STATES[trade["state"]])
    )
