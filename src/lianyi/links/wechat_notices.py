"""Reads what WeChat Pay tells us unasked: signed by its certificate, sealed with our APIv3 key.

A notification only says that it is worth looking; it can be late, doubled or lost. It needs no
network to be read, so a face may do it before it answers.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from lianyi.links import wire
from lianyi.links.payment import Forged, Paid, Refunded
from lianyi.links.wechat import CERTIFICATES, Merchant
from lianyi.links.wechat_words import RefundNotice, Transaction, paid, refund_notice

FRESH = timedelta(minutes=5)  # older ones may be replays (WeChat Pay API v3, 签名验证)
ALGORITHM = "WECHATPAY2-SHA256-RSA2048"


class Resource(msgspec.Struct, frozen=True):
    ciphertext: str
    nonce: str
    associated_data: str = ""


class Envelope(msgspec.Struct, frozen=True):
    event_type: str
    resource: Resource


class Notices:
    def __init__(self, papers: Path, real: Callable[[], datetime]) -> None:
        self._papers = papers
        self._real = real

    def read(self, headers: Mapping[str, str], body: bytes) -> Paid | Refunded:
        """Return what has happened. Header names are in lower case.

        :raises Forged: not signed by the provider, changed, too old, or not sealed for us.
        :raises OSError: while the provider's papers are not there.
        """
        self._check(headers, body)
        try:
            envelope = msgspec.json.decode(body, type=Envelope)
            return _opened(envelope, wire.papers(self._papers, Merchant))
        except (msgspec.DecodeError, ValueError) as trouble:
            raise Forged from trouble

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Refuse what WeChat Pay has not signed in the last minutes."""
        from wechatpayv3.utils import load_certificate, rsa_verify

        at, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        serial = headers.get("wechatpay-serial", "")
        if headers.get("wechatpay-signature-type", ALGORITHM) != ALGORITHM:
            raise Forged
        if not at.isdecimal() or abs(self._real().timestamp() - int(at)) > FRESH.total_seconds():
            raise Forged
        if not serial.isalnum() or not self._certificate(serial).exists():
            raise Forged
        certificate = load_certificate(self._certificate(serial).read_text("utf-8"))
        text, signature = body.decode(errors="replace"), headers.get("wechatpay-signature", "")
        if not rsa_verify(at, nonce, text, signature, certificate.public_key()):
            raise Forged

    def _certificate(self, serial: str) -> Path:
        return self._papers / CERTIFICATES / f"{serial}.pem"


def _opened(envelope: Envelope, merchant: Merchant) -> Paid | Refunded:
    from wechatpayv3.utils import aes_decrypt

    sealed = envelope.resource
    opened = aes_decrypt(
        sealed.nonce, sealed.ciphertext, sealed.associated_data, merchant.apiv3_key
    )
    if opened is None:
        raise Forged
    if envelope.event_type.startswith("REFUND."):
        return refund_notice(msgspec.json.decode(opened, type=RefundNotice))
    transaction = msgspec.json.decode(opened, type=Transaction)
    if transaction.sp_mchid != merchant.mchid:
        raise Forged
    return paid(transaction)
