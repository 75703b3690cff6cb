"""Payments through WeChat Pay (微信支付) API v3, as a service provider for many payees (服务商).

Source: WeChat Pay merchant documentation, partner mode: Native order, query, close, refund, trade
bill. The library `wechatpayv3` signs requests and verifies answers. It blocks, so each call
runs in a thread.
"""

import asyncio
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from lianyi.kernel.errand import Answer, Outcome
from lianyi.links import wechat_bill, wechat_words, wire
from lianyi.links.payment import Order, Refund, State

PROVIDER_ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE = (3.0, 10.0)  # seconds to connect, to read
CURRENCY = "CNY"
CERTIFICATES = "certificates"
OUTCOMES: Mapping[State, Outcome] = {
    State.PAID: Outcome.YES,
    State.REFUNDED: Outcome.YES,
    State.WAITING: Outcome.UNKNOWN,
    State.PAYING: Outcome.UNKNOWN,
    State.RETURNING: Outcome.UNKNOWN,
    State.CLOSED: Outcome.NO,
    State.REVOKED: Outcome.NO,
    State.FAILED: Outcome.NO,
    State.STUCK: Outcome.NO,
}


class Merchant(msgspec.Struct, frozen=True):
    """What WeChat Pay gives a service provider; its own certificates lie beside as files."""

    mchid: str
    appid: str
    cert_serial_no: str
    private_key: str
    apiv3_key: str


class Trouble(msgspec.Struct, frozen=True):
    code: str


class BillPlace(msgspec.Struct, frozen=True):
    download_url: str
    hash_value: str


class WechatPayments:
    def __init__(
        self, url: str, papers: Path, notify_url: str, patience: tuple[float, float] = PATIENCE
    ) -> None:
        self._url = url
        self._papers = papers
        self._notify_url = notify_url
        self._patience = patience
        self._desk: Any = None

    async def order(self, key: UUID, order: Order) -> Answer:
        expires_at = order.expires_at.astimezone(PROVIDER_ZONE)
        status, body = await self._call(
            "pay",
            description=order.title,
            out_trade_no=key.hex,
            amount={"total": order.amount_fen, "currency": CURRENCY},
            time_expire=expires_at.isoformat(timespec="seconds"),
            sub_mchid=order.payee,
        )
        if status == HTTPStatus.OK:
            return Answer(Outcome.YES, wire.read(body, dict[str, str]))
        refusal = _refusal(body)
        paid = refusal.body["code"] == "ORDERPAID"
        return (await self.ask(key, order.payee) or refusal) if paid else refusal

    async def ask(self, key: UUID, payee: str) -> Answer | None:
        status, body = await self._call("query", out_trade_no=key.hex, sub_mchid=payee)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            return _refusal(body)
        paid = wechat_words.paid(wire.read(body, wechat_words.Transaction))
        return Answer(OUTCOMES[paid.state], msgspec.to_builtins(paid))

    async def close(self, order_key: UUID, payee: str) -> Answer:
        status, body = await self._call("close", out_trade_no=order_key.hex, sub_mchid=payee)
        return Answer(Outcome.YES) if status == HTTPStatus.NO_CONTENT else _refusal(body)

    async def refund(self, key: UUID, refund: Refund) -> Answer:
        amount = {"refund": refund.amount_fen, "total": refund.total_fen, "currency": CURRENCY}
        status, body = await self._call(
            "refund",
            out_refund_no=key.hex,
            out_trade_no=refund.order_key.hex,
            amount=amount,
            reason=refund.reason,
            sub_mchid=refund.payee,
        )
        return _refunded(body, refund.payee) if status == HTTPStatus.OK else _refusal(body)

    async def ask_refund(self, key: UUID, payee: str) -> Answer | None:
        status, body = await self._call("query_refund", out_refund_no=key.hex, sub_mchid=payee)
        if status == HTTPStatus.NOT_FOUND:
            return None
        return _refunded(body, payee) if status == HTTPStatus.OK else _refusal(body)

    async def bill(self, day: date, payee: str) -> Answer:
        status, body = await self._call("trade_bill", bill_date=day.isoformat(), sub_mchid=payee)
        if status != HTTPStatus.OK:
            return _no_bill(_refusal(body))
        place = wire.read(body, BillPlace)
        status, packed = await self._call("download_bill", url=place.download_url)
        if status != HTTPStatus.OK:
            return _refusal(packed)
        bill = wechat_bill.read(packed, place.hash_value)
        return Answer(Outcome.YES, msgspec.to_builtins(bill))

    async def _call(self, verb: str, **values: object) -> tuple[int, Any]:
        """Return the status and the body, whose signature the library has verified.

        :raises OSError: the library's own troubles of the network are OSErrors already.
        """
        return await asyncio.to_thread(self._speak, verb, values)

    def _speak(self, verb: str, values: Mapping[str, object]) -> tuple[int, Any]:
        self._desk = self._desk or _desk(self._url, self._papers, self._notify_url, self._patience)
        try:
            status, body = getattr(self._desk, verb)(**values)
        except OSError:
            raise
        except Exception as trouble:  # the library has no class for an answer with a bad signature
            raise wire.Unanswered from trouble
        busy = status == HTTPStatus.TOO_MANY_REQUESTS
        if busy or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise wire.Unanswered
        return status, body


def _desk(url: str, papers: Path, notify_url: str, patience: tuple[float, float]) -> Any:  # noqa: ANN401 - the library has no types
    """Return the library's client, pointed at our address.

    The library knows one address and has no setting for it: this is the only place where we
    reach into it. Its platform certificates come from files, so making it asks nobody.
    """
    from wechatpayv3 import WeChatPay, WeChatPayType

    merchant = wire.papers(papers, Merchant)
    desk = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=merchant.mchid,
        private_key=merchant.private_key,
        cert_serial_no=merchant.cert_serial_no,
        appid=merchant.appid,
        apiv3_key=merchant.apiv3_key,
        notify_url=notify_url,
        cert_dir=str(papers / CERTIFICATES),
        partner_mode=True,
        proxy={"http": ""},  # plain HTTP is loopback's and never goes by a proxy
        timeout=patience,
    )
    desk._core._gate_way = url.rstrip("/")  # noqa: SLF001 - see above
    return desk


def _refusal(body: bytes | str) -> Answer:
    return Answer(Outcome.NO, {"code": wire.read(body, Trouble).code})


def _refunded(body: bytes | str, payee: str) -> Answer:
    refunded = wechat_words.refunded(wire.read(body, wechat_words.RefundAnswer), payee)
    return Answer(OUTCOMES[refunded.state], msgspec.to_builtins(refunded))


def _no_bill(refusal: Answer) -> Answer:
    """Tell a day on which nothing moved from a bill that isn't written yet."""
    match refusal.body["code"]:
        case "NO_STATEMENT_EXIST":
            return Answer(Outcome.YES, {"lines": []})
        case "STATEMENT_CREATING":
            return Answer(Outcome.UNKNOWN)
    return refusal
