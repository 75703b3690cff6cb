"""Bills as FHIR R4 Invoice, payments as PaymentNotice. Amounts are yuan with two places."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lianyi.billing.model import Bill, BillState, Line, Payment

ITEM = "urn:lianyi:price-list-item"
FEE_CLASS = "urn:lianyi:fee-class"
SUBJECT = "urn:lianyi:bill-subject"
PAYMENT = "urn:lianyi:payment"
PAYMENT_STATUS = "http://terminology.hl7.org/CodeSystem/paymentstatus"
CURRENCY = "CNY"
STATUS: Mapping[BillState, str] = {
    BillState.OPEN: "issued",
    BillState.PAID: "balanced",
    BillState.PARTLY_REFUNDED: "balanced",
    BillState.REFUNDED: "cancelled",
    BillState.VOID: "cancelled",
    BillState.LAPSED: "cancelled",
}


def invoice(bill: Bill) -> dict[str, Any]:
    status = STATUS[bill.state]
    resource: dict[str, Any] = {
        "resourceType": "Invoice",
        "id": str(bill.id),
        "identifier": [{"system": f"{SUBJECT}:{bill.subject.type}", "value": str(bill.subject.id)}],
        "status": status,
        "subject": {"reference": f"Patient/{bill.person_id}"},
        "recipient": {"reference": f"Patient/{bill.person_id}"},
        "date": bill.at.isoformat(),
        "issuer": {"reference": f"Organization/{bill.institution_id}"},
        "lineItem": [_line(number, line) for number, line in enumerate(bill.lines, start=1)],
        "totalNet": _money(bill.own_fen),
        "totalGross": _money(bill.total_fen),
    }
    if bill.fund_fen:
        fund = {"type": "deduction", "code": {"text": "医保支付"}, "amount": _money(bill.fund_fen)}
        resource["totalPriceComponent"] = [fund]
    if status == "cancelled":
        resource["cancelledReason"] = bill.state.value
    return resource


def payment_notice(payment: Payment) -> dict[str, Any]:
    """Return the notice of a payment that has arrived."""
    payee = {"reference": f"Organization/{payment.institution_id}"}
    resource: dict[str, Any] = {
        "resourceType": "PaymentNotice",
        "id": str(payment.id),
        "status": "active",
        "request": {"reference": f"Invoice/{payment.bill_id}"},
        "created": (payment.paid_at or payment.at).isoformat(),
        "payment": {"identifier": {"system": PAYMENT, "value": str(payment.id)}},
        "payee": payee,
        "recipient": payee,
        "amount": _money(payment.fen),
        "paymentStatus": {"coding": [{"system": PAYMENT_STATUS, "code": "paid"}]},
    }
    if payment.provider_id:
        number = {"system": f"{PAYMENT}:{payment.channel}", "value": payment.provider_id}
        resource["identifier"] = [number]
    return resource


def _line(number: int, line: Line) -> dict[str, Any]:
    coding = [
        {"system": ITEM, "code": line.code, "display": line.label},
        {"system": FEE_CLASS, "code": line.fee_class.value},
    ]
    price = {"type": "base", "factor": line.quantity, "amount": _money(line.fen)}
    return {
        "sequence": number,
        "chargeItemCodeableConcept": {"coding": coding, "text": line.label},
        "priceComponent": [price],
    }


def _money(fen: int) -> dict[str, Any]:
    return {"value": Decimal(fen).scaleb(-2), "currency": CURRENCY}
