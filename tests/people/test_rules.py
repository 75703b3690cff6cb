from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.model import Scope
from lianyi.kernel import profile
from lianyi.kernel.crypto import Keys
from lianyi.kernel.ids import Ids
from lianyi.people import rules
from lianyi.people.model import (
    Card,
    CardState,
    Department,
    Licence,
    Progress,
    Proof,
    Register,
    Sex,
    Ticket,
    years_between,
)
from tests.conftest import KEYS, NOON
from tests.identity import id_number

CHINA = profile.at(NOON)
HERE = UUID(int=1)
LEAP = date(2012, 2, 29)


@pytest.mark.parametrize(
    ("number", "sex", "birth"),
    [
        ("11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
        ("11010519491231002x", Sex.FEMALE, date(1949, 12, 31)),
        (" 440524 188001010014 ", Sex.MALE, date(1880, 1, 1)),
        ("１１０１０５19491231002Ｘ", Sex.FEMALE, date(1949, 12, 31)),
    ],
    ids=["X", "lower case", "spaces", "full width"],
)
def test_a_number_tells_sex_and_birth(number, sex, birth):
    """GB 11643-1999, with the numbers printed in the standard itself."""
    identity = rules.resident_identity("王秀英", number)
    assert (identity.sex, identity.birth_date) == (sex, birth)


@pytest.mark.parametrize(
    "number",
    [
        "110105194912310021",
        "11010519491231001X",
        "110105194913310024",
        "1101051949123100",
        "01010519491231002X",
        "",
    ],
    ids=["check digit", "one digit", "month", "old fifteen", "leading zero", "none"],
)
def test_a_wrong_number_is_no_identity(number):
    assert rules.resident_identity("王秀英", number) is None


def test_every_single_wrong_digit_is_noticed():
    """The check digit of ISO 7064 mod 11-2 misses no single error."""
    number = id_number(date(1961, 3, 5), order=402)
    for place, digit in ((p, d) for p in range(17) for d in "0123456789"):
        other = number[:place] + digit + number[place + 1 :]
        assert other == number or rules.resident_identity("王秀英", other) is None


@pytest.mark.parametrize("name", ["王秀英", "古丽·买买提", "Anna-Maria O'Neil", "王"])
def test_names_as_people_have_them(name):
    assert rules.is_name(name)


@pytest.mark.parametrize("name", ["", " ", "王1", "<b>", "·", "王" * 41, "王\n秀英", "a_b"])
def test_what_is_no_name(name):
    assert not rules.is_name(name)


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张英", "张*"), ("张秀英", "张*英"), ("欧阳秀英", "欧**英"), ("张", "张*")],
)
def test_a_masked_name_keeps_both_ends(name, masked):
    assert rules.masked_name(name) == masked


def test_a_masked_number_hides_the_birth_date():
    assert rules.masked_number("370102196103054028") == "3701 **** **** 4028"
    assert rules.masked_number("E12345678") == "****78"


@pytest.mark.parametrize(
    ("day", "years"), [(date(2030, 2, 28), 17), (date(2030, 3, 1), 18), (date(2032, 2, 29), 20)]
)
def test_who_is_born_on_the_leap_day_ages_on_the_first_of_march(day, years):
    assert years_between(LEAP, day) == years


def test_a_birthday_is_the_day_on_which_a_year_is_completed():
    for years in range(1, 30):
        day = rules.birthday(LEAP, years)
        assert years_between(LEAP, day) == years
        assert years_between(LEAP, day - timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("birth", "until"),
    [(date(2022, 5, 1), (2036, 5, 1)), (date(2016, 1, 7), (2034, 1, 7)), (LEAP, (2030, 3, 1))],
    ids=["to fourteen", "to eighteen", "leap day"],
)
def test_a_guardian_s_mandate_ends_on_a_birthday_at_midnight(birth, until):
    """IDN-06."""
    ends = rules.guardian_until(birth, date(2030, 1, 7), CHINA)
    assert ends == datetime(*until, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("code", "covered"), [("03", True), ("03.04", True), ("04", False), ("030", False)]
)
def test_a_scope_covers_a_subject_and_all_below_it(code, covered):
    """LIC-13."""
    day = date(2030, 1, 1)
    licence = Licence(Register.DOCTOR, "1", frozenset({"03"}), HERE, day, day)
    department = Department(HERE, HERE, code, "内科", licensed=True, online=False)
    assert rules.covers(licence, department) is covered


@pytest.mark.parametrize(
    ("proof", "scopes"),
    [
        (Proof.PHONE, frozenset()),
        (Proof.HOLDER, frozenset({Scope.BOOK, Scope.PAY})),
        (Proof.SEEN, frozenset(Scope)),
    ],
)
def test_how_far_a_proof_reaches(proof, scopes):
    """CON-10."""
    assert rules.scopes_of(proof) == scopes


def ticket():
    ids = Ids(Random(1))
    return Ticket(ids.new(NOON), ids.new(NOON))


def test_a_code_is_read_back_as_it_was_written():
    assert rules.ticket_in(rules.code_of(ticket(), KEYS), KEYS) == ticket()


def test_a_code_changed_anywhere_is_not_ours():
    """IDN-03."""
    code = rules.code_of(ticket(), KEYS)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for place in range(2, len(code) - 1):
        other = alphabet[(alphabet.index(code[place]) + 1) % len(alphabet)]
        assert rules.ticket_in(code[:place] + other + code[place + 1 :], KEYS) is None


def test_a_code_of_another_installation_is_not_ours():
    """IDN-03."""
    elsewhere = Keys(seals={1: bytes(16)}, index=b"x" * 32)
    assert rules.ticket_in(rules.code_of(ticket(), elsewhere), KEYS) is None


@pytest.mark.parametrize(
    ("after", "fresh"),
    [(timedelta(0), True), (timedelta(seconds=59.9), True), (timedelta(seconds=60), False)],
)
def test_a_code_is_fresh_for_a_minute(after, fresh):
    """IDN-03."""
    assert rules.is_fresh(ticket(), NOON + after, CHINA) is fresh


def test_a_code_from_the_future_is_not_fresh():
    assert not rules.is_fresh(ticket(), NOON - timedelta(seconds=1), CHINA)


@pytest.mark.parametrize(
    ("state", "matched", "progress"),
    [
        (CardState.APPLIED, None, Progress.CHECKING),
        (CardState.APPLIED, False, Progress.COUNTER),
        (CardState.APPLIED, True, Progress.COUNTER),
        (CardState.LAPSED, True, Progress.COUNTER),
        (CardState.ACTIVE, True, Progress.ACTIVE),
        (CardState.FROZEN, True, Progress.ACTIVE),
    ],
)
def test_a_mismatch_and_a_card_elsewhere_look_the_same(state, matched, progress):
    identity = rules.resident_identity("王秀英", id_number())
    card = Card(HERE, state, None, identity, None, HERE, matched, datetime(2030, 1, 7, tzinfo=UTC))
    assert rules.progress_of(card) is progress
