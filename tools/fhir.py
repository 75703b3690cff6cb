"""Compiles all of FHIR R4 that the product needs, where it isn't compiled as it should be by now.

`make setup` comes here, and so does the suite: who takes in a newer compiler has nothing to know.
"""

import sys
from pathlib import Path

import definitions
import invariants
import searching
import terminologies

HERE = Path(__file__).parent
COMPILERS = (terminologies, searching, invariants, definitions)
BUILT = (
    *(terminologies.TARGET, searching.SEARCHES, searching.SUMMARIES),
    *(invariants.LAWS, invariants.SHAPES, invariants.PROFILES, definitions.TARGET),
)


def main() -> int:
    if not is_fresh():
        for compiler in COMPILERS:
            compiler.main()
    return 0


def is_fresh() -> bool:
    """Tell whether everything is there, and newer than what made it."""
    if not all(file.exists() for file in BUILT):
        return False
    oldest = min(file.stat().st_mtime for file in BUILT)
    return oldest >= max(file.stat().st_mtime for file in sources())


def sources() -> list[Path]:
    tools = [HERE / f"{name}.py" for name in ("fhirpath", "fhirpath_trees", "profiles", "fhir")]
    return [*tools, *(Path(str(one.__file__)) for one in COMPILERS), definitions.SCHEMA]


if __name__ == "__main__":
    sys.exit(main())
