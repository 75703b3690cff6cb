"""A payment provider (支付平台) that speaks WeChat Pay's API v3 in partner mode.

/v3/...                 orders, refunds, bills, certificates; signed both ways
GET /demo/pay/{code}    what a payer's phone shows after scanning; POST pays
"""

from lianyi.links.simulators.payment.provider import app

__all__ = ["app"]
