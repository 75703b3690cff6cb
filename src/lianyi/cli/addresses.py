"""Where a running installation can be reached, for commands that work beside it."""

from pathlib import Path

import msgspec

from lianyi.kernel.config import Config


class Addresses(msgspec.Struct, frozen=True):
    """The site, and the simulated neighbours of a demo, by name."""

    site: str
    links: dict[str, str] = {}


def _file(home: Path) -> Path:
    return home / "addresses.json"


def write(home: Path, addresses: Addresses) -> None:
    """Put them there at once: whoever waits for them never reads half of it."""
    draft = _file(home).with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(addresses))
    draft.replace(_file(home))


def forget(home: Path) -> None:
    _file(home).unlink(missing_ok=True)


def read(config: Config) -> Addresses | None:
    """Return where this home's installation was last reached, or None if it was stopped."""
    try:
        return msgspec.json.decode(_file(config.home).read_bytes(), type=Addresses)
    except FileNotFoundError:
        return None
