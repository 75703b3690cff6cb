import re
from datetime import UTC, date, datetime

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from lianyi.cli.tour import scanner
from lianyi.web import draw, qr


@pytest.mark.parametrize(
    ("fen", "written"), [(0, "¥0.00"), (5, "¥0.05"), (123450, "¥1,234.50"), (-990, "-¥9.90")]
)
def test_money_is_written_from_whole_fen(fen, written):
    assert draw.money(fen) == written


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张秀英", "张*英"), ("李强", "李*"), ("欧阳娜娜", "欧**娜"), ("王", "王*")],
)
def test_a_masked_name_keeps_its_ends(name, masked):
    assert draw.masked_name(name) == masked


def test_a_masked_id_keeps_four_and_four():
    assert draw.masked_id("370102195903014028") == "3701 **** **** 4028"


def test_an_instant_shows_the_day_and_hour_of_china():
    late = datetime(2026, 11, 21, 16, 5, tzinfo=UTC)
    assert (draw.day(late), draw.clock(late), draw.weekday(late)) == ("2026-11-22", "00:05", "周日")
    assert draw.short_day(date(2026, 1, 2)) == "01-02"


def test_a_qr_code_says_what_it_is_and_stands_on_white():
    drawn = draw.qr("LY1:ABC", '健康卡"二维码')
    assert 'aria-label="健康卡&#34;二维码"' in drawn
    assert "#fff" in drawn


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=77, max_size=77))
def test_a_card_s_code_has_the_modules_that_the_standard_wants(text):
    code = segno.make(f"LY{text}", error="m", micro=False, mask=qr.MASK)
    assert qr.rows(f"LY{text}") == ["".join(map(str, row)) for row in code.matrix]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=400))
def test_any_code_is_read_as_what_it_says(text):
    assert scanner.text_of([[int(each) for each in row] for row in qr.rows(text)]) == text


@pytest.mark.parametrize("values", [[5], [5, 5, 5], [1, 2, 3]])
def test_a_sparkline_stays_inside_its_box(values):
    numbers = re.findall(r"[\d.]+,([\d.]+)", draw.spark(values, "近几次", goal=2))
    assert all(0 <= float(y) <= 40 for y in numbers)
