"""What a check of one resource costs: its structure, its invariants, its narrative, its text.

The resources are the histories of the trial data and HL7's own examples of clinical and
administrative types; without either there is no figure.
"""

import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

from bench.figures import say
from bench.importing import HISTORIES
from lianyi.records.rules import validity

EXAMPLES = Path(__file__).parents[1] / "node_modules/hl7.fhir.r4.examples"
OF_THE_STANDARD = frozenset(
    {
        *("Bundle", "CapabilityStatement", "CodeSystem", "CompartmentDefinition", "ConceptMap"),
        *("ImplementationGuide", "NamingSystem", "OperationDefinition", "SearchParameter"),
        *("StructureDefinition", "StructureMap", "TestScript", "TestReport", "ValueSet"),
    }
)
LIMIT = 100.0  # microseconds a resource
ROUNDS = 5


def run() -> None:
    for name, found in (("histories", histories()), ("examples", examples())):
        texts = [orjson.dumps(body).decode() for body in found]
        if not texts:
            sys.exit(f"fhir.validate: there are no {name}")
        checked(texts)  # the definitions of each type are read when it is met first
        took = median(checked(texts) for _ in range(ROUNDS))
        say(f"fhir.validate.{name}", took, "us/resource", limit=LIMIT, of="law")


def checked(texts: list[str]) -> float:
    """Return the microseconds of CPU that a resource takes."""
    begun = time.process_time()
    for text in texts:
        body = orjson.loads(text)
        validity.findings_of(text, body)
    return (time.process_time() - begun) / len(texts) * 1e6


def histories() -> Iterator[dict]:
    if HISTORIES.exists():
        with tarfile.open(HISTORIES) as archive:
            for member in archive:
                if member.name.endswith(".json") and (file := archive.extractfile(member)):
                    yield from (e["resource"] for e in orjson.loads(file.read())["entry"])


def examples() -> Iterator[dict]:
    for file in sorted(EXAMPLES.glob("*-*.json")):
        body = orjson.loads(file.read_bytes())
        if body.get("resourceType", "Bundle") not in OF_THE_STANDARD:
            yield body
