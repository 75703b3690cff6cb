"""Compiles the compartments of FHIR R4: by which parameters a type belongs to whom or to what."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import definitions
from definitions import MODULES, write

EXAMPLES = MODULES / "hl7.fhir.r4.examples"
TARGET = definitions.TARGET.with_name("compartments.json")
ITSELF = {"{def}": "_id"}
NAMES = ("patient", "encounter", "practitioner", "device", "relatedPerson")


def main() -> int:
    found = {}
    for name in NAMES:
        file = EXAMPLES / f"CompartmentDefinition-{name}.json"
        definition = json.loads(file.read_text(encoding="utf-8"))
        found[definition["code"]] = {
            one["code"]: [ITSELF.get(name, name) for name in one["param"]]
            for one in definition["resource"]
            if one.get("param")
        }
    write(TARGET, json.dumps(found, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
