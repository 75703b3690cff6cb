"""Tell the demo's simulated neighbours who lives in its city."""

import time

import httpx

from lianyi.cli.demo import insurance

PATIENCE, PAUSE = 10.0, 0.1  # seconds until a neighbour must listen, and between two tries


def introduce(links: dict[str, str]) -> None:
    """Tell the insurance agency, which may still be waking up."""
    with httpx.Client(base_url=links["insurer"], trust_env=False) as agency:
        for path, body in insurance.told().items():
            _tell(agency, path, body)


def _tell(agency: httpx.Client, path: str, body: object) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            agency.post(path, json=body).raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return
