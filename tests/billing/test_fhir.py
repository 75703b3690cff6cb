from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from lianyi.billing import fhir
from lianyi.billing.model import BillState, Channel, Payment, PaymentState
from lianyi.records.rules import validity
from lianyi.records.service import prepare
from tests.billing.test_rules import HERE, NOW, SOMEBODY, bill

PAYMENT = Payment(
    id=UUID(int=6),
    bill_id=UUID(int=4),
    institution_id=HERE,
    person_id=SOMEBODY,
    state=PaymentState.PAID,
    channel=Channel.WECHAT,
    fen=6167,
    at=NOW,
    expires_at=NOW,
    code_url="",
    provider_id="4200001",
    paid_at=datetime(2030, 1, 7, 4, 1, tzinfo=UTC),
    drawer_id=None,
)
needs_definitions = pytest.mark.skipif(
    not validity.is_built(), reason="the FHIR definitions have not been built (make setup)"
)


def test_a_bill_says_what_is_owed_and_what_the_insurer_pays():
    invoice = fhir.invoice(bill(2500, 3667, fund_fen=1000))
    assert invoice["totalGross"] == {"value": Decimal("61.67"), "currency": "CNY"}
    assert invoice["totalNet"]["value"] == Decimal("51.67")
    assert invoice["totalPriceComponent"][0]["amount"]["value"] == Decimal("10.00")
    assert [line["priceComponent"][0]["amount"]["value"] for line in invoice["lineItem"]] == [
        Decimal("25.00"),
        Decimal("36.67"),
    ]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (BillState.OPEN, "issued"),
        (BillState.PAID, "balanced"),
        (BillState.PARTLY_REFUNDED, "balanced"),
        (BillState.REFUNDED, "cancelled"),
        (BillState.VOID, "cancelled"),
        (BillState.LAPSED, "cancelled"),
    ],
)
def test_a_bill_that_is_over_says_why(state, status):
    invoice = fhir.invoice(bill(100, state=state))
    assert invoice["status"] == status
    assert ("cancelledReason" in invoice) == (status == "cancelled")


@needs_definitions
@pytest.mark.parametrize(
    "resource",
    [
        fhir.invoice(bill(2500, 3667, fund_fen=1000)),
        fhir.invoice(bill(0, state=BillState.LAPSED)),
        fhir.payment_notice(PAYMENT),
        fhir.payment_notice(
            replace(PAYMENT, channel=Channel.CASH, provider_id=None, drawer_id=HERE)
        ),
    ],
    ids=["invoice", "lapsed", "online", "cash"],
)
def test_what_leaves_is_valid_fhir(resource):
    owner = SOMEBODY if resource["resourceType"] == "Invoice" else HERE
    zone = NOW.tzinfo
    assert prepare(resource, owner=owner, holder_id=HERE, zone=zone)
