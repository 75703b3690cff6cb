"""What is read from a wire: typed answers, and the papers a provider gave us.

Whatever leaves us not knowing is an `OSError`, as errands expect.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

PAPERS = "customer.json"


class Unanswered(OSError):
    """Nobody knows whether the neighbour acted: no answer, a broken one, or an untrusted one."""


def read(body: bytes | str, kind: type[T]) -> T:
    """Return a typed answer.

    :raises Unanswered: when the body is not what was agreed.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as trouble:
        raise Unanswered from trouble


def papers(folder: Path, kind: type[T]) -> T:
    """Read the papers (keys, numbers) a provider gave us, anew each time so they can be replaced.

    :raises OSError: while there are none: an errand then waits for them.
    """
    return msgspec.json.decode((folder / PAPERS).read_bytes(), type=kind)
