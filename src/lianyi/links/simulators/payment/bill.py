"""Writes a payee's day as WeChat Pay does (交易账单).

A payment belongs to the day it was paid, a refund to the day it was accepted.
Source: WeChat Pay API v3, 交易账单文件格式说明, type ALL.
"""

from datetime import date
from decimal import Decimal
from sqlite3 import Row

from lianyi.links.simulators.books import Books

HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,"
    "退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
MOVEMENTS = """
SELECT number, payee, transaction_id, title, paid_at AS at, total AS amount, '' AS refund_id,
  '' AS refund, '' AS status
FROM trade WHERE state = 'SUCCESS' AND payee = :payee AND substr(paid_at, 1, 10) = :day
UNION ALL
SELECT trade.number, payee, transaction_id, title, at, amount, refund.id, refund.number, status
FROM refund JOIN trade ON trade.number = refund.trade
WHERE payee = :payee AND substr(at, 1, 10) = :day
ORDER BY at
"""
NOTHING = "0.00"


def write(books: Books, day: date, payee: str, *, mchid: str, appid: str) -> str | None:
    """Return the bill, or None for a day on which nothing moved."""
    rows = books.all(MOVEMENTS, payee=payee, day=day.isoformat())
    if not rows:
        return None
    lines = [_line(_values(row, mchid, appid)) for row in rows]
    return "\n".join([HEADINGS, *lines, TOTALS, _line(_totals(rows)), ""])


def _values(row: Row, mchid: str, appid: str) -> list[str]:
    amount, is_refund = yuan(row["amount"]), bool(row["refund"])
    paid, back = (NOTHING, amount) if is_refund else (amount, NOTHING)
    who = [row["at"][:19].replace("T", " "), appid, mchid, row["payee"], ""]
    trade = [row["transaction_id"], row["number"], "demo-payer", "NATIVE"]
    money = ["REFUND" if is_refund else "SUCCESS", "OTHERS", "CNY", paid, NOTHING]
    kind = "ORIGINAL" if is_refund else ""
    refund = [row["refund_id"], row["refund"], back, NOTHING, kind, row["status"]]
    rest = [row["title"].replace(",", "，"), "", "0.00000", "0.00%", paid, back, ""]
    return [*who, *trade, *money, *refund, *rest]


def _totals(rows: list[Row]) -> list[str]:
    paid = yuan(sum(row["amount"] for row in rows if not row["refund"]))
    back = yuan(sum(row["amount"] for row in rows if row["refund"]))
    return [str(len(rows)), paid, back, NOTHING, "0.00000", paid, back]


def _line(values: list[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def yuan(fen: int) -> str:
    return str(Decimal(fen).scaleb(-2))
