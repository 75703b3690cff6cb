"""What was so a moment ago, remembered by this process and trusted by nobody.

A statement that holds what is remembered against what there is, in its own WHERE, needs no other to
ask before it. If it has changed, such a statement finds nothing, and all is asked anew. See
decision 0017.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lianyi.kernel.actor import Actor
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment

K = TypeVar("K")
V = TypeVar("V")
PRESUMED = "presumed"  # how a face is handed one


@dataclass(frozen=True, slots=True)
class PresumedHat:
    """Who asks, if `still` holds, which is the part of a WHERE. All else waits for `prove`."""

    actor: Actor
    still: Callable[[Moment], Statement]
    prove: Callable[[], Awaitable[None]]


class LastUsed(Generic[K, V]):
    """Remembers so many things; the least lately used is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        if key in self._of:
            self._of.move_to_end(key)
        return self._of.get(key)

    def put(self, key: K, value: V | None) -> None:
        """Remember a value; None forgets."""
        if value is None:
            self._of.pop(key, None)
            return
        self._of[key] = value
        self._of.move_to_end(key)
        if len(self._of) > self._most:
            self._of.popitem(last=False)
