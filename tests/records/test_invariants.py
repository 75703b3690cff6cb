"""R4's invariants, compiled: each is broken by hand, and all agree with an interpreter.

The interpreter is fhirpathpy, on the published expressions. It has no `hasValue()` and
`resolve()`, which are handed to it here.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models

from lianyi.records.rules.validity import invariants, profiles
from lianyi.records.rules.validity.invariants import Shape, Walk
from tests.records.breakers import BREAKERS, UNBREAKABLE, holding, of

EXAMPLES = Path(__file__).parents[2] / "node_modules/hl7.fhir.r4.examples"
PAPER = Path(__file__).parents[2] / "docs/fhir.md"
BIG = 60_000  # bytes of an example that take the interpreter too long
ASKED = 3  # times at most that a law is asked for each of its answers
# What is understood otherwise than by the interpreter, and why.
WHOLE = "matches() looks for a part there; R4 means the whole text"
OTHERWISE = {
    "ctm-1": "nothing is resolved there, here a reference tells at least its type",
    "eld-19": WHOLE,
    "eld-20": WHOLE,
    "que-7": "it knows System.Boolean only; R4 means the type of the element",
    "rng-2": "it can't compare quantities",
}
OF_HAND = ("dom-3", "ele-1", "ext-1", "ref-1", "txt-1", "txt-2", "vs-1")
NAMES = "name.matches("  # of two dozen laws that only warn: WHOLE


def broken(body):
    return {finding.about for finding in invariants.broken(body, warnings=True)}


@pytest.mark.parametrize("name", BREAKERS)
def test_an_invariant_is_broken_by_what_breaks_it(name):
    walk = Walk(invariants.shapes(warnings=True), [])
    walk.resource(BREAKERS[name], BREAKERS[name], None)
    assert name in {law for law, _ in walk.found}


def test_every_invariant_that_is_an_error_has_a_body_that_breaks_it():
    laws = invariants.laws().items()
    errors = {n for n, law in laws if law.severity == "error" and not law.profile}
    assert errors - UNBREAKABLE == set(BREAKERS)


def test_only_these_are_not_compiled_and_each_says_how_it_is_kept():
    kept = {n: law.source for n, law in invariants.laws().items() if law.source != "compiled"}
    by_hand = dict.fromkeys(OF_HAND, "hand")
    assert kept == {**by_hand, "cid-0": "slip"}


def test_a_finding_names_the_invariant_its_place_and_whether_it_only_warns():
    body = of("Observation", component=[{"referenceRange": [{"age": {}}]}])
    errors = [(f.about, f.where, f.severity) for f in invariants.broken(body)]
    assert errors == [("obs-3", "Observation.component[0].referenceRange[0]", "error")]
    assert "dom-6" in broken(body)


@pytest.mark.parametrize(
    ("body", "is_broken"),
    [
        (holding("Period", start="2030-01", end="2030"), False),
        (holding("Period", start="2030-01-02T09:00:00+08:00", end="2030-01-02"), False),
        (holding("Period", start="2030-02", end="2030-01-31"), True),
        (holding("Period", start="2030-01-01T09:00:00+08:00", end="2030-01-01T00:59:59Z"), True),
        (holding("Period", start="9999-12-31", end="9999"), False),
        (holding("Period", start="0001-01-01T00:00:00Z", end="0001-01-01"), False),
        (holding("Range", low={"value": 5, "unit": "kg"}, high={"value": 2, "unit": "lb"}), False),
        (holding("Range", low={"value": 5, "unit": "kg"}, high={"value": 2, "unit": "kg"}), True),
    ],
)
def test_only_what_can_not_be_is_broken_by_a_comparison(body, is_broken):
    assert bool(broken(body) & {"per-1", "rng-2"}) is is_broken


def test_an_entry_of_a_bundle_has_its_own_contained_resources():
    inner = of("Basic", subject={"reference": "#p"}, contained=[of("Patient", id="p")])
    bundle = of("Bundle", type="collection", entry=[{"fullUrl": "http://x/1", "resource": inner}])
    assert broken(bundle) == {"dom-6"}
    outer = of("Basic", contained=[of("Basic", id="1", subject={"reference": "#p"})])
    assert {"ref-1", "dom-3"} <= broken(outer)


def test_the_paper_tells_how_many_there_are():
    paper = PAPER.read_text(encoding="utf-8")
    counted = Counter(law.severity for law in invariants.laws().values() if not law.profile)
    assert f"all {counted['error']} of R4 that are errors" in paper
    assert f"{counted['warning']} more only warn" in paper
    assert f"the {len(profiles.known())} profiles" in paper


class Recorded:
    """Every law, asked through here: what it was asked about, and what it said."""

    def __init__(self):
        shapes = invariants.shapes(warnings=True)
        self.asked, self.counted = [], Counter()
        self.shapes = {name: Shape(name) for name in shapes}
        for name, shape in shapes.items():
            self.shapes[name].laws = [(n, self.asking(n, law)) for n, law in shape.laws]
            leads = {member: self.shapes[inner.name] for member, inner in shape.members.items()}
            self.shapes[name].members = leads

    def asking(self, name, law):
        def ask(node, resource, root):
            said = bool(law(node, resource, root))
            self.counted[name, said] += 1
            if self.counted[name, said] <= ASKED:
                self.asked.append((name, node, resource, root, said))
            return True

        return ask


def interpreted(law, node, resource, root):
    values = {"resource": resource, "rootResource": root}
    functions = {
        "hasValue": {"fn": lambda items: [has_value(items)], "arity": {0: []}},
        "resolve": {"fn": lambda _: [], "arity": {0: []}},
    }
    whole = isinstance(node, dict) and "resourceType" in node
    base = {} if whole else {"base": law.of.removesuffix("[x]")}
    path = {**base, "expression": law.expression}
    options = {"userInvocationTable": functions}
    found = evaluate(node, path, values, models["r4"], options)
    return found == [True] or (len(found) == 1 and not isinstance(found[0], bool))


def has_value(items):
    return len(items) == 1 and not isinstance(getattr(items[0], "data", items[0]), dict)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="HL7's examples are not installed: npm ci")
def test_compiled_invariants_answer_like_an_interpreter_of_what_is_published():
    recorded = Recorded()
    files = [f for f in sorted(EXAMPLES.glob("*.json")) if f.stat().st_size < BIG]
    bodies = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for body in (*bodies, *BREAKERS.values()):
        if "resourceType" in body:
            Walk(recorded.shapes, []).resource(body, body, None)
    differ = {}
    for name, node, resource, root, said in recorded.asked:
        law = invariants.laws()[name]
        if law.source != "compiled" or name in OTHERWISE or law.expression.startswith(NAMES):
            continue
        if interpreted(law, node, resource, root) != said:
            differ.setdefault(name, (node, said))
    assert differ == {}
    assert len({name for name, *_ in recorded.asked}) > 230
