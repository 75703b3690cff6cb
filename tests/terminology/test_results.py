"""Results by range and critical limit, and the plain words beside them."""

from decimal import Decimal

import pytest

from lianyi.terminology import queries
from lianyi.terminology.errors import NoSuchObservation
from lianyi.terminology.model import UNSOURCED, Level, Sex

KNOWN = queries.snapshot()
POTASSIUM, HAEMOGLOBIN, CREATININE, GLUCOSE = "2823-3", "718-7", "14682-9", "14771-0"
UNITS = (
    {"1", "%", "/min", "Cel", "U/L", "[pH]", "cm", "fL", "g/L", "kg", "kg/m2", "mg/L"}
    | {"mg/L{FEU}", "mL/min/{1.73_m2}", "m[IU]/L", "mm/h", "mm[Hg]", "mmol/L", "ng/L", "nmol/L"}
    | {"pg", "pmol/L", "s", "ug/L", "umol/L", "10*9/L", "10*12/L"}
)


def level(value: str, code: str, sex: Sex | None = Sex.MALE, age: int | None = 40) -> Level:
    return queries.flag(
        Decimal(value), code, sex=sex, age=None if age is None else Decimal(age)
    ).level


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2.8", Level.CRITICAL_LOW),
        ("3.4", Level.LOW),
        ("3.5", Level.NORMAL),
        ("5.3", Level.NORMAL),
        ("5.4", Level.HIGH),
        ("6.2", Level.CRITICAL_HIGH),
    ],
)
def test_potassium_is_flagged_by_its_range_and_called_by_its_limits(value, expected):
    """TEL-14."""
    assert level(value, POTASSIUM) is expected


def test_a_range_goes_by_sex():
    assert level("120", HAEMOGLOBIN, Sex.MALE) is Level.LOW
    assert level("120", HAEMOGLOBIN, Sex.FEMALE) is Level.NORMAL
    assert level("120", HAEMOGLOBIN, None) is Level.UNKNOWN


def test_what_no_range_covers_is_unknown_and_not_normal():
    assert level("80", CREATININE, Sex.MALE, 70) is Level.UNKNOWN
    assert level("80", CREATININE, Sex.MALE, 8) is Level.UNKNOWN
    assert level("80", CREATININE, Sex.MALE, None) is Level.UNKNOWN
    assert level("1.0", "48065-7") is Level.UNKNOWN


def test_a_critical_value_is_critical_for_whoever_it_is():
    assert level("1.9", GLUCOSE, None, None) is Level.CRITICAL_LOW
    assert level("30", GLUCOSE, None, 3) is Level.CRITICAL_HIGH


def test_a_flag_names_its_range_its_sources_and_its_release():
    flag = queries.flag(Decimal("5.4"), POTASSIUM, sex=Sex.MALE, age=Decimal(40))
    assert (flag.low, flag.high) == (Decimal("3.5"), Decimal("5.3"))
    assert flag.sources
    assert all(queries.source(source) for source in flag.sources)
    assert flag.version == queries.release().version


def test_an_observation_that_is_not_listed_is_refused():
    with pytest.raises(NoSuchObservation):
        queries.observation("0-0")


def check_digit(number: str) -> int:
    """The LOINC check digit (mod 10, as for bank cards)."""
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(number))]
    return -sum(digit // 10 + digit % 10 for digit in doubled) % 10


@pytest.mark.parametrize("code", KNOWN.observations)
def test_every_observation_is_whole(code: str):
    thing = KNOWN.observations[code]
    number, digit = code.split("-")
    assert check_digit(number) == int(digit)
    assert thing.unit in UNITS
    assert all((thing.name, thing.kind, thing.what, thing.pinyin))
    assert thing.source in KNOWN.sources.keys() | {UNSOURCED}
    for each in thing.ranges:
        assert each.since < each.until
        assert each.low is not None or each.high is not None
        assert each.low is None or each.high is None or each.low < each.high
        assert each.source in KNOWN.sources.keys() | {UNSOURCED}


def test_critical_limits_lie_outside_every_range():
    for thing in KNOWN.observations.values():
        critical = thing.critical
        for each in thing.ranges if critical else ():
            assert critical.low is None or each.low is None or critical.low < each.low
            assert critical.high is None or each.high is None or critical.high > each.high


def test_there_are_about_sixty_observations_and_lay_words():
    assert len(KNOWN.observations) >= 60
    assert len(KNOWN.lay_words) >= 60


def test_an_observation_is_found_by_name_initials_and_code():
    for typed in ("肌酐", "jg", CREATININE):
        assert CREATININE in {each.code for each in queries.search_observations(typed)}


def test_terms_in_a_text_are_explained_in_plain_words():
    found = [word.term for word in queries.lay_words_in("诊断：高血压，建议随访。")]
    assert {"高血压", "随访", "诊断"} <= set(found)
    word = queries.lay_word("缓释片")
    assert word is not None
    assert "嚼碎" in word.plain
    assert queries.lay_word("没有的词") is None
