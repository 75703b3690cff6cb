from uuid import UUID

import pytest

from lianyi.access import rules
from lianyi.access.model import (
    ALL_CLASSES,
    CLERK,
    DOCTOR,
    DRUG_AUTHORITY,
    GUEST,
    HEALTH_COMMISSION,
    INSURER,
    NURSE,
    OPERATOR,
    PHARMACIST,
    RESIDENT,
    ROLES,
    TECHNICIAN,
    Cause,
    Ground,
    Purpose,
    Scope,
)
from lianyi.kernel.actor import SYSTEM, Actor

HERE, THERE = UUID(int=1), UUID(int=2)
RELATION = Ground(Cause.RELATION)
CONSENT = Ground(Cause.CONSENT, THERE, classes=ALL_CLASSES)
GLASS = Ground(Cause.BREAK_GLASS)
MANDATE = Ground(Cause.MANDATE, scopes=frozenset(Scope))
EVERY_GROUND = (RELATION, CONSENT, GLASS, MANDATE)


def hat(role):
    return Actor(HERE, HERE, HERE, role)


def cause(role, purpose, *grounds):
    return rules.views(hat(role), purpose, grounds)[0]


@pytest.mark.parametrize("role", [GUEST, OPERATOR, HEALTH_COMMISSION, DRUG_AUTHORITY])
@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.INSPECT}))
def test_some_roles_open_no_chart_on_any_ground(role, purpose):
    """PRI-26: a phone alone, the platform and the authorities."""
    assert rules.views(hat(role), purpose, EVERY_GROUND) == (Cause.NONE, ())


@pytest.mark.parametrize("role", [role for role in ROLES if role != SYSTEM])
def test_only_the_commission_inspects_and_only_by_the_relation_of_a_case(role):
    """CON-18, PRI-26: a consent or a broken glass opens nothing to it."""
    sees = cause(role, Purpose.INSPECT, *EVERY_GROUND) is Cause.CASE
    assert sees == (role == HEALTH_COMMISSION)
    others = [ground for ground in EVERY_GROUND if ground.cause is not Cause.RELATION]
    assert rules.views(hat(role), Purpose.INSPECT, others) == (Cause.NONE, ())


@pytest.mark.parametrize("role", [role for role in ROLES if role != SYSTEM])
@pytest.mark.parametrize("purpose", Purpose)
def test_without_a_ground_nothing_is_seen(role, purpose):
    assert rules.views(hat(role), purpose, ()) == (Cause.NONE, ())


@pytest.mark.parametrize(
    ("role", "purpose", "grounds", "expected"),
    [
        (DOCTOR, Purpose.TREAT, (RELATION,), Cause.RELATION),
        (DOCTOR, Purpose.TREAT, (CONSENT,), Cause.NONE),
        (DOCTOR, Purpose.TREAT, (RELATION, CONSENT), Cause.CONSENT),
        (DOCTOR, Purpose.TREAT, (RELATION, GLASS), Cause.BREAK_GLASS),
        (DOCTOR, Purpose.RECEIVE, (GLASS,), Cause.NONE),
        (DOCTOR, Purpose.TREAT, (MANDATE,), Cause.NONE),
        (DOCTOR, Purpose.OWN, EVERY_GROUND, Cause.NONE),
        (NURSE, Purpose.TREAT, (GLASS,), Cause.BREAK_GLASS),
        (TECHNICIAN, Purpose.TREAT, (GLASS,), Cause.NONE),
        (PHARMACIST, Purpose.REVIEW, (RELATION,), Cause.RELATION),
        (PHARMACIST, Purpose.REVIEW, (GLASS,), Cause.NONE),
        (INSURER, Purpose.TREAT, EVERY_GROUND, Cause.NONE),
        (CLERK, Purpose.RECEIVE, (GLASS,), Cause.NONE),
        (RESIDENT, Purpose.OWN, (MANDATE,), Cause.MANDATE),
        (RESIDENT, Purpose.OWN, (RELATION, CONSENT, GLASS), Cause.NONE),
        (RESIDENT, Purpose.TREAT, EVERY_GROUND, Cause.NONE),
    ],
)
def test_which_ground_opens_which_door(role, purpose, grounds, expected):
    assert cause(role, purpose, *grounds) is expected


@pytest.mark.parametrize(
    ("purpose", "scope"),
    [
        (Purpose.OWN, Scope.RECORD),
        (Purpose.CONSENT, Scope.CONSENT),
        (Purpose.RECEIVE, Scope.BOOK),
        (Purpose.PAY, Scope.PAY),
    ],
)
def test_a_mandate_opens_what_it_reaches_and_nothing_else(purpose, scope):
    for own in Scope:
        ground = Ground(Cause.MANDATE, scopes=frozenset({own}))
        seen = cause(RESIDENT, purpose, ground) is Cause.MANDATE
        assert seen is (own is scope)
        assert rules.is_short_of(purpose, [ground]) is not seen


def test_nothing_unreleased_is_seen_but_by_who_treats():
    """IDN-11."""
    may = {
        (r, p) for r in ROLES for p in Purpose if rules.sees_unreleased(hat(r), p) and r != SYSTEM
    }
    assert {p for _, p in may} == {Purpose.TREAT}
    assert RESIDENT not in {r for r, _ in may}


def test_sensitive_classes_are_open_to_treating_and_reviewing_only():
    """PRI-01."""
    assert {p for p in Purpose if rules.classes_for(p)} == {Purpose.TREAT, Purpose.REVIEW}


def test_every_role_that_scans_a_card_has_something_to_look_at():
    for role in rules.PURPOSES:
        assert rules.may_ask_for(role, rules.first_purpose(role))
