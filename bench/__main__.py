"""Print figures: `python -m bench [GROUP…]`, every group without one."""

import sys
from importlib import import_module

GROUPS = {
    "start": "bench.start",
    "booking": "bench.booking",
    "pages": "bench.pages",
    "chat": "bench.chat",
    "live": "bench.live",
    "import": "bench.importing",
    "fhir": "bench.fhir",
    "validate": "bench.validate",
    "subscriptions": "bench.telling",
}


def main(wanted: list[str]) -> None:
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        sys.exit(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    for name in wanted or GROUPS:
        import_module(GROUPS[name]).run()


main(sys.argv[1:])
