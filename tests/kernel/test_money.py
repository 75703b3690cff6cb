from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.kernel import money


@pytest.mark.parametrize(
    ("price", "quantity", "fen"),
    [("12.345", 1, 1235), ("0.0349", 100, 349), ("9.80", 28, 27440), ("0.004", 1, 0)],
)
def test_a_line_is_rounded_once_half_up(price, quantity, fen):
    assert money.amount(Decimal(price), quantity) == fen


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_parts_sum_to_the_whole_and_none_is_a_fen_off(fen, weights):
    parts = money.split(fen, weights)
    assert sum(parts) == fen
    whole = sum(weights)
    assert all(abs(p * whole - fen * w) < whole for p, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 1]])
def test_nothing_can_be_split_by_nothing(weights):
    with pytest.raises(ValueError, match=r"\["):
        money.split(1, weights)


@pytest.mark.parametrize(("fen", "text"), [(123450, "¥1,234.50"), (-5, "-¥0.05"), (0, "¥0.00")])
def test_money_is_written_with_two_places(fen, text):
    assert money.yuan(fen) == text
