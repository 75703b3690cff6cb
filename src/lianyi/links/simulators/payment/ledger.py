"""The provider's books: orders are paid once, refunds never exceed what was paid.

Refusals carry WeChat Pay's own status and code (API v3, 公共错误码 and those of each interface).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from sqlite3 import Row
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from lianyi.links.simulators.books import Books

SCHEMA = """
CREATE TABLE IF NOT EXISTS trade (
  number TEXT PRIMARY KEY, payee TEXT NOT NULL, total INTEGER NOT NULL CHECK (total > 0),
  prepay TEXT UNIQUE NOT NULL, title TEXT NOT NULL,
  notify_url TEXT NOT NULL, expires_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'NOTPAY' CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED')),
  transaction_id TEXT UNIQUE, paid_at TEXT, CHECK ((state = 'SUCCESS') = (paid_at IS NOT NULL)));
CREATE TABLE IF NOT EXISTS refund (
  number TEXT PRIMARY KEY, trade TEXT NOT NULL REFERENCES trade, id TEXT UNIQUE NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0), notify_url TEXT NOT NULL, status TEXT NOT NULL,
  at TEXT NOT NULL, returned_at TEXT);
CREATE INDEX IF NOT EXISTS refund_trade ON refund (trade);
CREATE TABLE IF NOT EXISTS bill (token TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notice (
  id TEXT PRIMARY KEY, url TEXT NOT NULL, event TEXT NOT NULL, resource TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, heard INTEGER NOT NULL DEFAULT 0)
"""
REFUNDED = """
SELECT refund.*, payee, total, transaction_id FROM refund, trade WHERE trade.number = trade
"""
ZONE = ZoneInfo("Asia/Shanghai")
NUMBER = r"^[0-9A-Za-z_\-|*]{6,32}$"


class Refusal(Exception):
    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class OrderAmount(msgspec.Struct, frozen=True):
    total: Annotated[int, Meta(gt=0)]
    currency: str = "CNY"


class OrderRequest(msgspec.Struct, frozen=True):
    sp_mchid: str
    sub_mchid: Annotated[str, Meta(pattern=r"^\d{8,10}$")]
    out_trade_no: Annotated[str, Meta(pattern=NUMBER)]
    description: Annotated[str, Meta(min_length=1, max_length=127)]
    time_expire: datetime
    notify_url: str
    amount: OrderAmount


class RefundAmount(msgspec.Struct, frozen=True):
    refund: Annotated[int, Meta(gt=0)]
    total: int
    currency: str


class RefundRequest(msgspec.Struct, frozen=True):
    sub_mchid: str
    out_trade_no: str
    out_refund_no: Annotated[str, Meta(pattern=NUMBER)]
    amount: RefundAmount
    reason: Annotated[str, Meta(max_length=80)] = ""
    notify_url: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    books: Books
    now: Callable[[], datetime]

    def order(self, asked: OrderRequest) -> Row:
        """Return the order, a new one or the one that was made by the same request before."""
        self.books.run(
            "INSERT OR IGNORE INTO trade (number, payee, total, prepay, title, notify_url,"
            " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            asked.out_trade_no,
            asked.sub_mchid,
            asked.amount.total,
            secrets.token_urlsafe(12),
            asked.description,
            asked.notify_url,
            _text(asked.time_expire),
        )
        trade = self.trade(asked.out_trade_no, asked.sub_mchid)
        if (trade["total"], trade["title"]) != (asked.amount.total, asked.description):
            raise Refusal(HTTPStatus.FORBIDDEN, "OUT_TRADE_NO_USED", "商户订单号重复")
        if trade["state"] == "SUCCESS":
            raise Refusal(HTTPStatus.BAD_REQUEST, "ORDERPAID", "该订单已支付")
        if trade["state"] == "CLOSED":
            raise Refusal(HTTPStatus.BAD_REQUEST, "ORDER_CLOSED", "该订单已关闭")
        return trade

    def trade(self, number: str, payee: str) -> Row:
        """Return an order of this payee's; one whose time has run out is closed first."""
        self._expire(number)
        trade = self.books.one("SELECT * FROM trade WHERE number = ?", number)
        if trade is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在")
        if trade["payee"] != payee:
            raise Refusal(HTTPStatus.FORBIDDEN, "OUT_TRADE_NO_USED", "订单号属于其他商户")
        return trade

    def _expire(self, number: str) -> None:
        self.books.run(
            "UPDATE trade SET state = 'CLOSED' WHERE number = ? AND state = 'NOTPAY'"
            " AND expires_at <= ?",
            number,
            _text(self.now()),
        )

    def scan(self, code: str) -> Row:
        """Return the order that a payer's phone has scanned, or that is known by its number."""
        found = self.books.one(
            "SELECT number, payee FROM trade WHERE prepay = ? OR number = ?", code, code
        )
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在")
        return self.trade(found["number"], found["payee"])

    def pay(self, code: str, notify: Callable[[Row], None]) -> Row:
        """Take the payer's money, once, and owe the merchant a notification."""
        trade = self.scan(code)
        if trade["state"] != "NOTPAY":
            raise Refusal(HTTPStatus.CONFLICT, str(trade["state"]), "订单已支付或已关闭")
        with self.books.together():
            self.books.run(
                "UPDATE trade SET state = 'SUCCESS', transaction_id = ?, paid_at = ?"
                " WHERE number = ?",
                f"42{secrets.randbelow(10**26):026d}",
                self._at(),
                trade["number"],
            )
            paid = self.trade(trade["number"], trade["payee"])
            notify(paid)
        return paid

    def close(self, number: str, payee: str) -> None:
        if self.trade(number, payee)["state"] == "SUCCESS":
            raise Refusal(HTTPStatus.BAD_REQUEST, "ORDERPAID", "该订单已支付")
        self.books.run("UPDATE trade SET state = 'CLOSED' WHERE number = ?", number)

    def refund(self, asked: RefundRequest, *, slow: bool, notify: Callable[[Row], None]) -> Row:
        """Give money back, once a number, and never more than was paid."""
        trade = self.trade(asked.out_trade_no, asked.sub_mchid)
        known = self.books.one("SELECT * FROM refund WHERE number = ?", asked.out_refund_no)
        if known is None:
            self._check_refund(trade, asked)
            with self.books.together():
                self._keep_refund(asked, slow=slow)
                if not slow:
                    notify(self.refunded(asked.out_refund_no, asked.sub_mchid))
        elif (known["trade"], known["amount"]) != (asked.out_trade_no, asked.amount.refund):
            raise Refusal(HTTPStatus.BAD_REQUEST, "PARAM_ERROR", "退款单号重复且参数不一致")
        return self.refunded(asked.out_refund_no, asked.sub_mchid)

    def _check_refund(self, trade: Row, asked: RefundRequest) -> None:
        if trade["state"] != "SUCCESS" or asked.amount.total != trade["total"]:
            raise Refusal(HTTPStatus.BAD_REQUEST, "INVALID_REQUEST", "订单未支付或金额不一致")
        if asked.amount.refund > trade["total"] - self.given_back(trade["number"]):
            raise Refusal(HTTPStatus.BAD_REQUEST, "INVALID_REQUEST", "退款金额大于可退金额")

    def given_back(self, number: str) -> int:
        row = self.books.one(
            "SELECT coalesce(sum(amount), 0) AS fen FROM refund WHERE trade = ?", number
        )
        return 0 if row is None else int(row["fen"])

    def _keep_refund(self, asked: RefundRequest, *, slow: bool) -> None:
        self.books.run(
            "INSERT INTO refund VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            asked.out_refund_no,
            asked.out_trade_no,
            f"50{secrets.randbelow(10**26):026d}",
            asked.amount.refund,
            asked.notify_url,
            "PROCESSING" if slow else "SUCCESS",
            self._at(),
            None if slow else self._at(),
        )

    def refunded(self, number: str, payee: str) -> Row:
        row = self.books.one(f"{REFUNDED} AND refund.number = ? AND payee = ?", number, payee)
        if row is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return row

    def finish_refunds(self, notify: Callable[[Row], None]) -> int:
        """Let the money of slow refunds arrive; return how many there were."""
        slow = self.books.all(f"{REFUNDED} AND status = 'PROCESSING'")
        with self.books.together():
            for row in slow:
                self.books.run(
                    "UPDATE refund SET status = 'SUCCESS', returned_at = ? WHERE number = ?",
                    self._at(),
                    row["number"],
                )
                notify(self.refunded(row["number"], row["payee"]))
        return len(slow)

    def _at(self) -> str:
        return _text(self.now())


def _text(at: datetime) -> str:
    """Return an instant as the provider writes it, so that text sorts as time does."""
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def transaction(trade: Row, mchid: str, *, given_back: int = 0) -> dict[str, Any]:
    """Return an order as a query and a notification tell it."""
    told: dict[str, Any] = {
        "sp_mchid": mchid,
        "sub_mchid": trade["payee"],
        "out_trade_no": trade["number"],
        "trade_state": "REFUND" if given_back else trade["state"],
        "trade_type": "NATIVE",
        "amount": {"total": trade["total"], "currency": "CNY"},
    }
    if trade["state"] == "SUCCESS":
        told |= {
            "transaction_id": trade["transaction_id"],
            "success_time": trade["paid_at"],
            "bank_type": "OTHERS",
            "payer": {"sp_openid": "demo-payer"},
        }
    return told


def refund(row: Row) -> dict[str, Any]:
    """Return a refund as an answer tells it."""
    told = {
        "refund_id": row["id"],
        "out_refund_no": row["number"],
        "transaction_id": row["transaction_id"],
        "out_trade_no": row["trade"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": row["at"],
        "status": row["status"],
        "amount": {"total": row["total"], "refund": row["amount"], "currency": "CNY"},
    }
    return told | ({"success_time": row["returned_at"]} if row["returned_at"] else {})


def refund_notice(row: Row, mchid: str) -> Mapping[str, Any]:
    """Return the same as a notification tells it."""
    told = refund(row)
    told["refund_status"] = told.pop("status")
    return told | {"sp_mchid": mchid, "sub_mchid": row["payee"]}
