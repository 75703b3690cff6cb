"""HL7's own examples of R4, written and read back: nothing is lost, and each refusal is listed."""

import json
import re
from pathlib import Path

import pytest

from lianyi.records.errors import NotFhir
from lianyi.records.rules import validity
from tests.fhir.examples import APART, SLIPS

EXAMPLES = Path(__file__).parents[2] / "node_modules/hl7.fhir.r4.examples"
# What R4 itself is defined with: nobody's record, and several thousand of them.
OF_THE_STANDARD = {
    *("CapabilityStatement", "CodeSystem", "CompartmentDefinition", "ConceptMap"),
    *("ImplementationGuide", "NamingSystem", "OperationDefinition", "SearchParameter"),
    *("StructureDefinition", "StructureMap", "TestScript", "TestReport", "ValueSet"),
}
MOST = 300_000  # bytes: what is larger bundles the standard's definitions
BATCH = 60
PATIENT = re.compile(r'"Patient/[A-Za-z0-9\-.]+"')
GIVEN = ("versionId", "lastUpdated")  # by the server, whatever was sent

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="no examples: npm ci")


def examples():
    """Yield each example by its name, with its text."""
    for file in sorted(EXAMPLES.glob("[A-Z]*-*.json")):
        if file.name.partition("-")[0] not in OF_THE_STANDARD and file.stat().st_size < MOST:
            yield file.stem, file.read_text(encoding="utf-8")


def about(text, person_id):
    """Return an example as if it were about somebody who is in this network."""
    text = PATIENT.sub(f'"Patient/{person_id}"', text)
    if read(text)["resourceType"] == "Patient":
        text = re.sub(r'("id"\s*:\s*)"[^"]+"', rf'\1"{person_id}"', text, count=1)
    return text


def read(text):
    """Read JSON with every number as it is written."""
    return json.loads(text, parse_float=str, parse_int=str)


def plain(body):
    meta = {name: held for name, held in body.get("meta", {}).items() if name not in GIVEN}
    return {**body, "meta": meta}


def test_the_examples_are_accepted_but_for_those_listed():
    refused, accepted = {}, 0
    for name, text in examples():
        body = json.loads(text)
        found = validity.findings_of(text, body)
        accepted += not found
        if found:
            refused[name] = (found[0].rule, found[0].where)
    assert refused == SLIPS
    assert accepted > 600


async def test_what_was_written_is_read_back_with_nothing_lost(ward, patients):
    sent = {n: about(text, ward.person_id) for n, text in examples() if n not in SLIPS}
    persons = {n: text for n, text in sent.items() if read(text)["resourceType"] == "Patient"}
    apart = {n for n in sent if n.partition("-")[0] in APART}
    others = [text for n, text in sent.items() if n not in persons and n not in apart]
    for at in range(0, len(others), BATCH):
        await ward.publish(*others[at : at + BATCH])
    for text in others:
        await assert_kept(patients, text)
    for text in persons.values():  # each a new version of the same person
        await ward.publish(text)
        await assert_kept(patients, text)


async def assert_kept(patients, text):
    body = read(text)
    answer = await patients.get(f"{body['resourceType']}/{body['id']}")
    assert answer.status_code == 200, (body["resourceType"], body["id"])
    assert plain(read(answer.text)) == plain(body)


async def test_a_slip_is_refused_by_the_verb_that_writes(ward):
    texts = dict(examples())
    for name in SLIPS:
        with pytest.raises(NotFhir):
            await ward.publish(about(texts[name], ward.person_id))
