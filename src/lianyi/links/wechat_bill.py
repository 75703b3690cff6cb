"""Reads WeChat Pay's trade bill (交易账单): Chinese headings, a backtick before each value.

Source: WeChat Pay API v3, 交易账单文件格式说明, type ALL. Amounts are yuan with two digits.
"""

import csv
import gzip
import hashlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lianyi.kernel.money import to_fen
from lianyi.links.payment import Bill, BillLine
from lianyi.links.wire import Unanswered

ZONE = ZoneInfo("Asia/Shanghai")
AT, PAYEE, TRANSACTION, ORDER = "交易时间", "特约商户号", "微信订单号", "商户订单号"
STATE, REFUND = "交易状态", "商户退款单号"
ORDER_AMOUNT, REFUND_AMOUNT = "订单金额", "申请退款金额"
SUMMARY = "总交易单数"


def read(packed: bytes, digest: str) -> Bill:
    """Return the lines of a bill whose digest the provider has signed.

    :raises Unanswered: when it is broken.
    """
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError) as trouble:
        raise Unanswered from trouble
    if hashlib.sha1(content).hexdigest() != digest.lower():  # noqa: S324 - the provider's choice
        raise Unanswered
    text = content.decode("utf-8-sig")
    return Bill([_line(row) for row in _rows(text)])


def _rows(text: str) -> Iterator[dict[str, str]]:
    for row in csv.DictReader(text.splitlines()):
        if row[AT] == SUMMARY:
            return
        yield {name: value.removeprefix("`") for name, value in row.items()}


def _line(row: dict[str, str]) -> BillLine:
    is_refund = row[STATE] == "REFUND"
    return BillLine(
        at=datetime.fromisoformat(row[AT]).replace(tzinfo=ZONE),
        payee=row[PAYEE],
        order_number=row[ORDER],
        transaction_id=row[TRANSACTION],
        amount_fen=to_fen(Decimal(row[REFUND_AMOUNT] if is_refund else row[ORDER_AMOUNT])),
        refund_number=row[REFUND] if is_refund else "",
    )
