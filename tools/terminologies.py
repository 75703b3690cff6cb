"""Compiles the code systems and value sets that FHIR R4 ships into what a search asks of them.

A system keeps each code's words and its parents. A value set keeps its codes by system, or nothing
in their place where it means the whole system; one that can't be told by its codes is left out. A
map keeps what each code of one system is in another; HL7's examples of maps are left out.
"""

import json
import sys

from definitions import ROOT, resources, write
from value_sets import ValueSets

TARGET = ROOT / "src/lianyi/terminology/build/r4.json"
FILES = ("valuesets", "v3-codesystems", "v2-tables")
MAP = "http://hl7.org/fhir/ConceptMap/cm-"  # of R4's own codes to v2 and v3


def main() -> int:
    found = [one for file in FILES for one in resources(file)]
    sets = ValueSets(found)
    told = {url: codes for url in sorted(sets.known) if (codes := sets.of(url))}
    heads = {r["url"]: head(r) for r in found if r["url"] in sets.systems or r["url"] in told}
    maps = {r["url"]: mapped(r) for r in resources("conceptmaps") if MAP in r["url"]}
    built = {"systems": sets.systems, "sets": told, "heads": heads, "maps": maps}
    write(TARGET, json.dumps(built, ensure_ascii=False, separators=(",", ":")))
    return 0


def head(resource: dict) -> dict[str, str]:
    return {name: resource.get(name, "") for name in ("name", "version")}


def mapped(resource: dict) -> dict:
    """Return the sets that a map is between, and its groups: what a code is, and how nearly."""
    groups = [
        {
            "source": group["source"],
            "target": group["target"],
            "codes": {
                one["code"]: [[to.get("code", ""), to["equivalence"]] for to in one["target"]]
                for one in group["element"]
            },
        }
        for group in resource["group"]
    ]
    sets = {end: resource.get(f"{end}Canonical", "") for end in ("source", "target")}
    return {**sets, "groups": groups}


if __name__ == "__main__":
    sys.exit(main())
