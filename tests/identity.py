"""Identity numbers and credit codes that are valid and belong to nobody."""

from datetime import date, timedelta
from itertools import count

from stdnum.cn import ric, uscc

PLACE = "370102"  # 山东省济南市历下区
ORDERS = 1000
FIRST = date(1950, 1, 1)
_numbers = count()
_codes = count()


def id_number(birth=None, *, male=False, order=None):
    """Return a number; a new one each time unless birth and order are given."""
    n = next(_numbers)
    order = (2 * n + male) % ORDERS if order is None else order
    birth = birth or FIRST + timedelta(days=n // (ORDERS // 2))
    body = f"{PLACE}{birth:%Y%m%d}{order:03d}"
    return body + ric.calc_check_digit(body + "0")


def credit_code():
    body = f"12370000{next(_codes):09d}"
    return body + uscc.calc_check_digit(body)
