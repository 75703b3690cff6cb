"""What every example of the standard is found by."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lianyi.records.fhir import index, measures, spans, summaries, values
from lianyi.records.model import Amount, Link, Moment, Token, Word

EXAMPLES = Path(__file__).parents[2] / "node_modules/hl7.fhir.r4.examples"
ZONE = ZoneInfo("Asia/Shanghai")
KINDS = {
    "token": (Token, Word),
    "string": (Word,),
    "date": (Moment,),
    "number": (Amount,),
    "quantity": (Amount,),
    "reference": (Link, Token),
    "uri": (Link,),
}


def found(body):
    return {(one.name, one.__class__): one for one in index.found_by(body, ZONE)}


def examples():
    for file in sorted(EXAMPLES.glob("*.json")):
        body = json.loads(file.read_text(encoding="utf-8"))
        if body.get("resourceType") in index.parameters():
            yield body


def test_every_example_is_found_by_values_of_the_kind_its_parameters_have():
    met = set()
    for body in examples():
        known = index.parameters()[body["resourceType"]]
        for one in index.found_by(body, ZONE):
            name = one.name.removesuffix(values.IDENTIFIED).removesuffix(values.MEANT)
            name = name.removesuffix(measures.IN_BASE)
            assert one.__class__ in KINDS[known[name].type], (body["resourceType"], one)
            met.add((body["resourceType"], name))
    simple = {
        (type, name)
        for type, known in index.parameters().items()
        for name, parameter in known.items()
        if parameter.paths and not name.startswith("_")
    }
    shown = met & simple
    assert len(shown) > 0.7 * len(simple)  # the examples show no more than that


def reached(value, steps, part=0):
    """Yield what is at the end of some steps, and its place in the first list on the way."""
    if isinstance(value, list):
        for n, item in enumerate(value, 1):
            yield from reached(item, steps, part or n)
    elif not steps:
        yield value, part
    elif isinstance(steps[0], dict):
        if steps[0].items() <= value.items():
            yield from reached(value, steps[1:], part)
    elif isinstance(value, dict) and steps[0] in value:
        yield from reached(value[steps[0]], steps[1:], part)


def asked_alone(body, name, parameter):
    """Return what a parameter by itself reads of a body."""
    return {
        one
        for trail in parameter.paths
        for value, part in reached(body, trail.steps, index.first_part(body["resourceType"]))
        for one in values.reader(parameter.type, trail.kind)(
            value, values.Leaf(name, trail.kind, trail.is_), part, ZONE
        )
    }


def named(one, name):
    return msgspec.structs.replace(one, name=name + "".join(one.name.partition(":")[1:]))


def test_what_is_filed_under_the_names_of_others_is_what_it_reads_alone():
    met = set()
    for body in examples():
        type, filed = body["resourceType"], index.found_by(body, ZONE)
        for name in index.shared().get(type, ()):
            names, target = index.under(type, name)
            under = {named(one, name) for one in filed if one.name.partition(":")[0] in names}
            kept = {one for one in under if not isinstance(one, Link) or target in {"", one.type}}
            assert kept == asked_alone(body, name, index.parameters()[type][name])
            met |= {(type, name)} if kept else set()
    assert {("Observation", "patient"), ("Appointment", "location")} <= met
    assert {("Observation", f"combo-{of}") for of in ("code", "value-quantity")} <= met


def test_a_choice_is_found_by_whichever_type_it_has():
    base = {"resourceType": "Observation", "id": "1", "status": "final", "code": {}}
    day = found({**base, "effectiveDateTime": "2030-01-06"})["date", Moment]
    period = found({**base, "effectivePeriod": {"start": "2030-01-06"}})["date", Moment]
    assert day.low == period.low
    assert period.high == spans.EVER[1]
    assert ("value-concept", Token) in found(
        {**base, "valueCodeableConcept": {"coding": [{"code": "x"}]}}
    )


def test_only_links_to_a_patient_are_links_of_the_patient():
    base = {"resourceType": "Observation", "id": "1"}
    group = found({**base, "subject": {"reference": "Group/g"}})
    assert group["subject", Link] == Link("subject", "Group", "g")
    assert index.under("Observation", "patient") == (("subject",), "Patient")
    versioned = found({**base, "subject": {"reference": "Patient/p/_history/3"}})
    assert versioned["subject", Link] == Link("subject", "Patient", "p")


def test_what_is_filtered_is_found_by_what_passes_only():
    telecom = [{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}]
    patient = found({"resourceType": "Patient", "id": "1", "telecom": telecom})
    assert patient["phone", Token].value == "|1"
    assert patient["email", Token].value == "|a@b"
    assert patient["deceased", Token].value == "|false"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2030", "2029-12-31T16:00", "2030-12-31T16:00"),
        ("2030-12", "2030-11-30T16:00", "2030-12-31T16:00"),
        ("2030-01-06", "2030-01-05T16:00", "2030-01-06T16:00"),
        ("2030-01-06T09:30:00+08:00", "2030-01-06T01:30", "2030-01-06T01:30:01"),
        ("2030-01-06T09:30:00.250Z", "2030-01-06T09:30:00.250", "2030-01-06T09:30:00.251"),
        ("2030-01-06T09:30Z", "2030-01-06T09:30", "2030-01-06T09:31"),
    ],
)
def test_a_time_is_as_long_as_it_is_exact(text, low, high):
    span = spans.read(text, ZONE)
    assert [one.isoformat().removesuffix("+00:00") for one in span] == [
        spans.read(f"{one}Z", ZONE)[0].isoformat().removesuffix("+00:00") for one in (low, high)
    ]


@pytest.mark.parametrize("text", ["2030-02-30", "2030-13", "soon", "0000"])
def test_there_are_texts_that_are_no_time(text):
    assert spans.read(text, ZONE) is None


def test_summaries_are_told_by_the_definitions():
    assert "code" in summaries.of("Observation")
    assert "note" not in summaries.of("Observation")
    assert summaries.kept("Observation") >= {"status", "code"}


@pytest.mark.parametrize(
    ("type", "element"),
    [
        ("Condition", "verificationStatus"),
        ("Immunization", "isSubpotent"),
        ("Location", "status"),
        ("Patient", "active"),
        ("Patient", "deceasedDateTime"),
        ("ServiceRequest", "doNotPerform"),
        ("Observation", "modifierExtension"),
    ],
)
def test_what_changes_the_meaning_of_the_rest_is_never_cut(type, element):
    assert element in summaries.kept(type)


def test_what_two_parts_say_alike_is_filed_once_where_nothing_asks_for_both_of_one_part():
    both = [{"actor": {"reference": f"Patient/{n}"}, "status": "accepted"} for n in (1, 2)]
    body = {"resourceType": "Appointment", "id": "a", "status": "booked", "participant": both}
    statuses = [one for one in index.found_by(body, ZONE) if one.name == "part-status"]
    assert statuses == [Token("part-status", "|accepted", index.WHOLE)]
