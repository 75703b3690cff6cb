from dataclasses import replace
from datetime import date

import pytest

from lianyi.pharmacy import rules
from lianyi.pharmacy.model import BatchState, Check, Delivery, Pack, Seller, SellerKind, Shelf
from lianyi.terminology import queries as terminology
from tests.pharmacy.make import AMLODIPINE, want

STORE, ONLINE, HOSPITAL = (
    Seller(None, kind, delivers=True)
    for kind in (SellerKind.STORE, SellerKind.ONLINE, SellerKind.HOSPITAL)
)


def laws(drug, seller, *, delivers):
    found = rules.selling_findings(terminology.drug(drug), seller, delivers=delivers)
    return {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("81000000000000000001", "81000000000000000001"),
        (" 8100000000000000000112 ", "8100000000000000000112"),
        ("(01)06901234567892(17)310630(10)L1(21)S0001", "010690123456789221S0001"),
        ("0106901234567892" + "17310630" + "10L1\x1d" + "21S0001", "010690123456789221S0001"),
        ("010690123456789221S0001", "010690123456789221S0001"),
        ("8100000000000000000X", None),
        ("123", None),
        ("", None),
    ],
)
def test_pr_09_three_families_of_trace_codes_are_read_and_nothing_else(text, code):
    assert rules.trace_code(text) == code


@pytest.mark.parametrize(
    ("drug", "seller", "delivers", "rule"),
    [
        ("alprazolam-tab-0-4mg", STORE, False, {"DS-02"}),
        ("alprazolam-tab-0-4mg", HOSPITAL, False, set()),
        ("alprazolam-tab-0-4mg", HOSPITAL, True, {"DS-17"}),
        ("morphine-er-tab-30mg", ONLINE, True, {"DS-02", "DS-17"}),
        ("warfarin-tab-2-5mg", STORE, False, set()),
        ("warfarin-tab-2-5mg", STORE, True, {"DS-04"}),
        ("digoxin-tab-0-25mg", ONLINE, True, {"DS-04"}),
        ("warfarin-tab-2-5mg", HOSPITAL, True, set()),
        ("insulin-glargine-pen", STORE, False, set()),
        ("insulin-glargine-pen", STORE, True, {"DS-16"}),
        (AMLODIPINE, ONLINE, True, set()),
    ],
)
def test_what_may_not_be_sold_this_way_is_named_by_its_law(drug, seller, delivers, rule):
    """DS-02, DS-03, DS-04, DS-16, DS-17: each drug against each way to the patient."""
    assert laws(drug, seller, delivers=delivers) == rule


def test_ds_03_injections_are_not_sold_online_except_those_that_lower_glucose():
    insulin = terminology.drug("insulin-glargine-pen")
    other = replace(insulin, atc="N02BB02", storage="密封")
    found = rules.selling_findings(other, ONLINE, delivers=True)
    assert {finding.rule for finding in found} == {"DS-03"}


@pytest.mark.parametrize(
    ("state", "expires_on", "blocked"),
    [
        (BatchState.IN_STOCK, date(2030, 2, 7), False),
        (BatchState.IN_STOCK, date(2030, 2, 6), True),
        (BatchState.QUARANTINED, date(2031, 1, 1), True),
        (BatchState.DESTROYED, date(2031, 1, 1), True),
    ],
)
def test_pr_07_a_pack_near_its_expiry_or_locked_away_is_blocked(state, expires_on, blocked):
    pack = Pack("8", None, None, state, AMLODIPINE, "L1", expires_on, None)
    last_day = rules.last_good_day(date(2030, 1, 7), 30)
    assert rules.is_blocked(pack, last_day) is blocked


def test_ph_05_there_are_ten_comparisons_and_each_missing_one_is_named():
    assert len(Check) == 10
    for check in Check:
        assert rules.checks_missing(frozenset(Check) - {check}) == (check,)
    assert rules.checks_missing(frozenset(Check)) == ()


def test_two_lines_of_one_drug_want_their_packs_together():
    wants = [want(packs=2), want(packs=2, number=2)]
    assert rules.missing(wants, {AMLODIPINE: Shelf(4, date(2031, 1, 1))}) == []
    assert rules.missing(wants, {AMLODIPINE: Shelf(3, date(2031, 1, 1))}) == [wants[0].label]
    assert rules.missing(wants, {AMLODIPINE: None}) == [wants[0].label]


@pytest.mark.parametrize(
    ("address", "phone", "reachable"),
    [
        ("青山市人民路1号", "138 0000 0001", True),
        ("青", "13800000001", False),
        ("青山市", "12", False),
    ],
)
def test_a_courier_needs_an_address_and_a_phone(address, phone, reachable):
    assert rules.is_reachable(Delivery(address, phone)) is reachable
