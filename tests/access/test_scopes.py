from uuid import UUID

import pytest

from lianyi.access.model import APP, DOCTOR, RESIDENT, Purpose
from lianyi.access.model.parts import Part, Right
from lianyi.access.rules import scopes
from lianyi.kernel.actor import Actor

HERE, THERE, PROGRAM = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("patient/Observation.rs", "patient/Observation.rs"),
        ("user/*.cruds", "user/*.cruds"),
        ("system/Patient.s", "system/Patient.s"),
        ("patient/Observation.read", "patient/Observation.rs"),
        ("patient/Observation.write", "patient/Observation.cud"),
        ("user/*.*", "user/*.cruds"),
        (
            "patient/Observation.rs?category=http://x/y|laboratory&status=final",
            "patient/Observation.rs?category=http://x/y|laboratory&status=final",
        ),
        ("patient/Observation.rs?_tag=urn:x|y", "patient/Observation.rs?_tag=urn:x|y"),
        ("user/Observation.r?_security:not=R", "user/Observation.r?_security:not=R"),
        ("user/Observation.r?_id=23&status=final", "user/Observation.r?_id=23&status=final"),
    ],
)
def test_both_versions_are_kept_as_the_second_writes_them(text, kept):
    """INT-04"""
    assert scopes.canonical(text) == ((kept,), ())


@pytest.mark.parametrize(
    "text",
    [
        "patient/Observation.",
        "patient/Observation.sr",
        "patient/Observation.rr",
        "patient/Observation.x",
        "patient/Observation.read?category=x",
        "patient/Observation.rs?",
        "patient/Observation.rs?subject:Patient.name=x",
        "patient/Observation.rs?_has:Group:member:_id=1",
        "patient/Observation.rs?_count=1",
        "patient/Observation.rs?_sort=date",
        "patient/Observation.rs?_include=Observation:subject",
        "patient/Observation.rs?_summary=count",
        "patient/Observation.rs?_filter=x",
        "patient/Observation.rs?_text=x",
        "patient/*.rs?category=laboratory",
        "patient/observation.rs",
        "nobody/Observation.rs",
        "patient/Observation.rs\u00e9",
        'patient/Observation.rs?category="x"',
        "lianyi/purpose.treat",
        "genetics",
        "patient/MolecularSequence.rs",
        "system/MolecularSequence.r",
        "user/MolecularSequence.*",
        "patient/MolecularSequence.read",
        "admin",
    ],
)
def test_what_is_malformed_or_unknown_is_named(text):
    """INT-04: nobody asks for a purpose by a scope, and genetics is no scope."""
    assert scopes.canonical(f"openid {text}") == (("openid",), tuple(text.split()))


@pytest.mark.parametrize(
    ("asked", "allowed", "both"),
    [
        ("patient/Observation.rs", "patient/*.r", "patient/Observation.r"),
        ("patient/*.cruds", "patient/Condition.rs", "patient/Condition.rs"),
        ("patient/Observation.rs", "user/Observation.rs", ""),
        ("patient/Observation.c", "patient/Observation.rs", ""),
        (
            "patient/Observation.rs",
            "patient/Observation.rs?category=laboratory",
            "patient/Observation.rs?category=laboratory",
        ),
        (
            "patient/Observation.rs?status=final",
            "patient/Observation.rs?category=laboratory",
            "patient/Observation.rs?status=final&category=laboratory",
        ),
        ("openid launch/patient", "patient/*.rs", "openid launch/patient"),
        ("offline_access lianyi/source", "patient/*.rs", ""),
        ("offline_access", "patient/*.rs offline_access", "offline_access"),
    ],
)
def test_only_what_both_sides_say_is_given(asked, allowed, both):
    assert scopes.meet(asked.split(), allowed.split()) == tuple(both.split())


@pytest.mark.parametrize(
    ("asked", "beyond"),
    [
        ("patient/Observation.r", ()),
        ("patient/Observation.rs patient/Condition.r", ("patient/Condition.r",)),
        ("patient/Observation.rsd", ("patient/Observation.rsd",)),
        ("offline_access", ("offline_access",)),
    ],
)
def test_a_refresh_asks_for_nothing_more(asked, beyond):
    kept, wrong = scopes.canonical(asked)
    had = ("patient/Observation.rs",)
    assert (*scopes.goes_beyond(kept, had), *wrong) == beyond


@pytest.mark.parametrize(
    ("role", "patient", "person_id", "types"),
    [
        (DOCTOR, THERE, THERE, {"Condition", "Observation"}),
        (DOCTOR, THERE, HERE, {"Condition"}),
        (DOCTOR, None, None, {"Condition"}),
        (RESIDENT, None, HERE, {"Condition", "Observation"}),
        (APP, None, THERE, {"Patient"}),
        (APP, None, None, {"Patient"}),
    ],
)
def test_a_scope_holds_only_in_its_own_context(role, patient, person_id, types):
    """INT-04: `patient/` for the one patient of the launch, `system/` for services alone."""
    given = ("patient/Observation.r", "user/Condition.r", "system/Patient.r")
    actor = Actor(HERE, HERE, HERE, role, patient, PROGRAM, scopes=given)
    parts = scopes.parts(actor, person_id, Right.READ)
    assert {part.type for part in parts} == types
    assert scopes.parts(actor, person_id, Right.SEARCH) == ()


def test_who_asks_without_an_app_is_not_narrowed():
    assert scopes.parts(Actor(HERE, HERE, HERE, DOCTOR), THERE, Right.READ) is None
    assert scopes.parts(Actor(HERE, HERE, HERE, APP), THERE, Right.READ) == ()


def test_a_constraint_is_a_search():
    actor = Actor(
        HERE, HERE, HERE, RESIDENT, app_id=PROGRAM, scopes=("patient/Observation.rs?category=a|b",)
    )
    (part,) = scopes.parts(actor, HERE, Right.SEARCH)
    assert part == Part("Observation", "category=a|b")
    assert part.pairs == [("category", "a|b")]


def test_a_service_has_exactly_one_purpose():
    assert scopes.purpose_in(("lianyi/purpose.treat", "openid")) is Purpose.TREAT
    assert scopes.purpose_in(("lianyi/purpose.treat", "lianyi/purpose.pay")) is None
    assert scopes.purpose_in(("lianyi/purpose.spying",)) is None
