from datetime import UTC, datetime

import pytest

from lianyi.accounts import rules

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", RFC 6238 appendix B


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("13800138000", "13800138000", id="plain"),
        pytest.param("+86 138-0013-8000", "13800138000", id="as people write it"),
        pytest.param("12800138000", None, id="no such network"),
        pytest.param("1380013800", None, id="a digit short"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_phone_is_a_mainland_mobile_number(text, number):
    assert rules.phone(text) == number


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert rules.totp(SECRET, rules.step_at(now)) == code
    assert rules.matching_step(SECRET, code, now) == rules.step_at(now)


def test_a_code_of_two_steps_ago_is_too_old():
    now = datetime.fromtimestamp(1111111109, UTC)
    old = rules.totp(SECRET, rules.step_at(now) - 2)
    assert rules.matching_step(SECRET, old, now) is None


@pytest.mark.parametrize(
    ("password", "strong"),
    [("short1A!", False), ("alllowercaseletters", False), ("twelve-or-more", True)],
)
def test_a_password_is_long_and_of_more_than_one_kind(password, strong):
    assert rules.is_strong(password) is strong
