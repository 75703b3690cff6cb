"""Units of UCUM: the same amount in another unit is the same value, exactly; nothing else is."""

from decimal import Decimal

import pytest

from lianyi.terminology import queries
from lianyi.terminology.rules import units

pytestmark = pytest.mark.skipif(not units.is_built(), reason="the units are not built: npm ci")


def canonical(amount):
    value, _, code = amount.partition(" ")
    return queries.canonical(Decimal(value), code)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5.4 mg/dL", "0.054 g/L"),
        ("5.4 mg/dL", "54 ug/mL"),
        ("1 L", "1 l"),
        ("1 dm3", "1000 mL"),
        ("7.2 mmol/L", "7.2 mol/m3"),
        ("1 kPa", "1000 Pa"),
        ("120 mm[Hg]", "12 cm[Hg]"),
        ("120 mm[Hg]", "15.998640 kPa"),
        ("1 [in_i]", "2.54 cm"),
        ("1 [lb_av]", "453.59237 g"),
        ("6 10*9/L", "6 10*3/uL"),
        ("6 10*9/L", "6 10^9/L"),
        ("60 /min", "1 /s"),
        ("60 {beats}/min", "1 /s"),
        ("1 U/L", "16.666666666666666666666666667 nkat/L"),
        ("50 %", "0.5 1"),
        ("37 Cel", "310.15 K"),
        ("98.6 [degF]", "37 Cel"),
        ("1000 mCel", "1 Cel"),
        ("1 kg.m/s2", "1 N"),
        ("1 g/(24.h)", "1 g/d"),
        ("1 mg/kg/d", "1 mg/(kg.d)"),
        ("1 m[H2O]", "9.80665 kPa"),
        ("1 [IU]/mL", "1000 [iU]/L"),
        ("1 wk", "7 d"),
        ("25 kg/m2", "2.5 g/cm2"),
        ("1 Gy", "1 J/kg"),
        ("10 dB", "1 B"),
    ],
)
def test_the_same_amount_is_the_same_in_every_unit(one, other):
    a, b = canonical(one), canonical(other)
    assert a.dimension == b.dimension
    assert abs(a.value - b.value) <= abs(a.value) * Decimal("1e-25")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 mg/dL", "1 mmol/L"),  # by no rule of units: it takes the molar mass
        ("1 mol/L", "1 10*3/L"),
        ("1 mmol/L", "1 meq/L"),  # they differ where the charge isn't one
        ("1 mosm/L", "1 mmol/L"),
        ("1 [IU]/L", "1 U/L"),
        ("1 [IU]", "1 [arb'U]"),
        ("1 [pH]", "1 mol/L"),
        ("1 dB", "1 1"),
        ("1 g", "1 m"),
        ("1 kg", "1 N"),
    ],
)
def test_what_is_another_dimension_is_not_compared(one, other):
    assert canonical(one).dimension != canonical(other).dimension


@pytest.mark.parametrize(
    "code",
    [
        *(
            "",
            "foo",
            "mmHg",
            "beats",
            "m//s",
            "m.",
            ".m",
            "(m",
            "m)",
            "m s",
            "kkg",
            "m]",
            "[",
            "Cel/m",
        ),
        *("k%", "1e3", "m2147483648", "(" * 20 + "m" + ")" * 20, "g" * 1000, "m/0", "\0", "毫克"),
    ],
)
def test_what_is_no_unit_has_no_canonical_value(code):
    assert queries.canonical(Decimal(1), code) is None


def test_values_are_exact_and_not_those_of_floats():
    assert canonical("0.1 mg/dL").value == Decimal(1)
    assert canonical("5.40 mg/dL").value == Decimal(54)
    assert canonical("5 [degF]").value == canonical("-15 Cel").value == Decimal("258.15")
