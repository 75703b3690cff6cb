from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.billing import rules
from lianyi.billing.model import (
    Bill,
    BillState,
    Booked,
    DifferenceKind,
    FeeClass,
    Item,
    Line,
    Mismatch,
    Price,
    Subject,
)

NOW = datetime(2030, 1, 7, 4, tzinfo=UTC)
SOMEBODY, HERE = UUID(int=1), UUID(int=2)


def price(unit_price):
    return Price(
        UUID(int=3), HERE, "A", "检查", FeeClass.EXAMINATION, unit_price, NOW, None, SOMEBODY
    )


def bill(*fens, fund_fen=0, refunded=(), due_at=None, state=BillState.OPEN):
    lines = tuple(
        Line("A", "检查", FeeClass.EXAMINATION, Decimal(fen) / 100, Decimal(1), fen) for fen in fens
    )
    return Bill(
        id=UUID(int=4),
        institution_id=HERE,
        person_id=SOMEBODY,
        state=state,
        subject=Subject("order", UUID(int=5)),
        total_fen=sum(fens),
        fund_fen=fund_fen,
        refunded_fen=sum(fens[n - 1] for n in refunded),
        payment_id=None,
        due_at=due_at,
        at=NOW,
        lines=lines,
        refunded_lines=frozenset(refunded),
    )


@pytest.mark.parametrize(
    ("unit_price", "quantity", "fen"),
    [
        pytest.param("25", "1", 2500, id="whole yuan"),
        pytest.param("0.0125", "14", 18, id="17.5 fen are rounded up, once, for the line"),
        pytest.param("18.3333", "2", 3667, id="not twice a rounded price"),
        pytest.param("0", "3", 0, id="free of charge"),
    ],
)
def test_a_line_is_rounded_once_half_up(unit_price, quantity, fen):
    line = rules.line(price(Decimal(unit_price)), Item("A", Decimal(quantity)))
    assert line.fen == fen
    assert (line.label, line.unit_price) == ("检查", Decimal(unit_price))


@pytest.mark.parametrize(
    ("unit_price", "begins", "lasts", "sound"),
    [
        pytest.param("1.2345", 0, None, True, id="four places from now on"),
        pytest.param("1.23456", 0, None, False, id="five places"),
        pytest.param("-1", 0, None, False, id="negative"),
        pytest.param("NaN", 0, None, False, id="not a number"),
        pytest.param("1", -1, None, False, id="in the past"),
        pytest.param("1", 1, 0, False, id="ended before it begins"),
        pytest.param("1", 1, 1, True, id="for a day, from tomorrow"),
    ],
)
def test_a_price_never_begins_in_the_past(unit_price, begins, lasts, sound):
    """CAP-113."""
    start = NOW + timedelta(days=begins)
    end = None if lasts is None else start + timedelta(days=lasts)
    assert rules.is_sound_price(Decimal(unit_price), start, end, NOW) is sound


def test_money_is_taken_until_the_bill_is_due_and_not_at_that_instant():
    """IDN-09."""
    due = bill(100, due_at=NOW)
    assert rules.accepts(due, NOW - timedelta(seconds=1))
    assert not rules.accepts(due, NOW)
    assert not rules.accepts(bill(100, state=BillState.VOID), NOW)
    assert rules.accepts(bill(100), NOW + timedelta(days=400))


def test_a_code_ends_with_the_bill_or_before():
    soon = NOW + timedelta(minutes=120)
    assert rules.code_until(bill(1), NOW, 120) == soon
    assert rules.code_until(bill(1, due_at=NOW + timedelta(minutes=15)), NOW, 120) < soon


amounts = st.integers(min_value=0, max_value=10**9)


@given(st.lists(amounts, min_size=1, max_size=6), st.data())
def test_every_posting_balances_whatever_the_insurer_pays(fens, data):
    total = sum(fens)
    fund, other = (data.draw(st.integers(min_value=0, max_value=total)) for _ in range(2))
    one = bill(*fens, fund_fen=fund)
    for posting in (
        rules.opened(one),
        rules.released(one),
        rules.shared(one, other),
        rules.refund_owed(one.own_fen, fund),
        rules.refund_done(one.own_fen, None),
        rules.refund_done(one.own_fen, HERE),
    ):
        assert sum(e.debit_fen - e.credit_fen for e in posting) == 0
        assert all((e.debit_fen > 0) != (e.credit_fen > 0) for e in posting)


@given(st.lists(amounts, min_size=1, max_size=6), st.data())
def test_lines_given_back_one_by_one_sum_to_what_was_paid(fens, data):
    numbers = data.draw(st.permutations(range(1, len(fens) + 1)))
    back = [
        rules.cost_of(bill(*fens, refunded=numbers[:n]), frozenset({number}))
        for n, number in enumerate(numbers)
    ]
    assert sum(back) == sum(fens)


ROW = {n: UUID(int=n) for n in range(1, 5)}


def test_two_books_are_compared_row_by_row():
    """CAP-115."""
    ours = [Booked(ROW[1], "t1", 100), Booked(ROW[2], "t2", 200), Booked(ROW[3], "t3", -50)]
    theirs = [Booked(ROW[1], "t1", 100), Booked(ROW[2], "t2", 201), Booked(ROW[4], "t4", 7)]
    assert set(rules.compare(ours, theirs)) == {
        Mismatch(DifferenceKind.AMOUNT, ROW[2], "t2", 200, 201),
        Mismatch(DifferenceKind.MISSING_THERE, ROW[3], "t3", -50, 0),
        Mismatch(DifferenceKind.MISSING_HERE, ROW[4], "t4", 0, 7),
    }
    assert list(rules.compare(ours, ours)) == []
