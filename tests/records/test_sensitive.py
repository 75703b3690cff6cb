import json

import pytest

from lianyi.access.model import Sensitive
from lianyi.records.fhir.keys import codings
from lianyi.records.rules.sensitive import (
    DIAGNOSES,
    FINDINGS,
    LABELS,
    OBSERVATIONS,
    classes_of,
    may_touch,
)
from tests.records import make

S = Sensitive
CHINESE = "http://example.cn/fhir/CodeSystem/ICD-10-GB"


@pytest.mark.parametrize(
    ("system", "code", "kind"),
    [
        (make.ICD10, "B20", S.INFECTION),
        (make.ICD10, "B24.x00", S.INFECTION),
        (make.ICD10, "b20.1", S.INFECTION),
        (CHINESE, "A53.900", S.INFECTION),
        (make.ICD10, "F32.9", S.PSYCHIATRY),
        (make.ICD10, "X70", S.PSYCHIATRY),
        (make.ICD10, "O04.9", S.REPRODUCTION),
        (make.ICD10, "Q90", S.GENETICS),
        (make.ICD10, "T74.1", S.VIOLENCE),
        (make.LOINC, "20447-9", S.INFECTION),
        (make.LOINC, "44261-6", S.PSYCHIATRY),
        (make.LOINC, "81247-9", S.GENETICS),
        (make.SNOMED, "86406008", S.INFECTION),
        (LABELS, "SDV", S.VIOLENCE),
    ],
)
def test_a_sensitive_code_is_known(system, code, kind):
    """PRI-01, IDN-11"""
    assert classes_of([(system, code)]) == {kind}
    assert may_touch(json.dumps({"system": system, "code": code}))


def test_a_text_without_such_codes_is_not_looked_at_but_one_that_is_spelled_in_numbers_is():
    """PRI-01: whatever way JSON has of writing a code, it is seen."""
    assert not may_touch(json.dumps({"system": make.LOINC, "code": "8480-6"}))
    assert may_touch(f'{{"system": "{LABELS}", "code" : "SDV"}}')
    assert may_touch(f'{{"system": "{LABELS}", "co\\u0064e": "SDV"}}')
    assert may_touch(f'{{"system": "{LABELS}", "code": "S\\u0044V"}}')


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (make.ICD10, "I10"),
        (make.ICD10, "B25"),
        (make.ICD10, "B19.9"),
        (make.ICD10, "Z11.1"),
        (make.ICD10, "Z11"),
        (make.LOINC, "8480-6"),
        ("http://example.cn/ward", "B20"),
    ],
)
def test_an_ordinary_code_is_not(system, code):
    assert classes_of([(system, code)]) == frozenset()


def test_a_code_is_seen_wherever_it_stands_in_a_resource():
    secret = make.concept(make.ICD10, "B20")
    for body in (
        make.order("1", reasonCode=[secret]),
        make.encounter("1", diagnosis=[{"condition": {"display": "x"}, "use": secret}]),
        make.condition("1", meta={"security": [{"system": LABELS, "code": "HIV"}]}),
    ):
        assert S.INFECTION in classes_of(codings(body))


def test_every_entry_says_why_it_is_there():
    for *_, reason in (*DIAGNOSES, *OBSERVATIONS, *FINDINGS):
        assert reason
    assert {kind for kind, *_ in DIAGNOSES} == set(Sensitive)


def is_loinc(code):
    """Tell whether the last digit is the one the others have by LOINC's rule."""
    number, check = code.split("-")
    doubled = (int(digit) * (2 - n % 2) for n, digit in enumerate(reversed(number)))
    return -sum(n - 9 if n > 9 else n for n in doubled) % 10 == int(check)


def test_no_code_of_loinc_is_misspelled():
    assert is_loinc("8480-6")
    assert not is_loinc("21613-7")
    assert [code for _, codes, _ in OBSERVATIONS for code in codes if not is_loinc(code)] == []
