from datetime import date
from decimal import Decimal

import pytest

from lianyi.orders import rules
from lianyi.orders.model import Reading, Result
from lianyi.people.model import Sex as PersonSex
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Level, Sex
from tests.orders.make import POTASSIUM, SODIUM

D = Decimal


def result(level, observation=POTASSIUM, value="6.8"):
    return Result(observation, "钾", "mmol/L", D(value), "", level, None, None, "v", ())


@pytest.mark.parametrize("number", [1, 42, 99_999_999_999])
def test_a_barcode_has_twelve_digits_and_is_valid(number):
    assert len(rules.barcode(number)) == 12
    assert rules.is_barcode(rules.barcode(number))


@pytest.mark.parametrize("place", range(12))
def test_one_digit_misread_is_noticed(place):
    code = rules.barcode(20_300_107_001)
    wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
    assert not rules.is_barcode(wrong)


@pytest.mark.parametrize("text", ["", "12", "abcdefghijkl", "1234567890123"])
def test_what_is_no_barcode_is_noticed(text):
    assert not rules.is_barcode(text)


@pytest.mark.parametrize(
    ("readings", "wrong"),
    [
        ([Reading(POTASSIUM, D(4)), Reading(SODIUM, D(140))], []),
        ([Reading(POTASSIUM, D(4)), Reading(SODIUM, words="未检出")], []),
        ([Reading(POTASSIUM, D(4))], [SODIUM]),
        ([Reading(POTASSIUM, D(4)), Reading(SODIUM, words="  ")], [SODIUM]),
        ([Reading(POTASSIUM, D(4)), Reading(POTASSIUM, D(5)), Reading(SODIUM, D(1))], [POTASSIUM]),
        ([Reading(POTASSIUM, D(4)), Reading(SODIUM, D(1)), Reading("718-7", D(1))], ["718-7"]),
    ],
    ids=["numbers", "words", "missing", "blank", "doubled", "never ordered"],
)
def test_each_ordered_observation_has_one_reading(readings, wrong):
    assert rules.misread((POTASSIUM, SODIUM), readings) == wrong


def test_words_are_never_judged_and_say_so():
    """A result nobody could hold against a range isn't normal."""
    observation = terminology.observation(POTASSIUM)
    found = rules.result(Reading(POTASSIUM, words="溶血"), observation, None, "v")
    assert (found.level, found.unit) == (Level.UNKNOWN, "")


def test_an_unknown_range_is_an_answer_with_its_version():
    observation = terminology.observation("718-7")
    flag = terminology.flag(D(120), "718-7", sex=None, age=D(40))
    found = rules.result(Reading("718-7", D(120)), observation, flag, flag.version)
    assert found.level is Level.UNKNOWN
    assert found.version == terminology.release().version


def test_an_infants_age_has_its_fraction():
    age = rules.age_on(date(2029, 7, 7), date(2030, 1, 7))
    assert D("0.50") < age < D("0.51")


@pytest.mark.parametrize(
    ("read_back", "agrees"),
    [
        ({POTASSIUM: D("6.8")}, True),
        ({POTASSIUM: D("6.80")}, True),
        ({POTASSIUM: D("8.6")}, False),
        ({}, False),
        ({POTASSIUM: D("6.8"), SODIUM: D(140)}, False),
    ],
)
def test_every_critical_value_is_read_back_as_it_was_measured(read_back, agrees):
    """TEL-14"""
    results = [result(Level.CRITICAL_HIGH), result(Level.NORMAL, SODIUM, "140")]
    assert rules.agrees(read_back, results) is agrees


def test_a_person_of_unknown_sex_is_held_against_no_range_of_a_sex():
    assert rules.sex_of(PersonSex.UNKNOWN) is None
    assert rules.sex_of(PersonSex.FEMALE) is Sex.FEMALE
