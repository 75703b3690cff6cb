"""Compiles the units of UCUM (http://unitsofmeasure.org) to what each is in others, exactly.

They come from the package `@atomic-ehr/ucum`, which was made from UCUM's own `ucum-essence.xml`.
"""

import json
import subprocess

from definitions import MODULES, ROOT, write

SOURCE = MODULES / "@atomic-ehr/ucum/dist/units.js"
TARGET = ROOT / "src/lianyi/terminology/build/units.json"
TELL = """import {units} from %r; import {prefixes} from %r;
console.log(JSON.stringify({units, prefixes}))"""


def main() -> int:
    told = TELL % (str(SOURCE), str(SOURCE.with_name("prefixes.js")))
    command = ["node", "--input-type=module", "--eval", told]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    built = {
        "prefixes": {code: str(one["value"]) for code, one in found["prefixes"].items()},
        "units": {code: compiled(one) for code, one in found["units"].items()},
    }
    write(TARGET, json.dumps(built, ensure_ascii=False, separators=(",", ":")))
    return 0


def compiled(unit: dict) -> dict:
    """Return a unit's value in another; of what has no scale from 0, the name of its function."""
    value = unit["value"]
    metric = {"metric": True} if unit["isMetric"] else {}
    if unit.get("isBaseUnit"):
        return {"base": True, **metric}
    if function := value.get("function"):
        return {"function": function["name"], **metric}
    return {"value": value["value"], "of": value["Unit"], **metric}
