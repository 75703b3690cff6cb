"""Who pays what, decided from the figures; the agency reckons for itself and must agree."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.insurance import rules
from lianyi.insurance.model import (
    Booked,
    Charge,
    Counter,
    DifferenceKind,
    Item,
    Kind,
    Level,
    Line,
    Scheme,
    Split,
    Terms,
)
from lianyi.kernel import profile
from lianyi.links.simulators.insurer import engine
from tests.conftest import NOON

VECTOR = Terms(80_000, Decimal("0.85"), 10**9, 1_800_000, Decimal("0.60"), Decimal("0.70"))
LEVELS = st.sampled_from(list(Level))
LINES = st.lists(st.tuples(LEVELS, st.integers(0, 10**8), st.integers(0, 99)), max_size=8)


def line(level, fen, share="0", *, standard=None, quantity=1, packs=(), is_drug=False):
    price = Decimal(fen) / 100 / quantity
    charge = Charge("C", "项目", price, Decimal(quantity), fen, packs)
    return Line(charge, "N", level, Decimal(share), standard, is_drug)


def ratings(*lines):
    return [rules.rating_of(one) for one in lines]


def test_the_reference_vector_comes_out_to_the_cent():
    """INS-13, INS-06, INS-08, INS-12."""
    bill = ratings(
        line(Level.WHOLLY, 1_000_000),
        line(Level.PARTLY, 2_000_000, "0.10"),
        line(Level.NOT_AT_ALL, 500_000),
    )
    split = rules.split_of(bill, VECTOR, Counter(), aided=True)
    assert (split.in_range_fen, split.pool_fen) == (2_800_000, 2_312_000)
    assert (split.critical_fen, split.aid_fen, split.cash_fen) == (0, 341_600, 846_400)


@given(LINES, st.integers(0, 10**6), st.integers(0, 10**7), st.booleans(), st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_the_parts_always_make_up_the_bill(lines, threshold, used, aided, account):
    """INS-07: to the cent, also after rounding, and nobody pays less than nothing."""
    bill = ratings(*(line(level, fen, f"0.{share:02d}") for level, fen, share in lines))
    counter = Counter(min(threshold, 20_000), used, used)
    terms = rules.terms_of(profile.at(NOON).numbers, Scheme.EMPLOYEE, "11")
    split = rules.split_of(bill, terms, counter, aided=aided, account_fen=account)
    assert rules.adds_up(split)
    assert split.total_fen == sum(fen for _, fen, _ in lines)
    assert split.pool_fen <= max(0, terms.ceiling_fen - used)


@given(LINES, st.sampled_from(list(Scheme)), st.integers(0, 10**7), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_we_reckon_as_the_agency_does(lines, scheme, used, aided, retired):
    """Two engines written apart give the same cents, so that a difference means something."""
    type = "12" if retired else "11"
    terms = rules.terms_of(profile.at(NOON).numbers, scheme, type)
    here = rules.split_of(
        ratings(*(line(level, fen, f"0.{share:02d}") for level, fen, share in lines)),
        terms,
        Counter(0, used, used),
        aided=aided,
    )
    parts = [
        engine.rate(engine.Item(level, Decimal(share) / 100), fen, Decimal(1))
        if level is Level.PARTLY
        else engine.rate(engine.Item(level), fen, Decimal(1))
        for level, fen, share in lines
    ]
    there = engine.share(
        engine.SCHEMES[scheme],
        parts,
        engine.Used(pool=used, carried=used),
        retired=retired,
        aided=aided,
    )
    assert (here.pool_fen, here.critical_fen, here.aid_fen) == (
        there.pool,
        there.critical,
        there.aid,
    )


@pytest.mark.parametrize(
    ("level", "share", "standard", "expected"),
    [
        (Level.WHOLLY, "0", None, (0, 0, 0, 1000)),
        (Level.PARTLY, "0.10", None, (0, 0, 100, 900)),
        (Level.PARTLY, "0.10", 400, (0, 200, 80, 720)),
        (Level.WHOLLY, "0", 400, (0, 200, 0, 800)),
        (Level.NOT_AT_ALL, "1", None, (1000, 0, 0, 0)),
    ],
)
def test_what_counts_of_a_line(level, share, standard, expected):
    """INS-06."""
    (rating,) = ratings(line(level, 1000, share, standard=standard, quantity=2))
    parts = (rating.own_fen, rating.over_fen, rating.first_fen, rating.in_range_fen)
    assert parts == expected


def test_what_nobody_has_listed_counts_for_nothing():
    """INS-06."""
    charge = Charge("C", "项目", Decimal(1), Decimal(1), 100)
    assert rules.line_of(charge, None).level is Level.NOT_AT_ALL


def test_the_critical_insurance_begins_above_the_years_threshold():
    """INS-10."""
    bill = ratings(line(Level.WHOLLY, 1_000_000))
    terms = Terms(0, Decimal(0), 0, 1_800_000, Decimal("0.60"), Decimal("0.70"))
    first = rules.split_of(bill, terms, Counter(open_fen=1_500_000), aided=False)
    later = rules.split_of(bill, terms, Counter(open_fen=5_000_000), aided=False)
    assert (first.critical_fen, later.critical_fen) == (420_000, 600_000)


def test_the_retired_have_a_higher_ratio():
    """INS-14."""
    numbers = profile.at(NOON).numbers
    working = rules.terms_of(numbers, Scheme.EMPLOYEE, "11")
    retired = rules.terms_of(numbers, Scheme.EMPLOYEE, "1201")
    assert retired.ratio > working.ratio


def test_a_sale_of_an_insured_drug_names_its_packs():
    """FR-20."""
    drug = line(Level.WHOLLY, 100, is_drug=True)
    scanned = line(Level.WHOLLY, 100, is_drug=True, packs=("81000001",))
    assert rules.untraced(Kind.PHARMACY, [scanned, drug]) == "C"
    assert rules.untraced(Kind.PHARMACY, [scanned]) == ""
    assert rules.untraced(Kind.OUTPATIENT, [drug]) == ""


def test_a_reversal_gives_back_exactly_what_was_used():
    """INS-21."""
    split = Split(100_00, 90_00, 20_00, 49_00, 0, 0, 0, 0, 51_00)
    used = Counter(1, 2, 3)
    assert rules.used_after(rules.used_after(used, split, 1), split, -1) == used


def test_two_books_are_compared_by_settlement():
    ours = rules.netted([Booked("a", 5, 3, 0), Booked("b", 7, 4, 0), Booked("c", 1, 1, 0)])
    theirs = rules.netted(
        [
            Booked("a", 5, 3, 0),
            Booked("b", 7, 5, 0),
            Booked("d", 9, 9, 0),
            Booked("e", 2, 2, 0),
            Booked("e", -2, -2, 0),
        ]
    )
    assert [(one.kind, one.number) for one in rules.compare(ours, theirs)] == [
        (DifferenceKind.AMOUNT, "b"),
        (DifferenceKind.MISSING_THERE, "c"),
        (DifferenceKind.MISSING_HERE, "d"),
    ]


@pytest.mark.parametrize(("share", "standard"), [("1.01", None), ("-0.1", None), ("0", 0)])
def test_an_entry_of_the_catalogue_that_makes_no_sense(share, standard):
    assert not rules.is_sound_item(Decimal(share), standard)
    assert rules.is_sound_item(Decimal("0.1"), 100)


def test_only_whoever_is_in_the_catalogue_is_bound_to_a_national_code():
    item = Item(None, "C", "N1", Level.PARTLY, Decimal("0.1"), None, is_drug=True)
    charge = Charge("C", "项目", Decimal(1), Decimal(1), 100)
    made = rules.line_of(charge, item)
    assert (made.national, made.level, made.is_drug) == ("N1", Level.PARTLY, True)
