"""Compiles all of FHIR R4 that the product needs, where it isn't compiled as it should be by now.

`make setup` comes here, and so does the suite: who takes in a newer compiler has nothing to know.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import compartments
import definitions
import invariants
import searching
import terminologies
import units

HERE = Path(__file__).parent
COMPILERS = (terminologies, searching, compartments, invariants, definitions)
BUILT = (
    *(terminologies.TARGET, searching.SEARCHES, searching.SUMMARIES, compartments.TARGET),
    *(invariants.LAWS, invariants.SHAPES, invariants.PROFILES, definitions.TARGET),
)


def main() -> int:
    if not is_fresh():
        for compiler in COMPILERS:
            compiler.main()
    if units.SOURCE.exists() and is_older(units.TARGET, [HERE / "units.py", units.SOURCE]):
        units.main()
    return 0


def is_fresh() -> bool:
    """Tell whether everything is there, and newer than what made it."""
    return not any(is_older(file, sources()) for file in BUILT)


def is_older(built: Path, made_of: Iterable[Path]) -> bool:
    newest = max(file.stat().st_mtime for file in made_of)
    return not built.exists() or built.stat().st_mtime < newest


def sources() -> list[Path]:
    tools = [HERE / f"{name}.py" for name in ("fhirpath", "fhirpath_trees", "profiles", "fhir")]
    return [*tools, *(Path(str(one.__file__)) for one in COMPILERS), definitions.SCHEMA]


if __name__ == "__main__":
    sys.exit(main())
